"""SQL that gives the begin of the range that a moment lies in."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

from tests.intervals.ranges import BEGINNING, DAY, HOUR, MINUTE, Unit, ranges

FIRST, LAST = datetime(2023, 11, 1), datetime(2025, 2, 1)
"""What is judged lies in between."""
LENGTHS = {
    "minute": MINUTE,
    "hour": HOUR,
    "day": DAY,
    "week": 7 * DAY,
    "month": 28 * DAY,
    "year": 365 * DAY,
}


@cache
def begin(unit: Unit, zone: str, column: str) -> str:
    """The begin of the range that holds ``column``: buckets of one length from one clock's change
    to the next."""
    length = unit.size * LENGTHS[unit.name]
    regular = runs(unit, zone, length)
    cases = [
        f"WHEN {column} < {told(end)} THEN least({bucket(column, length, first)}, {told(last)})"
        for (first, last), (end, _) in pairwise(regular)
    ]
    final = bucket(column, length, regular[-1][0])
    return f"CASE {' '.join(cases)} ELSE {final} END" if cases else final


def runs(unit: Unit, zone: str, length: timedelta) -> list[tuple[datetime, datetime]]:
    """The first and the last begin of ranges that follow each other in the same distance."""
    starts = [start for start, _ in ranges(unit, zone, FIRST, LAST)]
    breaks = [at for at in range(1, len(starts)) if starts[at] - starts[at - 1] != length]
    return [(starts[first], starts[end - 1]) for first, end in pairwise([0, *breaks, len(starts)])]


def bucket(column: str, length: timedelta, start: datetime) -> str:
    origin = BEGINNING + (start - BEGINNING) % length
    return f"time_bucket(INTERVAL '{length // MINUTE} minutes', {column}, {told(origin)})"


def told(moment: datetime) -> str:
    return f"TIMESTAMP '{moment}'"
