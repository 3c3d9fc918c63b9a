"""A range of time as columns are compared with it: moments, or days of a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from seeknal.intervals.clocks import clock_of
from seeknal.sql.quote import quote_identifier
from seeknal.sql.timefilter import time_filter
from seeknal.values.columns import Column

if TYPE_CHECKING:
    from seeknal.values.loads import Within

_EXACT = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_TYPES = (*_EXACT, "DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)
_INFINITE = ("-infinity", "infinity")


def ends_within(within: Within, type: str, declared: str | None = None) -> tuple[date, date] | None:
    """Where a range begins and ends, as values of a column of ``type``, which is DuckDB's.

    A DATE has the days whose midnight lies in the range. None where all rows are to be given: of
    types that hold no moments, and where the type that is ``declared`` makes others of them.
    """
    same = declared in (None, type) or (type in _EXACT and declared in _EXACT)
    if type not in _TYPES or not same:
        return None
    if type == "DATE":
        return clock_of(within.timezone).dates(*_seconds(within))
    if type == "TIMESTAMP WITH TIME ZONE":
        return within.start, within.end
    return within.start.replace(tzinfo=None), within.end.replace(tzinfo=None)


def condition_within(
    within: Within, column: str, type: str, declared: str | None = None
) -> str | None:
    """What stands after WHERE for the rows that `Within` means, in standard SQL.

    The column stands by itself, so that partitions, indexes and statistics of row groups are of
    use. None where it has no `ends_within`.
    """
    if ends_within(within, type, declared) is None:
        return None
    start, end = _seconds(within)
    inside = time_filter(Column(column, type), start, end, within.timezone)
    name = quote_identifier(column)
    placeless = " OR ".join(f"{name} = '{value}'" for value in _INFINITE)
    return f"{inside} OR {name} IS NULL OR {placeless}"


def _seconds(within: Within) -> tuple[int, int]:
    """The ends in whole seconds since 1970; what lies between two is no less than what was."""
    begun, ended = within.start - _EPOCH, within.end - _EPOCH
    return begun // _SECOND, -(-ended // _SECOND)
