"""What the wall clock of a zone shows, with the moments at which it is put forward or back.

Readings of a clock are seconds as well: what a moment would be if the clock showed UTC.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAY = 86400
NEVER = 1 << 50
"""Later than every moment, and as a reading of a clock."""
_YEAR = 365 * DAY
ANCHOR = 50 * _YEAR
"""In 2019: around it, changes of clocks are known first, and always."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = -170 * _YEAR, 230 * _YEAR
"""No zone's clock was changed before 1844. After 2199 it is left as it is: no law reaches there,
and each year that is looked at takes its time."""
_NEAR = 3 * DAY
"""Changes are known this far around what is asked for: no clock is put further."""
_STEP = 302_400
"""Half a week: there are days between any two changes of a clock."""
_FIRST_DAY = 719_163
"""1970-01-01, as `date.toordinal` counts."""


def date_of(reading: int) -> date:
    """The date that a clock shows with a reading."""
    return date.fromordinal(reading // DAY + _FIRST_DAY)


def midnight(day: date) -> int:
    """The reading of a clock at which a date begins."""
    return (day.toordinal() - _FIRST_DAY) * DAY


def reading_of(wall: datetime) -> int:
    """The reading of a clock that shows a date and time of day."""
    return midnight(wall.date()) + wall.hour * 3600 + wall.minute * 60 + wall.second


def in_utc(moment: int) -> datetime:
    """A moment as Python has it, in UTC. Raises OverflowError for one of no year from 1 to 9999."""
    return _EPOCH + timedelta(seconds=moment)


@frozen
class Changes:
    """Between ``low`` and ``high``: the clock is ``offsets`` ahead of UTC from ``starts`` on.

    ``tops`` are the readings that it has not reached by then. ``anchor`` is which of them holds
    a moment that is always known, for numbers that have to be the same when more is known.
    """

    low: int
    high: int
    starts: tuple[int, ...]
    offsets: tuple[int, ...]
    tops: tuple[int, ...]
    anchor: int

    def reading(self, moment: int) -> int:
        """What the clock shows at a moment."""
        return moment + self.offsets[bisect_right(self.starts, moment) - 1]

    def reached(self, moment: int) -> int:
        """The furthest that it has shown by then."""
        at = bisect_right(self.starts, moment) - 1
        shown = moment + self.offsets[at]
        top = self.tops[at - 1] if at else shown
        return shown if shown >= top else top - 1

    def first(self, reading: int) -> int:
        """The first moment at which it has reached a reading."""
        at = bisect_right(self.tops, reading)
        start, moment = self.starts[at], reading - self.offsets[at]
        return moment if moment > start else start


class Clock:
    """The clock of one zone. What it knows grows by the years that are asked for."""

    def __init__(self, timezone: str) -> None:
        """Raises ValueError for a zone that is not known."""
        self._lock = Lock()
        self._place = None if timezone == "UTC" else _place(timezone)
        self.changes = Changes(-NEVER, NEVER, (-NEVER,), (0,), (NEVER,), 0)
        if self._place is not None:
            self.changes = _changes(self._place, ANCHOR, ANCHOR + _YEAR)

    def known(self, moment: int) -> Changes:
        """The changes around a moment."""
        changes = self.changes
        if changes.low <= moment < changes.high:
            return changes
        return self._learned(moment)

    def reading(self, moment: int) -> int:
        """What it shows at a moment."""
        return self.known(moment).reading(moment)

    def reached(self, moment: int) -> int:
        """The furthest that it has shown by then: more than it shows when it was put back."""
        return self.known(moment).reached(moment)

    def first(self, reading: int) -> int:
        """The first moment at which it has reached a reading: when it is put forward, for one
        that it never shows."""
        return self.known(reading).first(reading)

    def dates(self, start: int, end: int) -> tuple[date, date]:
        """The dates whose midnight is from ``start`` to before ``end``, half-open.

        Where there is no midnight, a date has the first moment at which the clock is past it.
        """
        return self._date_from(start), self._date_from(end)

    def _date_from(self, moment: int) -> date:
        """The first date whose midnight is at a moment or after it."""
        return date_of(self.reached(moment - 1) + DAY)

    def _learned(self, moment: int) -> Changes:
        with self._lock:
            changes = self.changes
            if self._place is not None and not changes.low <= moment < changes.high:
                low = min(changes.low, moment - moment % _YEAR - _YEAR)
                high = max(changes.high, moment - moment % _YEAR + 2 * _YEAR)
                self.changes = _changes(self._place, low, high, changes)
            return self.changes


@cache
def clock_of(timezone: str) -> Clock:
    """The clock of a zone, which all share. Raises ValueError for a zone that is not known."""
    return Clock(timezone)


def _place(timezone: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(timezone)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"{timezone!r} is no timezone; write it as Europe/Berlin") from None


def _changes(place: ZoneInfo, low: int, high: int, known: Changes | None = None) -> Changes:
    """All changes from ``low`` to before ``high``, and a little around."""
    begin, end = low - _NEAR, high + _NEAR
    found = [(-NEVER, _offset(place, begin))]
    if known is None:
        found += _between(place, begin, end)
    else:
        inner = list(zip(known.starts, known.offsets, strict=True))[1:]
        found += _between(place, begin, known.low - _NEAR)
        found += inner
        found += _between(place, known.high + _NEAR, end)
    starts, offsets = zip(*found, strict=True)
    tops: list[int] = []
    for offset, until in zip(offsets, (*starts[1:], NEVER), strict=True):
        tops.append(max(until + offset, tops[-1] if tops else -NEVER))
    tops[-1] = 2 * NEVER
    return Changes(low, high, starts, offsets, tuple(tops), bisect_right(starts, ANCHOR) - 1)


def _between(place: ZoneInfo, begin: int, end: int) -> list[tuple[int, int]]:
    """Changes after ``begin``, up to ``end``: when, and how far ahead of UTC it is from then on."""
    found = []
    end = min(end, _LATEST)
    begin = min(max(begin, _EARLIEST), _LATEST)
    ahead = _ahead(place, begin)
    while begin < end:
        step = min(begin + _STEP, end)
        while _ahead(place, step) != ahead:
            begin = _change(place, begin, step)
            ahead = _ahead(place, begin)
            found.append((begin, _offset(place, begin)))
        begin = step
    return found


def _change(place: ZoneInfo, begin: int, end: int) -> int:
    """When the clock changes that does so between two moments."""
    ahead = _ahead(place, begin)
    moments = range(begin + 1, end + 1)
    return moments[bisect_left(moments, True, key=lambda at: _ahead(place, at) != ahead)]


def _offset(place: ZoneInfo, moment: int) -> int:
    ahead = _ahead(place, min(max(moment, _EARLIEST), _LATEST))
    return round(ahead.total_seconds()) if ahead else 0


def _ahead(place: ZoneInfo, moment: int) -> timedelta | None:
    return in_utc(moment).astimezone(place).utcoffset()
