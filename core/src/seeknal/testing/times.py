"""Ranges of time for the rows of a source, and which of them lie in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.values.loads import Within


def ranges_between(column: str, values: Iterable[date | None]) -> Iterator[Within]:
    """Ranges that begin and end at values of a column, and those before and after all of them."""
    from seeknal.values.loads import Within

    moments = {_moment(value).replace(microsecond=0) for value in values if value is not None}
    day = timedelta(days=1)
    ends = sorted({end for moment in moments for end in (moment - day, moment, moment + day)})
    for start, end in pairwise(ends):
        yield Within(column=column, start=start, end=end)


def is_within(value: date, within: Within) -> bool:
    """Whether a date or a moment lies in a range, where both are of UTC."""
    return within.start <= _moment(value) < within.end


def _moment(value: date) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
