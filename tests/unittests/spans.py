"""Ranges of time of a tracked node, and what it reads of its stored inputs for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import duckdb

from tests.unittests.cases import named
from tests.unittests.evaluate import Reads, Span, reads
from tests.unittests.subjects import Subject

_LENGTHS = {"@daily": timedelta(days=1), "1 week": timedelta(days=7)}


def spans_of(subject: Subject, stored: duckdb.DuckDBPyConnection) -> list[Span | None]:
    """Each range of which rows are stored; of a node without ranges just None."""
    tracking = subject.node.tracking
    if subject.ranged is None or tracking is None:
        return [None]
    length = _LENGTHS[tracking.schedule]
    column, table = named(subject.ranged.column), _table(subject.id)
    found = stored.execute(
        f"SELECT DISTINCT CAST({column} AS TIMESTAMP) FROM {table} ORDER BY ALL"
    ).fetchall()
    return [(str(start), str(start + length)) for (start,) in found if isinstance(start, datetime)]


@contextmanager
def read_for(
    subject: Subject, span: Span | None, stored: duckdb.DuckDBPyConnection
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose tables hold what is read for a range."""
    if span is None or subject.ranged is None:
        yield stored
        return
    cursor = stored.cursor()
    cursor.execute("ATTACH ':memory:' AS of_range")
    try:
        for id in subject.tables:
            kind, _ = id.split(".", 1)
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS of_range.{named(kind)}")
            cursor.execute(
                f"CREATE TABLE of_range.{_table(id)} AS FROM memory.{_table(id)}"
                f" WHERE {condition(subject, id, span)}"
            )
        cursor.execute("USE of_range")
        yield cursor
    finally:
        cursor.execute("USE memory")
        cursor.execute("DETACH of_range")
        cursor.close()


def condition(subject: Subject, id: str, span: Span | None) -> str:
    """Which rows of an input are read for a range: of a node's own, those before it."""
    if span is None or subject.ranged is None:
        return "true"
    if id == subject.id:
        return f"{named(subject.ranged.column)} < TIMESTAMP '{span[0]}'"
    found = subject.ranged.reads.get(id, Reads(column="", whole=True))
    return reads(found, span)


def _table(id: str) -> str:
    kind, name = id.split(".", 1)
    return f"{named(kind)}.{named(name)}"
