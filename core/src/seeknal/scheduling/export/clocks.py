"""What becomes of ticks where a clock is put forward or back, and in other zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import evolve, frozen

from seeknal.intervals.clocks import DAY, clock_of
from seeknal.intervals.ticks import ticks_next
from seeknal.intervals.timings import HOURS, MONTHS, cron_text
from seeknal.values.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seeknal.intervals.clocks import Clock
    from seeknal.intervals.timings import Timing

HOUR = 3600
YEAR = 365 * DAY
AHEAD = 10 * YEAR
"""So far changes of clocks are looked at: laws that are known today reach no further."""


@frozen
class Change:
    """A clock shows ``old`` and then ``new``, as readings, at a moment."""

    moment: int
    old: int
    new: int


@frozen
class Doubt:
    """A change of the clock that leaves ticks out, or lets them be shown twice."""

    moment: int
    what: Literal["skipped", "repeated"]


def changes(timezone: str, begin: int, end: int) -> Iterator[Change]:
    """How a zone's clock is changed in a span of time."""
    clock = clock_of(timezone)
    _know(clock, begin, end)
    known = clock.changes
    for at in range(1, len(known.starts)):
        moment = known.starts[at]
        if begin <= moment < end:
            yield Change(moment, moment + known.offsets[at - 1], moment + known.offsets[at])


def same_clock(one: str, other: str, now: int) -> bool:
    """Whether two zones' clocks show the same, as far as is known."""
    if one == other:
        return True
    span = now, now + AHEAD
    alike = clock_of(one).reading(now) == clock_of(other).reading(now)
    return alike and [*changes(one, *span)] == [*changes(other, *span)]


def elsewhere(timing: Timing, timezone: str, now: int) -> Timing | None:
    """The same ticks by the clock of another zone; None where there are none.

    There are of what ticks every hour of every day, and where the clocks show the same.
    """
    if same_clock(timing.timezone, timezone, now):
        return evolve(timing, timezone=timezone)
    every_day = not (timing.dated or timing.weekly) and timing.months == MONTHS
    if not (timing.elapses and every_day and timing.hours == HOURS):
        return None
    found = {
        tuple(sorted((minute + shift) % 60 for minute in timing.minutes))
        for shift in shifts(timing.timezone, timezone, now)
    }
    return evolve(timing, minutes=found.pop(), timezone=timezone) if len(found) == 1 else None


def shifts(timezone: str, other: str, now: int) -> set[int]:
    """By how many minutes of an hour another zone's clock may be ahead, now and later."""
    return {
        (there - here) // 60 % 60
        for here in _offsets(timezone, now)
        for there in _offsets(other, now)
    }


def unshown(timing: Timing, begin: int, end: int) -> Iterator[int]:
    """Ticks that a clock shows no reading of the schedule's for, or shows one once more.

    Where a reading is left out, those of the day that follows are among them: who looks for the
    one loses others.
    """
    clock, schedule = clock_of(timing.timezone), _schedule(timing)
    for change in changes(timing.timezone, begin, end):
        left_out = shows(timing, change.old, change.new)
        until = change.moment + (DAY if left_out else _back(change))
        tick = ticks_next(schedule, change.moment - 1)
        while tick < until:
            if left_out or clock.first(clock.reading(tick)) != tick:
                yield tick
            tick = ticks_next(schedule, tick)


def doubts(timing: Timing, begin: int, end: int) -> Iterator[Doubt]:
    """Changes of the clock with readings of the schedule's that it leaves out, or shows twice."""
    for change in changes(timing.timezone, begin, end):
        if shows(timing, *sorted((change.old, change.new))):
            yield Doubt(change.moment, "skipped" if change.new > change.old else "repeated")


def shows(timing: Timing, first: int, last: int) -> bool:
    """Whether a reading of the schedule's is from ``first`` to before ``last``."""
    return ticks_next(Schedule(text=cron_text(timing)), first - 1) < last


def _back(change: Change) -> int:
    return max(change.old - change.new, 0)


def _schedule(timing: Timing) -> Schedule:
    return Schedule(text=cron_text(timing), timezone=timing.timezone)


def _offsets(timezone: str, now: int) -> set[int]:
    clock = clock_of(timezone)
    later = {change.new - change.moment for change in changes(timezone, now, now + AHEAD)}
    return {clock.reading(now) - now, *later}


def _know(clock: Clock, begin: int, end: int) -> None:
    for moment in range(begin, end + YEAR, YEAR):
        clock.known(moment)
