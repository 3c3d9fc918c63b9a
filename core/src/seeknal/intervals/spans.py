"""The algebra of spans: each sweep over sorted ones takes as long as they are many."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seeknal.values.tracking import Spans

_LONG_AGO = -(1 << 62)
"""Before every moment that anybody names."""


def merged(pairs: Iterable[tuple[int, int]]) -> Spans:
    """Every moment of ``pairs``, which can be in any order, overlap, touch or be empty."""
    return swept(sorted(pairs))


def swept(pairs: Iterable[tuple[int, int]]) -> Spans:
    """What `merged` gives, of pairs that are in order."""
    found: list[tuple[int, int]] = []
    begun = until = _LONG_AGO
    for start, end in pairs:
        if start <= until:
            if end > until:
                until = end
        elif end > start:
            if begun < until:
                found.append((begun, until))
            begun, until = start, end
    if begun < until:
        found.append((begun, until))
    return tuple(found)


def union(first: Spans, second: Spans) -> Spans:
    """The moments of either."""
    if not first or not second:
        return first or second
    for one, other in ((first, second), (second, first)):
        if len(one) == 1 and one[0][0] <= other[0][0] and other[-1][1] <= one[0][1]:
            return one
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
    if len(second) == 1:
        return _cut(first, second[0])
    if len(first) == 1:
        return _cut(second, first[0])
    found: list[tuple[int, int]] = []
    one = two = 0
    while one < len(first) and two < len(second):
        (start, end), (begin, until) = first[one], second[two]
        if end <= until:
            one += 1
        if until <= end:
            two += 1
            end = until
        if begin > start:
            start = begin
        if start < end:
            found.append((start, end))
    return tuple(found)


def _cut(spans: Spans, span: tuple[int, int]) -> Spans:
    """The moments of spans that are those of one."""
    found, (start, end) = overlapping(spans, span), span
    if not found or (start <= found[0][0] and found[-1][1] <= end):
        return found
    head, *rest = found
    *rest, tail = ((max(head[0], start), head[1]), *rest)
    return (*rest, (tail[0], min(tail[1], end)))


def overlapping(spans: Spans, span: tuple[int, int]) -> Spans:
    """Those that share a moment with ``span``, uncut."""
    start, end = span
    if start >= end:
        return ()
    return spans[bisect_right(spans, start, key=_end) : bisect_left(spans, end, key=_start)]


def touches(spans: Spans, start: int, end: int) -> bool:
    """Whether any moment from ``start`` to before ``end`` is theirs."""
    if start >= end:
        return False
    at = bisect_right(spans, start, key=_end)
    return at < len(spans) and spans[at][0] < end


def _start(span: tuple[int, int]) -> int:
    return span[0]


def _end(span: tuple[int, int]) -> int:
    return span[1]
