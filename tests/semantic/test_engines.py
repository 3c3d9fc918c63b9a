"""Compiled queries for other engines: the same values as DuckDB's, or refused with the reason."""

from collections import Counter

import pytest

from seeknal.plugin import SeeknalError
from tests.dialects.engines import Failed, engine
from tests.dialects.loading import SPELLED
from tests.dialects.servers import NoEngine
from tests.dialects.values import value_of
from tests.semantic import drawing, oracle
from tests.semantic.compiled import by_compiler, compiled
from tests.semantic.reference import Unjudged

CASES = [case for case in oracle.all_cases() if not case.refused and not case.unjudged]
# Times in zones: each engine has a table of zones of its own. Percentiles: rounded otherwise.
REFUSED = {
    "postgres": {"QUANTILE_DISC": 1, "huge": 1, "of decimal, decimal": 1},
    "spark": {
        **{"AT TIME ZONE": 10, "QUANTILE_CONT": 4, "QUANTILE_DISC": 3, "huge": 1},
        "digits of DECIMALs": 1,
    },
    "starrocks": {
        "digits of DECIMALs": 1,
        **{"AT TIME ZONE": 10, "how its last digit": 4, "the larger one in StarRocks": 3},
        **{"how the quotient of numbers": 1, "UPPER": 1, "LOWER": 1},
    },
}
SPELLINGS = {
    **SPELLED["spark"],
    **{"VARCHAR": "STRING", "DOUBLE PRECISION": "DOUBLE", "timestamp": "TIMESTAMP_NTZ"},
    **{"TIMESTAMPTZ": "TIMESTAMP", "text": "STRING"},
}


def refusal(case, dialect):
    """Why there is no SQL for a dialect that gives the same values; None where there is."""
    try:
        compiled(case, dialect)
    except SeeknalError as error:
        if error.code != "SK1521":
            raise
        return error.message
    return None


@pytest.mark.inside
@pytest.mark.timeout(300)
@pytest.mark.parametrize("dialect", REFUSED)
def test_queries_are_translated_or_refused_for_a_known_reason(dialect):
    said = [found for case in CASES if (found := refusal(case, dialect)) is not None]

    found = {known: sum(known in each for each in said) for known in REFUSED[dialect]}

    assert found == REFUSED[dialect]
    assert [each for each in said if not any(known in each for known in REFUSED[dialect])] == []


def views(tables):
    """What makes the tables of a case in Spark, where they go with the session."""
    for name, text in tables.items():
        columns = oracle.columns_of(text)
        types = [SPELLINGS.get(kind, kind) for kind in columns.values()]
        lines = [line.split(",") for line in text.strip().splitlines()[1:]]
        rows = [", ".join(map(cell, cells, types)) for cells in lines or [[""] * len(types)]]
        values = ", ".join(f"({row})" for row in rows)
        names = ", ".join(f"`{column}`" for column in columns)
        where = "" if lines else " WHERE FALSE"
        yield (
            f"CREATE OR REPLACE TEMPORARY VIEW `{name}` AS"
            f" SELECT * FROM VALUES {values} AS v({names}){where}"
        )


def cell(text, kind):
    text = text.strip().replace("'", "\\'")
    return f"CAST('{text}' AS {kind})" if text else f"CAST(NULL AS {kind})"


def plain(value):
    """A value as nobody takes it for another: exact numbers have other types in Spark."""
    if isinstance(value, dict) and "decimal" in value:
        return float(value["decimal"])
    if value is None or isinstance(value, bool | str):
        return value
    return float(value) if isinstance(value, int | float) else str(value)


def judged(spark, case):
    """``equal``, what is different, or why nothing is said."""
    try:
        here = by_compiler(case)
        oracle.by_reference(case)
    except Unjudged:
        return "unjudged"
    if isinstance(here, oracle.Refusal):
        return "no query"
    if refusal(case, "spark") is not None:
        return "refused"
    for statement in views(case.tables):
        spark.ask(statement)
    try:
        found = spark.ask(compiled(case, "spark").sql).rows
    except Failed as failed:
        return str(failed)
    rows = [tuple(map(plain, row)) for row in found]
    right = [tuple(plain(value_of(value)) for value in row) for row in here.rows]
    found, right = (oracle.Rows(here.columns, each, here.order) for each in (rows, right))
    return oracle.differ(found, right, case.query.get("limit")) or "equal"


@pytest.mark.slow
@pytest.mark.inside
@pytest.mark.timeout(3600)
def test_spark_gives_the_same_values_or_the_query_is_refused_for_it():
    try:
        with engine("spark") as spark:
            said = {
                case.name: judged(spark, case) for case in (*CASES, *map(drawing.draw, range(200)))
            }
    except NoEngine as missing:
        pytest.skip(str(missing))

    counts = Counter(said.values())
    usual = ("equal", "refused", "no query", "unjudged")
    assert {name: each for name, each in said.items() if each not in usual} == {}
    assert counts["equal"] >= 350, counts
