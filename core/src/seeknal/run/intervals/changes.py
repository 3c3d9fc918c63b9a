"""In which spans of time two outputs of a tracked node may hold other rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.intervals.holding import done_of
from seeknal.intervals.spans import swept, touches, union

if TYPE_CHECKING:
    from seeknal.values.columns import Column
    from seeknal.values.snapshot import Artifact, Part
    from seeknal.values.tracking import Spans


_MODULUS = 2**64
"""Sums of hashes are kept without what goes beyond 64 bits."""


def changed_spans(before: Artifact | None, now: Artifact, *, ordered: bool = False) -> Spans:
    """The moments of which one output has other rows than the other, or only one has any part.

    Told by what is known of the parts, without a look into them: it may give more than that,
    never less. ``ordered``: the same rows in another order are other rows.
    """
    if before is None:
        return spans_of(now)
    if not _comparable(before, now):
        return union(spans_of(before), spans_of(now))
    blocks = (block.changed(ordered=ordered) for block in _blocks(before, now))
    return swept(span for changed in blocks for span in changed)


def spans_of(artifact: Artifact) -> Spans:
    """The moments of which an output has parts, those without rows among them."""
    return done_of(artifact.parts)


def _comparable(one: Artifact, other: Artifact) -> bool:
    """Whether equal files are equal rows of equal moments in both."""
    return (one.time_column, one.timezone, one.columns) == (
        *(other.time_column, other.timezone, other.columns),
    )


@frozen(kw_only=True)
class _Block:
    """Parts of both outputs from one moment to another at which no part of either goes on."""

    columns: tuple[Column, ...]
    before: list[Part] = field(factory=list)
    now: list[Part] = field(factory=list)

    def changed(self, *, ordered: bool) -> Spans:
        """The moments at which the parts differ; none where their rows are the same as a whole."""
        parts = (*self.before, *self.now)
        spans = [span for part in parts for span in ((part.start, part.end), *part.gaps)]
        ends = sorted({moment for span in spans for moment in span})
        one, other = _Files(self.before, self.columns), _Files(self.now, self.columns)
        found = swept(span for span in pairwise(ends) if one.at(span[0]) != other.at(span[0]))
        return () if found and not ordered and self._same_rows() else found

    def _same_rows(self) -> bool:
        one, other = (_Sums.of(parts, self.columns) for parts in (self.before, self.now))
        return one is not None and one == other


@frozen(kw_only=True)
class _Sums:
    """What adds up over parts: where it is equal, their rows are."""

    spans: Spans
    rows: int
    digest: tuple[int, int]

    @classmethod
    def of(cls, parts: Sequence[Part], columns: tuple[Column, ...]) -> _Sums | None:
        """None where it is not known of a part with rows, in the columns of its output."""
        digests = [part.digest if part.path else (0, 0) for part in parts]
        known = [digest for digest in digests if digest is not None]
        if len(known) < len(digests) or any(part.columns not in ((), columns) for part in parts):
            return None
        return cls(
            spans=done_of(parts),
            rows=sum(part.rows for part in parts),
            digest=(
                sum(one for one, _ in known) % _MODULUS,
                sum(two for _, two in known) % _MODULUS,
            ),
        )


def _blocks(before: Artifact, now: Artifact) -> Iterator[_Block]:
    """The blocks, each as small as can be."""
    sides = [(part, False) for part in before.parts] + [(part, True) for part in now.parts]
    sides.sort(key=lambda side: side[0].start)
    block, until = _Block(columns=now.columns), None
    for part, is_now in sides:
        if until is not None and part.start >= until:
            yield block
            block, until = _Block(columns=now.columns), None
        (block.now if is_now else block.before).append(part)
        until = part.end if until is None else max(until, part.end)
    if until is not None:
        yield block


class _Files:
    """Finds the file of one moment after the other, among parts in the order of their time."""

    def __init__(self, parts: Sequence[Part], columns: tuple[Column, ...]) -> None:
        self._parts = iter(parts)
        self._columns = columns
        self._part = next(self._parts, None)

    def at(self, moment: int) -> tuple[str, tuple[Column, ...]] | None:
        """What vouches for the rows of a moment that is no earlier than the last; None: no part.

        Rows of one file are told apart by their time, so that it is the same in a part of them.
        """
        while self._part is not None and self._part.end <= moment:
            self._part = next(self._parts, None)
        part = self._part
        if part is None or part.start > moment or touches(part.gaps, moment, moment + 1):
            return None
        return (part.sha256, part.columns or self._columns) if part.path else ("", ())
