"""What schedules come to: those that tick alike are one, however each is written."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.intervals.cronfields import Weekday, listed, starred
from seeknal.intervals.units import EVERY, is_duration, unit_of
from seeknal.values.cron import NAMED, Cron
from seeknal.values.durations import Duration
from seeknal.values.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seeknal.intervals.units import Unit

MINUTES, HOURS, MONTHS = tuple(range(60)), tuple(range(24)), tuple(range(1, 13))
DAYS, WEEKDAYS = tuple(range(1, 32)), tuple(range(7))


@frozen(kw_only=True)
class Timing:
    """When a schedule ticks by the clock of a zone: equal ones tick alike.

    A day has ticks that is among ``days`` and among ``weekdays``, or among one of them where it
    need not be among ``both``. Below 0 a day is the last one of a month, or its last weekday.
    ``elapses``: it ticks each time that the clock shows it, and not at the first alone.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...] = DAYS
    months: tuple[int, ...] = MONTHS
    weekdays: tuple[Weekday, ...] = WEEKDAYS
    both: bool = True
    elapses: bool = False
    timezone: str = "UTC"

    @property
    def dated(self) -> bool:
        """Whether its days are told by dates."""
        return self.days != DAYS

    @property
    def weekly(self) -> bool:
        """Whether its days are told by weekdays."""
        return self.weekdays != WEEKDAYS

    @property
    def ordinal(self) -> bool:
        """Whether days are told by their place in a month: the last one, the second Monday."""
        return any(not isinstance(day, int) or day < 0 for day in (*self.days, *self.weekdays))

    def __str__(self) -> str:
        """As `read_schedule` reads it, in the shortest words there are for it."""
        told = _names(self.timezone).get(self) or cron_text(self)
        return told if self.timezone == "UTC" else f"{told} {self.timezone}"


def read_schedule(text: str) -> Schedule:
    """A schedule with its zone behind it, where that is not UTC: ``0 6 * * * Europe/Berlin``.

    Raises ValueError that says what is wrong.
    """
    try:
        unit_of(text)
    except ValueError:
        told, _, timezone = text.strip().rpartition(" ")
        if not told or not timezone[:1].isalpha():
            raise
        from seeknal.intervals.clocks import clock_of

        unit_of(told)
        clock_of(timezone)
        return Schedule(text=told, timezone=timezone)
    return Schedule(text=text)


def timing_of(schedule: Schedule) -> Timing:
    """What a schedule comes to. Raises ValueError for what is none."""
    if is_duration(schedule.text):
        return _of_unit(unit_of(schedule.text), schedule.timezone)
    return _of_cron(Cron.parse(schedule.text), schedule.timezone)


def cron_text(timing: Timing) -> str:
    """The five fields of cron that tick so, as Debian's cron reads them."""
    minutes, hours = _times(timing)
    narrow = timing.both and timing.dated and timing.weekly
    days = starred(timing.days, DAYS) if narrow or not timing.dated else listed(timing.days)
    either = not timing.weekly or (narrow and days[0] != "*")
    weekdays = starred(timing.weekdays, WEEKDAYS) if either else listed(timing.weekdays)
    months = listed(timing.months) if timing.months != MONTHS else "*"
    return f"{minutes} {hours} {days} {months} {weekdays}"


def _times(timing: Timing) -> tuple[str, str]:
    """Minutes and hours, one of which begins with a star where time elapses."""
    minutes, hours = listed(timing.minutes), listed(timing.hours)
    stars = starred(timing.minutes, MINUTES), starred(timing.hours, HOURS)
    even = [star[0] == "*" and "," not in star for star in stars]
    if not timing.elapses:
        return minutes, hours
    if timing.hours == HOURS:
        return stars[0] if even[0] and len(timing.minutes) > 1 else minutes, "*"
    if even[0] or not (even[1] or stars[1][0] == "*"):
        return stars[0], hours
    return minutes, stars[1]


def _of_unit(unit: Unit, timezone: str) -> Timing:
    """A duration ticks where its ranges begin."""
    timing = Timing(minutes=(0,), hours=(0,), timezone=timezone, elapses=unit.elapses)
    if unit.name == "minute":
        return evolve(timing, minutes=MINUTES[:: unit.size], hours=HOURS)
    if unit.name == "hour":
        return evolve(timing, hours=HOURS[:: unit.size])
    if unit.name == "week":
        return evolve(timing, weekdays=(1,))
    if unit.name == "month":
        return evolve(timing, days=(1,), months=MONTHS[:: unit.size])
    return evolve(timing, days=(1,), months=(1,)) if unit.name == "year" else timing


def _of_cron(cron: Cron, timezone: str) -> Timing:
    read = cron.read
    days, weekdays = tuple(sorted(read.days)), _weekdays(read.weekdays)
    both = read.day_and
    if not both and (days == DAYS or weekdays == WEEKDAYS):
        days, weekdays, both = DAYS, WEEKDAYS, True
    minutes, hours = tuple(sorted(read.minutes)), tuple(sorted(read.hours))
    return Timing(
        minutes=minutes,
        hours=hours,
        days=days,
        months=tuple(sorted(read.months)),
        weekdays=weekdays,
        both=both,
        # Where no clock is put back it makes no difference, and has one answer.
        elapses=cron.elapses if timezone != "UTC" else minutes == MINUTES or hours == HOURS,
        timezone=timezone,
    )


def _weekdays(found: Iterable[Weekday]) -> tuple[Weekday, ...]:
    """Weekdays of which Sunday has one number, and none is told twice."""
    told = list(found)
    plain = {day % 7 for day in told if isinstance(day, int)}
    ordinal = {(day[0] % 7, day[1]) for day in told if not isinstance(day, int)}
    return (*sorted(plain), *sorted(day for day in ordinal if day[0] not in plain))


@cache
def _names(timezone: str) -> dict[Timing, str]:
    """What is written shorter than by five fields."""
    units = {_of_unit(unit, timezone): str(Duration(unit.size, unit.name)) for unit in EVERY}
    named = {_of_cron(Cron.parse(name), timezone): name for name in reversed(NAMED)}
    return units | named
