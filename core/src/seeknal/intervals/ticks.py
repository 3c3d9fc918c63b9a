"""When a schedule has ticked last and ticks next, and up to where ranges are due."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from seeknal.intervals.calendar import Calendar
from seeknal.intervals.clocks import DAY, clock_of, date_of, midnight
from seeknal.intervals.units import is_duration, unit_of
from seeknal.values.cron import Cron

if TYPE_CHECKING:
    from datetime import date

    from seeknal.values.schedule import Schedule

_YEARS = 50
"""So many at most have no tick of a schedule that ticks at all."""


def bound(schedule: str, timezone: str, now: int) -> int:
    """Up to where ranges are due: the end of the last one that had ended at the last tick.

    A duration ticks where its ranges begin. Raises ValueError for what is no schedule, and for
    one that has not ticked before in living memory.
    """
    moment = now if is_duration(schedule) else last_tick(Cron.parse(schedule), timezone, now)
    return Calendar(unit_of(schedule), timezone).begin(moment)


def ticked(schedule: Schedule, now: int) -> int:
    """When a schedule has ticked last; a duration does where its ranges begin.

    Raises ValueError as `bound` does.
    """
    if is_duration(schedule.text):
        return Calendar(unit_of(schedule.text), schedule.timezone).begin(now)
    return last_tick(Cron.parse(schedule.text), schedule.timezone, now)


def ticks_next(schedule: Schedule, now: int) -> int:
    """When a schedule ticks next, after ``now``. Raises ValueError as `bound` does."""
    if is_duration(schedule.text):
        return Calendar(unit_of(schedule.text), schedule.timezone).end(now)
    return next_tick(Cron.parse(schedule.text), schedule.timezone, now)


def last_tick(cron: Cron, timezone: str, moment: int) -> int:
    """The last tick at or before a moment. Raises ValueError when there is none.

    As with Debian's cron, a schedule with a star for its minutes or hours goes by elapsed time:
    it ticks at what the clock shows, every time. Others tick once a reading: the first time that
    the clock has reached it.
    """
    clock = clock_of(timezone)
    if not cron.elapses:
        return clock.first(_last_reading(cron, clock.reached(moment)))
    while True:
        changes = clock.known(moment)
        at = bisect_right(changes.starts, moment) - 1
        tick = _last_reading(cron, moment + changes.offsets[at]) - changes.offsets[at]
        # Once more may be known: only what began after the known beginning is certain.
        begun = changes.starts[at] if at else changes.low
        if tick >= begun:
            return tick
        moment = begun - 1


def next_tick(cron: Cron, timezone: str, moment: int) -> int:
    """The first tick after a moment, as `last_tick` tells ticks. Raises ValueError likewise."""
    clock = clock_of(timezone)
    if not cron.elapses:
        return clock.first(_next_reading(cron, clock.reached(moment) + 1))
    moment += 1
    while True:
        changes = clock.known(moment)
        at = bisect_right(changes.starts, moment) - 1
        tick = _next_reading(cron, moment + changes.offsets[at]) - changes.offsets[at]
        # Once more may be known: only what ends before the known end is certain.
        until = changes.starts[at + 1] if at + 1 < len(changes.starts) else changes.high
        if tick < until:
            return tick
        moment = until


def _last_reading(cron: Cron, reading: int) -> int:
    """The last tick that a clock which is never put forward or back shows up to a reading."""
    today, times = date_of(reading), cron.minutes_of_day
    if cron.falls_on(today):
        at = bisect_right(times, reading % DAY // 60)
        if at:
            return midnight(today) + times[at - 1] * 60
    return midnight(_day_before(cron, today)) + times[-1] * 60


def _next_reading(cron: Cron, reading: int) -> int:
    """The first tick that such a clock shows from a reading on."""
    today, times = date_of(reading), cron.minutes_of_day
    if cron.falls_on(today):
        # A minute that has begun is over.
        at = bisect_left(times, -(-(reading % DAY) // 60))
        if at < len(times):
            return midnight(today) + times[at] * 60
    return midnight(_day_after(cron, today)) + times[0] * 60


def _day_after(cron: Cron, day: date) -> date:
    """The first day after one that has ticks."""
    from datetime import timedelta

    one, month, latest = timedelta(days=1), timedelta(days=32), min(day.year + _YEARS, 9998)
    while day.year <= latest:
        day += one
        if day.month not in cron.months:
            day = (day.replace(day=1) + month).replace(day=1) - one
        elif cron.falls_on(day):
            return day
    raise ValueError("the schedule names a day that does not exist")


def _day_before(cron: Cron, day: date) -> date:
    """The last day before one that has ticks."""
    from datetime import timedelta

    one, oldest = timedelta(days=1), max(day.year - _YEARS, 2)
    while day.year >= oldest:
        day -= one
        if day.month not in cron.months:
            day = day.replace(day=1)
        elif cron.falls_on(day):
            return day
    raise ValueError("the schedule names a day that does not exist")
