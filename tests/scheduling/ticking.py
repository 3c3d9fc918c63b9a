"""The judge's own arithmetic of schedules: every minute is looked at, and no code of seeknal's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
NAMED = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0"}
DURATIONS = {
    "5 minutes": "*/5 * * * *",
    "15 minutes": "*/15 * * * *",
    "30 minutes": "*/30 * * * *",
    "1 hour": "0 * * * *",
    "6 hours": "0 0,6,12,18 * * *",
    "12 hours": "0 0,12 * * *",
    "1 day": "0 0 * * *",
}
"""The schedule that ticks where ranges of a duration begin."""


def ticks(text: str, zone: str, start: datetime, end: datetime) -> list[datetime]:
    """The ticks of a schedule from ``start`` up to ``end``, both of them held.

    As with Debian's cron: a star for minutes or hours goes by elapsed time, others tick once a
    reading, the first time that the clock has reached it.
    """
    fields = NAMED.get(text, DURATIONS.get(text, text)).split()
    elapses = fields[0].startswith("*") or fields[1].startswith("*")
    found = []
    clock = ZoneInfo(zone)
    # Readings that are reached at once come from at most a day before.
    moment = start.astimezone(UTC).replace(second=0, microsecond=0) - timedelta(days=2)
    reached = moment.astimezone(clock).replace(tzinfo=None, fold=0)
    while moment <= end:
        shows = moment.astimezone(clock).replace(tzinfo=None, fold=0)
        if elapses:
            is_tick = _matches(fields, shows)
        else:
            passed = []
            while reached < shows:
                reached += MINUTE
                passed.append(reached)
            is_tick = any(_matches(fields, reading) for reading in passed)
        if is_tick and moment >= start:
            found.append(moment)
        moment += MINUTE
    return found


def _matches(fields: list[str], reading: datetime) -> bool:
    minute, hour, day, month, weekday = fields
    if reading.minute not in _numbers(minute, 0, 59) or reading.hour not in _numbers(hour, 0, 23):
        return False
    if reading.month not in _numbers(month, 1, 12):
        return False
    days = reading.day in _numbers(day, 1, 31)
    weekdays = reading.isoweekday() % 7 in {number % 7 for number in _numbers(weekday, 0, 7)}
    # As cron has it: where both are given, one of them is enough.
    if day.startswith("*") or weekday.startswith("*"):
        return days and weekdays
    return days or weekdays


@cache
def _numbers(field: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = map(int, span.split("-"))
        else:
            first, last = int(span), high if step else int(span)
        found |= set(range(first, last + 1, int(step or 1)))
    return frozenset(found)
