"""Ranges of time, found by looking at one moment after another.

Moments are datetimes in UTC without a zone. A range is a pair of them and does not hold its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import chain, islice, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

Range = tuple[datetime, datetime]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
GRID = 15 * MINUTE
"""Clocks are put forward and back at such moments only, and no drawn range is finer."""
BEGINNING = datetime(1970, 1, 1)
UTC = ZoneInfo("UTC")


class Unit(NamedTuple):
    """How long a range is: ``Unit(6, "hour")``."""

    size: int
    name: str

    @property
    def elapses(self) -> bool:
        """Whether it is an hour or less, which no clock that is put back makes longer."""
        return self.name == "minute" or self == Unit(1, "hour")


INFERRED = {
    365 * DAY: Unit(1, "year"),
    28 * DAY: Unit(1, "month"),
    DAY: Unit(1, "day"),
    HOUR: Unit(1, "hour"),
    30 * MINUTE: Unit(30, "minute"),
    15 * MINUTE: Unit(15, "minute"),
    5 * MINUTE: Unit(5, "minute"),
    MINUTE: Unit(1, "minute"),
}
"""What a cron schedule may have for its unit, under the shortest time that each takes."""
PARTS = {"minute": 60, "hour": 24, "day": 1, "week": 1, "month": 12, "year": 1}
"""How many of each there are in what the wall clock shows next: a duration must divide it."""
SAME = {
    Unit(60, "minute"): Unit(1, "hour"),
    Unit(24, "hour"): Unit(1, "day"),
    Unit(7, "day"): Unit(1, "week"),
    Unit(12, "month"): Unit(1, "year"),
}
NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
DURATION = re.compile(r"(\d+) ?(minute|hour|day|week|month|year)s?")


@cache
def unit_of(schedule: str) -> Unit:
    """The unit of a schedule. Raises ValueError for a duration that no wall clock shows."""
    if found := DURATION.fullmatch(schedule):
        unit = Unit(int(found[1]), found[2])
        if unit in SAME:
            return SAME[unit]
        if not unit.size or PARTS[unit.name] % unit.size:
            raise ValueError(f"{schedule} does not divide what the wall clock shows next")
        return unit
    shortest = min(after - before for before, after in pairwise(islice(wall_ticks(schedule), 3000)))
    return next(unit for length, unit in INFERRED.items() if length <= shortest)


def moved_to_zone(moment: datetime, zone: str) -> datetime:
    """What the wall clock shows at a moment."""
    place = ZoneInfo(zone)
    return place.fromutc(moment.replace(tzinfo=place)).replace(tzinfo=None)


@cache
def read_in_zone(text: str, zone: str) -> datetime:
    """The moment that a date, or a date and time of day, is in a zone: the first, where the clock
    shows it twice, and the one at which the clock is put forward, where it never shows it."""
    wall = datetime.fromisoformat(text)
    near = (wall + step * GRID for step in range(-15 * 4, 15 * 4))
    return next(moment for moment in near if moved_to_zone(moment, zone) >= wall)


def end_in_zone(text: str, zone: str) -> datetime:
    """The moment at which what is asked for ends: a date is that whole day."""
    if len(text) > len("2024-06-03"):
        return read_in_zone(text, zone)
    return read_in_zone(str((datetime.fromisoformat(text) + DAY).date()), zone)


def floor(wall: datetime, unit: Unit) -> datetime:
    """When, by the wall clock, the unit began that holds a reading of it."""
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    size, name = unit
    if name in ("minute", "hour"):
        length = size * (MINUTE if name == "minute" else HOUR)
        return midnight + (wall - midnight) // length * length
    if name == "day":
        return midnight
    if name == "week":
        return midnight - midnight.weekday() * DAY
    if name == "month":
        return midnight.replace(day=1, month=(wall.month - 1) // size * size + 1)
    return midnight.replace(day=1, month=1)


@cache
def starts_in_month(unit: Unit, zone: str, year: int, month: int) -> tuple[datetime, ...]:
    """The moments of a month, in UTC, at which a range begins."""
    step = min(GRID, MINUTE * unit.size) if unit.name == "minute" else GRID
    found: list[datetime] = []
    highest = datetime.min
    for moment, wall in readings(zone, year, month, step):
        begun = floor(wall, unit)
        if moment.month == month and (wall == begun if unit.elapses else begun > highest):
            found.append(moment)
        highest = max(highest, begun)
    return tuple(found)


@cache
def readings(zone: str, year: int, month: int, step: timedelta) -> list[Range]:
    """Moments of a month, in UTC, and of the day before it, with what the wall clock shows."""
    first = datetime(year, month, 1) - DAY
    last = datetime(year + month // 12, month % 12 + 1, 1)
    moments = (first + number * step for number in range((last - first) // step))
    return [(moment, moved_to_zone(moment, zone)) for moment in moments]


def months(moment: datetime, step: int) -> Iterator[tuple[int, int]]:
    """The month of a moment, then those after it, or before it."""
    index = moment.year * 12 + moment.month - 1
    while True:
        yield index // 12, index % 12 + 1
        index += step


def last_start(unit: Unit, zone: str, moment: datetime) -> datetime:
    """When the range begins that holds a moment."""
    for month in months(moment, -1):
        for start in reversed(starts_in_month(unit, zone, *month)):
            if start <= moment:
                return start
    raise AssertionError


def starts_from(unit: Unit, zone: str, moment: datetime) -> Iterator[datetime]:
    """Every start, beginning with that of the range that holds a moment."""
    first = last_start(unit, zone, moment)
    every = chain.from_iterable(starts_in_month(unit, zone, *each) for each in months(first, 1))
    return (start for start in every if start >= first)


@cache
def ranges(unit: Unit, zone: str, first: datetime, last: datetime) -> tuple[Range, ...]:
    """The whole ranges that hold a moment from ``first`` to before ``last``."""
    found = []
    for start, end in pairwise(starts_from(unit, zone, first)):
        if start >= last:
            return tuple(found)
        found.append((start, end))
    raise AssertionError


def moments(spans: Iterable[Range]) -> set[int]:
    """The moments of spans, as numbers of what the clock's grid has."""
    return {number for span in spans for number in numbered(span)}


