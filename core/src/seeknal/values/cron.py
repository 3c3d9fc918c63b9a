"""Five-field cron schedules, as far as asking for the next tick."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_HORIZON = timedelta(days=366 * 8)
"""29 February on a given weekday comes back within 28 years, but never matters to a schedule."""


@frozen
class Cron:
    """A parsed schedule: the minutes, hours, days, months and weekdays (0 = Sunday) it names."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    @classmethod
    def parse(cls, text: str) -> Cron:
        """The schedule that ``text`` writes. Raises ValueError that says what is wrong."""
        fields = NAMED.get(text.strip().lower(), text).split()
        if len(fields) != 5:
            raise ValueError(f"{text!r} is not a cron schedule: it takes five fields")
        minutes, hours, days, months, weekdays = (
            _values(part, *limits) for part, limits in zip(fields, _RANGES, strict=True)
        )
        sundays_are_0 = frozenset(day % 7 for day in weekdays)
        return cls(minutes, hours, days, months, sundays_are_0, fields[2] == "*", fields[4] == "*")

    def next_after(self, moment: datetime) -> datetime:
        """The first tick after ``moment``. Raises ValueError when there is none in sight."""
        tick = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        end = tick + _HORIZON
        while tick < end:
            if tick.month not in self.months or not self._is_day(tick):
                tick = tick.replace(hour=0, minute=0) + timedelta(days=1)
            elif tick.hour not in self.hours:
                tick = tick.replace(minute=0) + timedelta(hours=1)
            elif tick.minute not in self.minutes:
                tick += timedelta(minutes=1)
            else:
                return tick
        raise ValueError("the schedule names a day that does not exist")

    def _is_day(self, moment: datetime) -> bool:
        day = moment.day in self.days
        weekday = moment.isoweekday() % 7 in self.weekdays
        # As in cron: when both are restricted, either one is enough.
        return (day and weekday) if self.any_day or self.any_weekday else (day or weekday)


def _values(text: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, last = _span(span, low, high, bool(step))
        found.update(range(first, last + 1, _number(step, 1, high) if step else 1))
    return frozenset(found)


def _span(text: str, low: int, high: int, stepped: bool) -> tuple[int, int]:
    if text == "*":
        return low, high
    first, dash, last = text.partition("-")
    start = _number(first, low, high)
    if dash:
        return start, _number(last, start, high)
    return start, high if stepped else start


def _number(text: str, low: int, high: int) -> int:
    names = _MONTHS if high == 12 else _DAYS if high == 7 else ()
    lower = text.lower()
    number = names.index(lower) + (high == 12) if lower in names else text
    if not str(number).isdigit() or not low <= int(number) <= high:
        raise ValueError(f"{text!r} is not a number from {low} to {high}")
    return int(number)
