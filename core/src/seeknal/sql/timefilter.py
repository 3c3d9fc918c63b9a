"""Which rows lie in a span of time, by the type of the column that tells when they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.intervals.clocks import clock_of, in_utc
from seeknal.sql.quote import quote_identifier

if TYPE_CHECKING:
    from seeknal.values.columns import Column

_NANO_FIRST, _NANO_LAST = -9_223_372_036, 9_223_372_036
"""Seconds that a TIMESTAMP_NS can hold, at the least and at the most."""


def time_filter(column: Column, start: int, end: int, timezone: str) -> str:
    """The condition that a row's time lies in [start, end), in seconds since 1970 UTC.

    Times without a zone are UTC; a date is its midnight in ``timezone``. It is not true of NULL.
    Raises ValueError for a column that is neither a date nor a moment.
    """
    name = quote_identifier(column.name)
    if column.type == "DATE":
        first, last = clock_of(timezone).dates(start, end)
        return f"({name} >= DATE '{first.isoformat()}' AND {name} < DATE '{last.isoformat()}')"
    if column.type == "TIMESTAMP_NS":
        return _nanoseconds(name, start, end)
    if column.type not in _MOMENTS:
        raise ValueError(f"column {column.name!r} is of type {column.type}, not a date or a moment")
    zoned = column.type == "TIMESTAMP WITH TIME ZONE"
    return f"({name} >= {_moment(start, zoned)} AND {name} < {_moment(end, zoned)})"


_MOMENTS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE")


def _moment(seconds: int, zoned: bool) -> str:
    """A constant, which readers of Parquet can compare with what row groups hold."""
    try:
        text = in_utc(seconds).replace(tzinfo=None).isoformat(sep=" ")
    except OverflowError:
        return f"make_timestamp{'tz' if zoned else ''}({seconds * 1_000_000})"
    return f"TIMESTAMPTZ '{text}+00'" if zoned else f"TIMESTAMP '{text}'"


def _nanoseconds(name: str, start: int, end: int) -> str:
    """As it compares it with a TIMESTAMP, DuckDB would round what is finer than that."""
    if start > _NANO_LAST or end <= _NANO_FIRST:
        return "false"
    bounds = [
        f"{name} {sign} CAST({_moment(moment, zoned=False)} AS TIMESTAMP_NS)"
        for sign, moment in ((">=", start), ("<", end))
        if _NANO_FIRST < moment <= _NANO_LAST
    ]
    return f"({' AND '.join(bounds) or f'{name} IS NOT NULL'})"
