"""The algebra of spans: each sweep over sorted ones takes as long as they are many."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seeknal.values.tracking import Spans


def merged(pairs: Iterable[tuple[int, int]]) -> Spans:
    """Every moment of ``pairs``, which can be in any order, overlap, touch or be empty."""
    return swept(sorted(pairs))


def swept(pairs: Iterable[tuple[int, int]]) -> Spans:
    """What `merged` gives, of pairs that are in order."""
    found: list[tuple[int, int]] = []
    begun = until = None
    for start, end in pairs:
        if end <= start:
            continue
        if until is None or begun is None:
            begun, until = start, end
        elif start > until:
            found.append((begun, until))
            begun, until = start, end
        elif end > until:
            until = end
    if begun is not None and until is not None:
        found.append((begun, until))
    return tuple(found)


def union(first: Spans, second: Spans) -> Spans:
    """The moments of either."""
    if not first or not second:
        return first or second
    # Sorting sees that there are two runs in order, and merges them.
    return merged(first + second)


def minus(first: Spans, second: Spans) -> Spans:
    """The moments of the first that are none of the second."""
    if not first:
        return ()
    found: list[tuple[int, int]] = []
    at = bisect_right(second, first[0][0], key=_end)
    many = len(second)
    for start, end in first:
        while at < many:
            cut, after = second[at]
            if cut >= end:
                break
            if cut > start:
                found.append((start, cut))
            # The end of a cut is no earlier than the start: those that were are passed by.
            start = max(start, after)
            if after > end:
                break
            at += 1
        if start < end:
            found.append((start, end))
    return tuple(found)


def common(first: Spans, second: Spans) -> Spans:
    """The moments of both."""
    found: list[tuple[int, int]] = []
    one = two = 0
    while one < len(first) and two < len(second):
        start = max(first[one][0], second[two][0])
        end = min(first[one][1], second[two][1])
        if start < end:
            found.append((start, end))
        if first[one][1] == end:
            one += 1
        if second[two][1] == end:
            two += 1
    return tuple(found)


def overlapping(spans: Spans, span: tuple[int, int]) -> Spans:
    """Those that share a moment with ``span``, uncut."""
    start, end = span
    if start >= end:
        return ()
    return spans[bisect_right(spans, start, key=_end) : bisect_left(spans, end, key=_start)]


def covers(spans: Spans, start: int, end: int) -> bool:
    """Whether all moments from ``start`` to before ``end`` are theirs."""
    if start >= end:
        return True
    at = bisect_right(spans, start, key=_start) - 1
    return at >= 0 and spans[at][1] >= end


def touches(spans: Spans, start: int, end: int) -> bool:
    """Whether any moment from ``start`` to before ``end`` is theirs."""
    if start >= end:
        return False
    at = bisect_right(spans, start, key=_end)
    return at < len(spans) and spans[at][0] < end


def length(spans: Spans) -> int:
    """How many seconds they take together."""
    return sum(end - start for start, end in spans)


def _start(span: tuple[int, int]) -> int:
    return span[0]


def _end(span: tuple[int, int]) -> int:
    return span[1]