def numbered(span: Range) -> range:
    return range((span[0] - BEGINNING) // GRID, (span[1] - BEGINNING) // GRID)


def moment_of(number: int) -> datetime:
    return BEGINNING + number * GRID


class Cron(NamedTuple):
    """The numbers that each field lets through."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    both: bool
    """Whether the day has to be right by month and by week; otherwise one of them is enough."""
    elapses: bool
    """Whether it goes by elapsed time: its minutes or its hours are a star."""

    def falls_on(self, day: datetime) -> bool:
        by_month, by_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        right = (by_month and by_week) if self.both else (by_month or by_week)
        return day.month in self.months and right


@cache
def parsed(schedule: str) -> Cron:
    minute, hour, day, month, weekday = NAMED.get(schedule, schedule).split()
    return Cron(
        numbers(minute, 0, 59),
        numbers(hour, 0, 23),
        numbers(day, 1, 31),
        numbers(month, 1, 12),
        frozenset(each % 7 for each in numbers(weekday, 0, 7)),
        both=day.startswith("*") or weekday.startswith("*"),
        elapses=minute.startswith("*") or hour.startswith("*"),
    )


def numbers(field: str, lowest: int, highest: int) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span == "*":
            first, last = str(lowest), str(highest)
        elif not last:
            last = str(highest) if step else first
        found.update(range(int(first), int(last) + 1, int(step or 1)))
    return frozenset(found)


def times_of(cron: Cron, day: datetime) -> list[datetime]:
    if not cron.falls_on(day):
        return []
    return [day + h * HOUR + m * MINUTE for h in sorted(cron.hours) for m in sorted(cron.minutes)]


def wall_ticks(schedule: str) -> Iterator[datetime]:
    """Ticks by a wall clock that is never put forward or back, for twelve years."""
    cron, beginning = parsed(schedule), datetime(2024, 1, 1)
    for number in range(12 * 366):
        yield from times_of(cron, beginning + number * DAY)


@cache
def ticks_on(schedule: str, zone: str, day: datetime) -> tuple[datetime, ...]:
    """The moments of ticks of a day of the wall clock."""
    cron, place = parsed(schedule), ZoneInfo(zone)
    found: set[datetime] = set()
    for wall in times_of(cron, day):
        early, late = (
            wall.replace(tzinfo=place, fold=fold).astimezone(UTC).replace(tzinfo=None)
            for fold in (0, 1)
        )
        if moved_to_zone(early, zone) == wall:
            found.update((early, late) if cron.elapses else (early,))
        elif not cron.elapses:
            found.add(read_in_zone(str(wall), zone))
    return tuple(sorted(found))


def last_tick(schedule: str, zone: str, moment: datetime) -> datetime:
    """The last tick at or before a moment."""
    day = moved_to_zone(moment, zone).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    while True:
        for tick in reversed(ticks_on(schedule, zone, day)):
            if tick <= moment:
                return tick
        day -= DAY


def bound(schedule: str, zone: str, moment: datetime) -> datetime:
    """Up to where ranges are due at a moment."""
    if not DURATION.fullmatch(schedule):
        moment = last_tick(schedule, zone, moment)
    return last_start(unit_of(schedule), zone, moment)
