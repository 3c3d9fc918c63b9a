"""Which spans of a node were read again, so that what was built of them before is not used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.intervals.spans import merged, minus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seeknal.values.tracking import Spans

Renewals = tuple[tuple[int, int, int], ...]
"""Spans, none of which overlaps another, each with the number of its newest reading."""
MOST = 200


def renewed(known: Renewals, spans: Spans, number: int) -> Renewals:
    """The renewals with these spans read once more, as the reading of a number."""
    kept = [
        (*piece, before) for start, end, before in known for piece in minus(((start, end),), spans)
    ]
    found = sorted([*kept, *((start, end, number) for start, end in spans)])
    return _bounded(found)


def newest(known: Iterable[tuple[int, int, int]]) -> int:
    """The number of the newest reading of any span."""
    return max((number for _, _, number in known), default=0)


def outdated(known: Renewals, number: int) -> Spans:
    """The spans of which a reading of ``number`` is not the newest."""
    return merged((start, end) for start, end, newer in known if newer > number)


def _bounded(found: list[tuple[int, int, int]]) -> Renewals:
    """As many spans as are worth keeping: neighbours become one, as if all of it was read again."""
    while len(found) > MOST:
        pairs = zip(found[::2], found[1::2], strict=False)
        joined = [(a[0], b[1], max(a[2], b[2])) for a, b in pairs]
        found = [*joined, *found[2 * (len(found) // 2) :]]
    return tuple(found)
