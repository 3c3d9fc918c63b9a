"""The ranges of a node: one after another, by the clock of its zone."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.intervals.clocks import clock_of
from seeknal.intervals.rulers import Even, Ruler, ruler_of
from seeknal.intervals.spans import swept
from seeknal.intervals.units import Unit, parse_unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seeknal.values.durations import Duration
    from seeknal.values.tracking import Spans


@frozen
class Calendar:
    """Ranges of a unit by the clock of a zone. Raises ValueError for a zone that is not known."""

    unit: Unit
    timezone: str = "UTC"
    _ruler: Ruler = field(init=False, eq=False, repr=False)

    @_ruler.default
    def _made(self) -> Ruler:
        return ruler_of(self.unit, clock_of(self.timezone), self.timezone == "UTC")

    def begin(self, moment: int) -> int:
        """When the range begins that holds a moment."""
        return self._ruler.start(self._ruler.number(moment))

    def end(self, moment: int) -> int:
        """When the range ends that holds a moment."""
        return self._ruler.start(self._ruler.number(moment) + 1)

    def back(self, moment: int, count: int) -> int:
        """When the range begins that is ``count`` before the one that holds a moment."""
        return self._ruler.start(self._ruler.number(moment) - count)

    def back_for(self, moment: int, duration: Duration) -> int:
        """When the range begins that holds what was a duration before the start of a moment's."""
        from seeknal.intervals.moments import before

        return self.begin(before(self.begin(moment), duration, self.timezone))

    def ranges(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The whole ranges that hold a moment from ``start`` to before ``end``."""
        if start >= end:
            return
        ruler = self._fit(start, end)
        begun = ruler.start(ruler.number(start))
        for number in range(ruler.number(start) + 1, ruler.number(end - 1) + 2):
            until = ruler.start(number)
            yield begun, until
            begun = until

    def widened(self, spans: Spans) -> Spans:
        """The whole ranges that hold a moment of ``spans``."""
        return self.before(spans, 0)

    def before(self, spans: Spans, count: int) -> Spans:
        """The whole ranges that hold a moment of ``spans``, and ``count`` before each of them."""
        if not spans:
            return ()
        ruler = self._fit(self.back(spans[0][0], count), spans[-1][1])
        if isinstance(ruler, Even):
            length, phase, more = ruler.length, ruler.phase, count * ruler.length
            return swept(
                (start - (start - phase) % length - more, end + (phase - end) % length)
                for start, end in spans
            )
        number, begin = ruler.number, ruler.start
        return swept(
            (begin(number(start) - count), begin(number(end - 1) + 1)) for start, end in spans
        )

    def within(self, spans: Spans) -> Spans:
        """The whole ranges all of whose moments are those of ``spans``."""
        if not spans:
            return ()
        ruler = self._fit(spans[0][0], spans[-1][1])
        number, begin = ruler.number, ruler.start
        return swept((begin(number(start - 1) + 1), begin(number(end))) for start, end in spans)

    def count(self, spans: Spans) -> int:
        """How many ranges there are in spans of whole ones."""
        if not spans:
            return 0
        number = self._fit(spans[0][0], spans[-1][1]).number
        return sum(number(end - 1) - number(start) + 1 for start, end in spans)

    def _fit(self, first: int, last: int) -> Ruler:
        return self._ruler.even(first, last) or self._ruler


@cache
def calendar_of(unit: str, timezone: str) -> Calendar:
    """The calendar of a unit as text, such as ``6 hours``."""
    return Calendar(parse_unit(unit), timezone)
