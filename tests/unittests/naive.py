"""Tests whose rows are chosen without a look at the query: what a judge has to find wanting."""

from __future__ import annotations

import duckdb

from tests.unittests.cases import Case, cases_in, named
from tests.unittests.evaluate import in_range, laid_out
from tests.unittests.results import Answer, answer
from tests.unittests.spans import condition, spans_of
from tests.unittests.subjects import Subject
from tests.unittests.writing import text_of_test


def first_rows(subject: Subject, stored: duckdb.DuckDBPyConnection) -> str:
    """The first five rows of each input."""
    return _written(subject, stored, "LIMIT 5")


def random_rows(subject: Subject, stored: duckdb.DuckDBPyConnection) -> str:
    """Ten rows of each input, whichever."""
    return _written(subject, stored, "USING SAMPLE reservoir(10 ROWS) REPEATABLE (7)")


def every_row(subject: Subject, stored: duckdb.DuckDBPyConnection) -> str:
    """All rows of each input, which nothing escapes: what remains is the judge's own mistake."""
    return _written(subject, stored, "LIMIT 100000")


def _written(subject: Subject, stored: duckdb.DuckDBPyConnection, some: str) -> str:
    spans = spans_of(subject, stored)
    span = spans[len(spans) // 2]
    inputs = {}
    for id in subject.tables:
        kind, name = id.split(".", 1)
        read = condition(subject, id, span)
        rows = f"(FROM {named(kind)}.{named(name)} WHERE {read} ORDER BY ALL) AS rows"
        inputs[id] = answer(stored, f"SELECT * FROM {rows} {some}")
    # Once through a file: what is expected is that of the very values which are written.
    nothing = Answer(columns=(), types=(), rows=[])
    (case,) = cases_in(text_of_test(subject.id, inputs, nothing, span), subject.id)
    return text_of_test(subject.id, inputs, _expected(subject, case), span)


def _expected(subject: Subject, case: Case) -> Answer:
    with laid_out(case, subject.tables, subject.ranged) as connection:
        return answer(connection, in_range(subject.whole(subject.sql), case.interval))
