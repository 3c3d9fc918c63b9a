"""DuckDB alone runs a test as its file says it."""

import pytest

from tests.unittests.cases import cases_in
from tests.unittests.evaluate import Ranged, Reads, failure, laid_out

KNOWN = {"source.orders": {"id": "BIGINT", "amount": "DECIMAL(10,2)", "day": "DATE"}}
DOUBLED = 'SELECT id, amount * 2 AS twice FROM "source"."orders"'


def failed(text, sql=DOUBLED, ranged=None):
    (case,) = cases_in(text, "a_test")
    with laid_out(case, KNOWN, ranged) as connection:
        return failure(connection, case, sql, ranged)


def written(expected, rows="[{id: 1, amount: 1.10}, {id: 2}]", more=""):
    return f"""
        test: transform.doubled
        {more}
        inputs: {{source.orders: {{rows: {rows}}}}}
        expected_output: {expected}
    """


@pytest.mark.parametrize(
    "expected",
    [
        "{rows: [{id: 2, twice: null}, {id: 1, twice: 2.20}]}",
        "{rows: [{id: 1, twice: '2.2'}, {id: 2}]}",
        "{row_count: 2}",
        "{columns: [id, twice], rows: [{id: 1, twice: 2.2}, {id: 2}]}",
        "{partial: true, columns: [id], rows: [{id: 1}, {id: 2}]}",
        "{ordered: true, rows: [{id: 1, twice: 2.2}, {id: 2}]}",
    ],
)
def test_what_comes_out_as_expected_passes(expected):
    assert failed(written(expected)) is None


@pytest.mark.parametrize(
    ("expected", "why"),
    [
        ("{rows: [{id: 1, twice: 2.21}, {id: 2}]}", "2 rows are others"),
        ("{rows: [{id: 1, twice: 2.2}]}", "2 rows are others"),
        ("{row_count: 3}", "2 rows instead of 3"),
        ("{columns: [twice, id], rows: []}", "columns"),
        ("{columns: {id: INTEGER, twice: DECIMAL}, rows: []}", "id is BIGINT"),
        ("{partial: true, columns: [name], rows: []}", "no columns"),
        ("{ordered: true, rows: [{id: 2}, {id: 1, twice: 2.2}]}", "2 rows are others"),
        ("{rows: [{id: one, twice: 2.2}, {id: 2}]}", "'one' is no BIGINT"),
    ],
)
def test_what_comes_out_in_another_way_fails(expected, why):
    assert why in failed(written(expected))


def test_an_input_that_is_left_out_is_empty():
    text = "{test: transform.doubled, expected_output: {row_count: 0}}"

    assert failed(text) is None


def test_digits_that_no_float_holds_are_kept():
    rows = "[{id: 1, amount: 12345678.91}, {id: 9007199254740993}]"
    expected = "{rows: [{id: 1, twice: 24691357.82}, {id: 9007199254740993}]}"

    assert failed(written(expected, rows)) is None


@pytest.mark.parametrize(
    ("value", "comes", "why"),
    [
        ("0.81", "0.8", "1 rows are others"),
        ("1.5", "2", "1 rows are others"),
        ("2025-01-01 10:00:00", "DATE '2025-01-01'", "1 rows are others"),
        ("one", "1", "'one' is no INTEGER"),
    ],
)
def test_nothing_of_what_is_expected_is_cut_off_to_fit_what_came(value, comes, why):
    assert why in failed(written(f"{{rows: [{{a: {value}}}]}}"), f"SELECT {comes} AS a")


@pytest.mark.parametrize(
    ("value", "comes"),
    [
        ("2025-01-01", "DATE '2025-01-01'"),
        ("2025-01-01", "TIMESTAMP '2025-01-01'"),
        ("[1, 2]", "[1, 2]"),
        ("{b: 1}", "{b: 1}"),
        ("true", "true"),
        ("1e3", "1000"),
        ("null", "CAST(NULL AS BIGINT)"),
    ],
)
def test_a_value_is_what_its_text_says(value, comes):
    assert failed(written(f"{{rows: [{{a: {value}}}]}}"), f"SELECT {comes} AS a") is None


def test_a_cte_is_looked_at_by_itself():
    sql = f"WITH doubled AS ({DOUBLED}) SELECT count(*) AS n FROM doubled"
    text = written("{rows: [{n: 2}]}", more="ctes: {doubled: {rows: [{id: 1, twice: 3}, {id: 2}]}}")

    assert failed(text, sql) == "doubled: 2 rows are others than the 2 expected"


def test_a_clock_that_is_frozen_stands_still():
    text = written("{rows: [{today: 2026-02-08}]}", more="freeze_time: 2026-02-08T10:00:00Z")

    assert failed(text, "SELECT current_date AS today") is None


def test_of_a_range_only_its_rows_are_read():
    rows = "[{id: 1, day: 2025-01-01}, {id: 2, day: 2025-01-02}, {id: 3, day: 2025-01-03}]"
    more = "interval: {start: 2025-01-02, end: 2025-01-03}"
    ranged = Ranged(column="day", reads={"source.orders": Reads(column="day")})

    assert failed(written("{row_count: 1}", rows, more), 'FROM "source"."orders"', ranged) is None


def test_rows_outside_of_the_range_are_an_error():
    more = "interval: {start: 2025-01-02, end: 2025-01-03}"
    sql = "SELECT 1 AS id, DATE '2025-01-01' AS day"

    assert "outside of the range" in failed(
        written("{row_count: 1}", more=more), sql, Ranged(column="day")
    )
