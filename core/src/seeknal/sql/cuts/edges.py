"""Ends of what a query lets through of an input, counted from the ends of the range.

Two ends that are counted from different ends of the range cannot always be told apart, for ranges
are not all of one length. Then the one is taken that lets more through.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from seeknal.values.tracking import Reach

_SECOND = 1_000_000


class Edge(NamedTuple):
    """Some seconds after the start of the range, or ``of_end`` after its end."""

    of_end: bool
    seconds: int


START, END = Edge(False, 0), Edge(True, 0)


def lower(of_end: bool, micros: int) -> Edge:
    """Where rows begin that are compared with a moment, in whole seconds."""
    return Edge(of_end, micros // _SECOND)


def upper(of_end: bool, micros: int, *, closed: bool) -> Edge:
    """Where rows end that are compared with a moment; ``closed``: after those of the moment."""
    return Edge(of_end, micros // _SECOND + 1 if closed else -(-micros // _SECOND))


def latest(edges: Collection[Edge]) -> Edge:
    """The lower end where all of some are to be kept."""
    start, end = _parted(edges, max)
    if start is None or end is None:
        return _only(start, end)
    return end if end.seconds >= start.seconds else start


def earliest(edges: Collection[Edge]) -> Edge:
    """The upper end where all of some are to be kept."""
    start, end = _parted(edges, min)
    if start is None or end is None:
        return _only(start, end)
    return start if start.seconds <= end.seconds else end


def lowest(edges: Collection[Edge]) -> Edge:
    """A lower end that is not after any of some."""
    start, end = _parted(edges, min)
    if start is None or end is None:
        return _only(start, end)
    return Edge(False, min(start.seconds, end.seconds))


def highest(edges: Collection[Edge]) -> Edge:
    """An upper end that is not before any of some."""
    start, end = _parted(edges, max)
    if start is None or end is None:
        return _only(start, end)
    return Edge(True, max(start.seconds, end.seconds))


def is_empty(low: Edge, high: Edge) -> bool:
    """Whether nothing lies between two ends, however long the range is."""
    return high.seconds <= low.seconds and (low.of_end or not high.of_end)


def is_before(low: Edge) -> bool:
    """Whether a lower end may lie before the range."""
    return low.seconds < 0


def is_after(high: Edge) -> bool:
    """Whether an upper end may lie after the range."""
    return high.seconds > 0


def reach_of(low: Edge, high: Edge) -> Reach:
    return Reach(
        before=-low.seconds,
        after=high.seconds,
        before_end=low.of_end,
        after_start=not high.of_end,
    )


def _parted(
    edges: Collection[Edge], choose: Callable[[Sequence[Edge]], Edge]
) -> tuple[Edge | None, Edge | None]:
    starts = [edge for edge in edges if not edge.of_end]
    ends = [edge for edge in edges if edge.of_end]
    return choose(starts) if starts else None, choose(ends) if ends else None


def _only(start: Edge | None, end: Edge | None) -> Edge:
    found = start if start is not None else end
    assert found is not None
    return found
