"""Ranges of one unit, numbered one after another: what is asked about many of them is arithmetic.

Numbers have no meaning of their own: number 0 is no certain range.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from seeknal.intervals.clocks import ANCHOR, DAY, NEVER, Changes, date_of, midnight

if TYPE_CHECKING:
    from collections.abc import Callable

    from seeknal.intervals.clocks import Clock
    from seeknal.intervals.units import Unit

_MONDAY = 4 * DAY
"""The first one of 1970."""


class Ruler(Protocol):
    """Which range holds a moment, and when a range begins."""

    def number(self, moment: int) -> int: ...

    def start(self, number: int) -> int: ...

    def even(self, first: int, last: int) -> Even | None:
        """The same ranges from ``first`` to ``last``, when all are equally long there."""
        ...


@frozen
class Even:
    """Ranges of ``length`` seconds each, one of which begins at ``phase``."""

    length: int
    phase: int

    def number(self, moment: int) -> int:
        return (moment - self.phase) // self.length

    def start(self, number: int) -> int:
        return self.phase + number * self.length

    def even(self, first: int, last: int) -> Even | None:
        return self


class Elapsing:
    """Ranges of an hour or less of a zone's clock: they begin where it shows a whole one."""

    def __init__(self, clock: Clock, length: int) -> None:
        self.clock = clock
        self.length = length
        self._marks = _Marks.of(clock.changes, length)

    def number(self, moment: int) -> int:
        marks = self._known(moment)
        at = bisect_right(marks.changes.starts, moment) - 1
        passed = (moment - marks.firsts[at]) // self.length
        return marks.numbers[at] + (max(passed, -1) if at else passed)

    def start(self, number: int) -> int:
        marks = self._marks
        while True:
            at = max(bisect_right(marks.numbers, number) - 1, 0)
            start = marks.firsts[at] + (number - marks.numbers[at]) * self.length
            if marks.changes.low <= start < marks.changes.high:
                return start
            known, marks = marks, self._known(start)
            if known is marks:
                return start

    def even(self, first: int, last: int) -> Even | None:
        self._known(first)
        marks = self._known(last)
        return marks.even

    def _known(self, moment: int) -> _Marks:
        changes = self.clock.known(moment)
        marks = self._marks
        if marks.changes is not changes:
            marks = self._marks = _Marks.of(changes, self.length)
        return marks


@frozen
class _Marks:
    """Between two changes of a clock: the first start of a range, and its number."""

    changes: Changes
    firsts: tuple[int, ...]
    numbers: tuple[int, ...]
    even: Even | None

    @classmethod
    def of(cls, changes: Changes, length: int) -> _Marks:
        ends = (*changes.starts[1:], NEVER)
        begins = (ends[0] - length, *changes.starts[1:])
        firsts = [
            begin + (-begin - offset) % length
            for begin, offset in zip(begins, changes.offsets, strict=True)
        ]
        numbers = [0]
        for first, end in zip(firsts[:-1], ends[:-1], strict=True):
            numbers.append(numbers[-1] + max(0, -((first - end) // length)))
        base = (firsts[changes.anchor]) // length - numbers[changes.anchor]
        phases = {-offset % length for offset in changes.offsets}
        even = Even(length, phases.pop()) if len(phases) == 1 else None
        return cls(changes, tuple(firsts), tuple(each + base for each in numbers), even)


class ByClock:
    """Ranges of more than an hour: one begins when a zone's clock has reached its beginning."""

    def __init__(
        self, clock: Clock, floor: Callable[[int], int], begin: Callable[[int], int]
    ) -> None:
        """``floor`` numbers a reading of the clock, ``begin`` is the first one of a number."""
        self.clock = clock
        self.floor = floor
        self.begin = begin
        self._known = (clock.changes, _left_out(clock.changes, floor))

    def number(self, moment: int) -> int:
        changes, left_out = self._knowing(moment)
        floor = self.floor(changes.reached(moment))
        return floor - self._counted(left_out, floor) if left_out else floor

    def start(self, number: int) -> int:
        begin = self.begin(number)
        changes, left_out = self._knowing(begin)
        if left_out:
            begin = self.begin(self._floor_of(number, left_out))
        return changes.first(begin)

    def even(self, first: int, last: int) -> Even | None:
        return None

    def _knowing(self, moment: int) -> tuple[Changes, tuple[int, ...]]:
        """The changes around a moment, and which ranges have no moment because of them."""
        known, changes = self._known, self.clock.known(moment)
        if changes is not known[0]:
            known = self._known = (changes, _left_out(changes, self.floor))
        return known

    def _floor_of(self, number: int, left_out: tuple[int, ...]) -> int:
        near = range(number - len(left_out), number + len(left_out) + 1)
        return next(
            floor
            for floor in near
            if floor not in left_out and floor - self._counted(left_out, floor) == number
        )

    def _counted(self, left_out: tuple[int, ...], floor: int) -> int:
        """How many ranges without a moment there are up to one; negative: from there on."""
        return bisect_right(left_out, floor) - bisect_right(left_out, self.floor(ANCHOR))


def _left_out(changes: Changes, floor: Callable[[int], int]) -> tuple[int, ...]:
    """The ranges in which there is no moment: a clock put forward passed both of their ends."""
    found: list[int] = []
    for at in range(1, len(changes.starts)):
        reading = changes.starts[at] + changes.offsets[at]
        if reading > changes.tops[at - 1]:
            found.extend(range(floor(changes.tops[at - 1] - 1) + 1, floor(reading)))
    return tuple(found)


def ruler_of(unit: Unit, clock: Clock, utc: bool) -> Ruler:
    """The ruler of a unit by a clock."""
    if unit.name in ("month", "year"):
        size = unit.size * (12 if unit.name == "year" else 1)
        return ByClock(clock, lambda at: _month(at) // size, lambda at: _month_start(at * size))
    even = Even(unit.shortest, _MONDAY if unit.name == "week" else 0)
    if utc:
        return even
    if unit.elapses:
        return Elapsing(clock, even.length)
    return ByClock(clock, even.number, even.start)


def _month(reading: int) -> int:
    day = date_of(reading)
    return day.year * 12 + day.month - 1


def _month_start(number: int) -> int:
    return midnight(date(number // 12, number % 12 + 1, 1))
