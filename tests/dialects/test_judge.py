"""The judge tells what is silently different from what is refused and from what fails."""

import pytest

from tests.dialects.corpus import Entry
from tests.dialects.engines import engine
from tests.dialects.judge import Outcome, Refused, bare, judge, judged, table
from tests.dialects.loading import schema


@pytest.fixture(scope="module")
def duckdb_target():
    with engine("duckdb", "postgres") as opened:
        yield opened


def outcome(translate, target, **entry):
    asked = Entry(dialect="postgres", about="a test", **entry)
    return judged(translate, asked, target, schema("postgres")).outcome


def test_sqlglot_alone_changes_meaning_without_a_word(duckdb_target):
    found = outcome(bare, duckdb_target, expr="1 / 0", gives="error")

    assert found == Outcome.WRONG


def test_a_translation_with_the_origins_values_is_equal(duckdb_target):
    def right(sql, origin, target, schema):
        return "SELECT a // b AS v FROM numbers ORDER BY id"

    found = outcome(
        right,
        duckdb_target,
        expr="a / b",
        over="numbers",
        gives=[3, -3, -3, 3, None, None, 1, 0, 2],
    )

    assert found == Outcome.EQUAL


def test_a_float_for_a_decimal_is_told_apart_from_both(duckdb_target):
    third = {"decimal": "0.33333333333333333333"}

    assert outcome(bare, duckdb_target, expr="1.0 / 3", gives=third) == Outcome.CLOSE
    assert outcome(bare, duckdb_target, expr="1.0 / 3", gives=0.3333333333333333) == Outcome.EQUAL
    assert outcome(bare, duckdb_target, expr="1.0 / 3", gives={"decimal": "0.3"}) == Outcome.WRONG


def test_a_wrong_row_order_counts_only_where_one_was_asked_for(duckdb_target):
    def backwards(sql, origin, target, schema):
        return "SELECT * FROM (VALUES (2), (1)) AS v(a)"

    query = {"query": "VALUES (1), (2)", "gives": [[1], [2]]}

    assert outcome(backwards, duckdb_target, **query) == Outcome.EQUAL
    assert outcome(backwards, duckdb_target, ordered=True, **query) == Outcome.WRONG


def test_names_of_a_querys_columns_count(duckdb_target):
    def same_text(sql, origin, target, schema):
        return sql

    found = outcome(
        same_text, duckdb_target, query="SELECT 1 AS Total", columns=("total",), gives=[[1]]
    )

    assert found == Outcome.WRONG


def test_a_refusal_is_taken_as_value_and_as_error(duckdb_target):
    def says(sql, origin, target, schema):
        return Refused(reason="no")

    def raises(sql, origin, target, schema):
        raise ValueError("no")

    for refusing in (says, raises):
        assert outcome(refusing, duckdb_target, expr="1", gives=1) == Outcome.REFUSED


def test_a_text_that_the_target_does_not_know_is_no_equal_error(duckdb_target):
    def unknown(sql, origin, target, schema):
        return "SELECT no_such_function(1)"

    found = outcome(unknown, duckdb_target, expr="1 / 0", gives="error")

    assert found == Outcome.FAILED


def test_the_schema_has_duckdbs_types_of_what_a_query_may_name(duckdb_target):
    asked = []

    def listening(sql, origin, target, schema):
        asked.append((origin, target, schema["numbers"]["d"], schema["dates"]["d"]))
        return sql

    outcome(listening, duckdb_target, expr="1", gives=1)

    assert asked == [("postgres", "duckdb", "DECIMAL(10,2)", "DATE")]
    assert schema("sqlite")["dates"]["d"] == "VARCHAR"


def test_counts_are_told_for_each_pair_of_dialects(duckdb_target):
    found = [
        Entry(dialect="postgres", about="a", expr="1", gives=1),
        Entry(dialect="postgres", about="a", expr="2", gives=1),
        Entry(dialect="postgres", about="a", query="SELECT 1 AS v", gives=[[1]]),
    ]

    lines = table(judge(bare, duckdb_target, found)).splitlines()

    assert [line.split() for line in lines[1:]] == [
        ["postgres", "duckdb", "expressions", "1", "0", "0", "0", "1"],
        ["postgres", "duckdb", "queries", "1", "0", "0", "0", "0"],
    ]
