"""Rows of a span of time are found by whatever type of column tells when they are of."""

from datetime import UTC, datetime

import duckdb
import pytest

from seeknal.sql.timefilter import time_filter
from seeknal.values.columns import Column

pytestmark = [pytest.mark.inside, pytest.mark.versions]

JUNE = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp())
DAY = 86_400


def found(type: str, values: list[str], start: int, end: int, timezone: str = "UTC") -> list[str]:
    rows = ", ".join(f"(CAST({value} AS {type}), {number})" for number, value in enumerate(values))
    condition = time_filter(Column("the time", type), start, end, timezone)
    with duckdb.connect() as duck:
        duck.execute("SET TimeZone = 'Asia/Jakarta'")
        query = f'SELECT n FROM (VALUES {rows}) AS t("the time", n) WHERE {condition} ORDER BY n'
        return [values[number] for (number,) in duck.execute(query).fetchall()]


@pytest.mark.parametrize("type", ["TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"])
def test_a_time_without_a_zone_is_utc(type):
    values = ["'2024-05-31 23:59:59'", "'2024-06-01'", "'2024-06-01 23:59:59'", "'2024-06-02'"]

    rows = found(type, [*values, "NULL"], JUNE, JUNE + DAY, "Asia/Jakarta")

    assert rows == values[1:3]


@pytest.mark.parametrize(
    ("type", "last"), [("TIMESTAMP", "999999"), ("TIMESTAMP_MS", "999"), ("TIMESTAMP_NS", "9" * 9)]
)
def test_the_last_fraction_of_a_second_before_the_end_is_in_the_span(type, last):
    values = [f"'1969-12-31 23:59:59.{last}'", "'1970-01-01'"]

    assert found(type, values, -DAY, 0) == values[:1]
    assert found(type, values, 0, DAY) == values[1:]


def test_a_time_with_a_zone_is_a_moment():
    values = [
        "'2024-06-01 02:00:00+02'",
        "'2024-06-01 01:59:59.999999+02'",
        "'2024-06-02 02:00:00+02'",
    ]

    rows = found("TIMESTAMP WITH TIME ZONE", values, JUNE, JUNE + DAY, "America/New_York")

    assert rows == values[:1]


def test_a_date_is_its_midnight_in_the_zone():
    values = ["'2024-05-31'", "'2024-06-01'", "'2024-06-02'"]

    utc = found("DATE", values, JUNE, JUNE + DAY)
    jakarta = found("DATE", values, JUNE - 7 * 3600, JUNE + 17 * 3600, "Asia/Jakarta")
    later = found("DATE", values, JUNE + 1, JUNE + DAY + 1)

    assert utc == jakarta == values[1:2]
    assert later == values[2:]


@pytest.mark.parametrize(
    ("start", "end", "rows"),
    [
        (-62_135_596_800, 253_402_300_800, 2),
        (-62_135_596_800, -60_000_000_000, 0),
        (253_402_300_800, 253_402_400_000, 0),
    ],
)
@pytest.mark.parametrize("type", ["TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"])
def test_a_span_may_be_longer_than_a_type_can_tell(type, start, end, rows):
    values = ["'1700-01-01'", "'2200-01-01'"]

    assert len(found(type, [*values, "NULL"], start, end)) == rows


def test_a_column_that_tells_no_time_is_refused():
    with pytest.raises(ValueError, match="column 'at' is of type VARCHAR, not a date or a moment"):
        time_filter(Column("at", "VARCHAR"), 0, 1, "UTC")


def test_a_span_of_dates_may_begin_and_end_with_the_calendar():
    values = ["'0001-01-01'", "'9999-12-31'"]

    assert found("DATE", values, -62_135_596_800, 253_402_214_400) == values[:1]
