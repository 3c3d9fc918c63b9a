"""The unit of time that a schedule gives its node: how long each of its ranges is."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.intervals.clocks import DAY
from seeknal.values.cron import Cron
from seeknal.values.durations import Duration
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

_MINUTE = 60
_LENGTHS = {
    "minute": _MINUTE,
    "hour": 3600,
    "day": DAY,
    "week": 7 * DAY,
    "month": 28 * DAY,
    "year": 365 * DAY,
}
_PARTS = {"minute": 60, "hour": 24, "day": 1, "week": 1, "month": 12, "year": 1}
"""How many of each there are in what the wall clock shows next; a unit divides it."""
_LIKE_DURATION = Pattern(r"\s*\d+\s*[a-zA-Z]+\s*")


@frozen
class Unit:
    """How long a range is: ``Unit(6, "hour")``. Names are minute, hour, day, week, month, year."""

    size: int
    name: str

    @property
    def elapses(self) -> bool:
        """Whether it is an hour or less, which no clock that is put back makes longer."""
        return self.name == "minute" or (self.name == "hour" and self.size == 1)

    @property
    def shortest(self) -> int:
        """The fewest seconds that one takes where no clock is put forward or back."""
        return self.size * _LENGTHS[self.name]

    def __str__(self) -> str:
        return self.name if self.size == 1 else f"{self.size} {self.name}s"


_SAME = {
    Unit(60, "minute"): Unit(1, "hour"),
    Unit(24, "hour"): Unit(1, "day"),
    Unit(7, "day"): Unit(1, "week"),
    Unit(12, "month"): Unit(1, "year"),
}
_INFERRED = [
    *(Unit(1, "year"), Unit(1, "month"), Unit(1, "day"), Unit(1, "hour")),
    *(Unit(30, "minute"), Unit(15, "minute"), Unit(5, "minute"), Unit(1, "minute")),
]
EVERY = [
    Unit(size, name)
    for name, parts in _PARTS.items()
    for size in range(1, max(parts, 2))
    if not parts % size
]
"""All that a duration can be, from the shortest to the longest."""


def is_duration(schedule: str) -> bool:
    """Whether a schedule is written as a duration, which ticks where its ranges begin."""
    return _LIKE_DURATION.fullmatch(schedule) is not None


@cache
def unit_of(schedule: str) -> Unit:
    """The unit of a schedule: the duration itself, or what a cron schedule's ticks allow.

    Raises ValueError that says what is wrong, and what could be written.
    """
    if is_duration(schedule):
        return _unit_of_duration(Duration.parse(schedule))
    try:
        cron = Cron.parse(schedule)
    except ValueError as error:
        raise ValueError(f"{error}; write @daily, 0 6 * * * or a duration: 6 hours") from None
    shortest = _shortest_between_ticks(cron)
    return next(unit for unit in _INFERRED if unit.shortest <= shortest)


def parse_unit(text: str) -> Unit:
    """The unit that ``str(unit)`` wrote. Raises ValueError for any other text."""
    return unit_of(text if text[:1].isdigit() else f"1 {text}")


def _unit_of_duration(duration: Duration) -> Unit:
    quarters = duration.unit == "quarter"
    unit = Unit(duration.count * 3, "month") if quarters else Unit(duration.count, duration.unit)
    unit = _SAME.get(unit, unit)
    if unit in EVERY:
        return unit
    raise ValueError(
        f"'{duration}' is no unit of time: it does not divide what the wall clock shows next"
        f" (minutes an hour, hours a day, months a year); write {_near(duration)}"
    )


def _near(duration: Duration) -> str:
    """What is as long as a duration, or else what comes next below and above it."""
    length = duration.rough_seconds
    lengths = [Duration(unit.size, unit.name).rough_seconds for unit in EVERY]
    at = bisect_left(lengths, length)
    same = at < len(EVERY) and lengths[at] == length
    near = EVERY[at : at + 1] if same else EVERY[max(at - 1, 0) : at + 1]
    return " or ".join(str(Duration(unit.size, unit.name)) for unit in near)


def _shortest_between_ticks(cron: Cron) -> int:
    """In seconds, by a clock that is never put forward or back: as far as the unit goes by it."""
    times = cron.minutes_of_day
    if len(times) == 1:
        return _shortest_between_days(cron, enough=27) * DAY
    within = min(after - before for before, after in pairwise(times))
    over_midnight = times[0] + DAY // _MINUTE - times[-1]
    if over_midnight < within and _shortest_between_days(cron, enough=1) == 1:
        within = over_midnight
    return within * _MINUTE


def _shortest_between_days(cron: Cron, enough: int) -> int:
    """In days, at most a year; looking for fewer ends once there are no more than ``enough``."""
    shortest = 365
    for before, after in pairwise(_days(cron)):
        shortest = min(shortest, after - before)
        if shortest <= enough:
            break
    return shortest


def _days(cron: Cron) -> Iterator[int]:
    """The days of ticks, as numbers, for as long as it takes until weekdays are the same again."""
    day, last = date(2000, 1, 1), date(2005 if cron.any_weekday else 2029, 1, 1)
    while day < last:
        if day.month not in cron.months:
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            continue
        if cron.falls_on(day):
            yield day.toordinal()
        day += timedelta(days=1)
