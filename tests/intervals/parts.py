"""Ranges that were processed, and nodes and environments that are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from tests.intervals.events import Node, Row
from tests.intervals.ranges import Range, moments, numbered

ALWAYS: Range = (datetime.min, datetime.max)
Rows = tuple[Row, ...]
Read = tuple[tuple[Rows, ...], tuple[Rows, ...], Rows]


class Part(NamedTuple):
    """A range that was processed."""

    rows: Rows
    read: Read
    """What its node read for it: of tracked parents, of other ones, and of its own rows."""
    until: datetime
    """Its end, or how far it had come when it was processed before that."""
    definition: tuple[object, ...]


Parts = Mapping[Range, Part]


class Step(NamedTuple):
    """A range that is to be processed, and how far."""

    range: Range
    until: datetime
    again: bool = False
    """Whether it was asked for, or is redone: what was built of it before is not adopted again."""


class Due(NamedTuple):
    """What a run has to do with a node."""

    asked: Range | None
    """The span that the command names."""
    expected: dict[Range, datetime]
    new: set[Range]
    again: set[Range]
    """Done ranges that are redone, whatever their parents hold."""


@dataclass(frozen=True)
class Built:
    """A node as an environment has it."""

    node: Node
    parts: Parts
    first: datetime = datetime.min
    """When its first range begins."""
    follows: frozenset = frozenset()
    """The definitions whose ranges it kept."""

    @cached_property
    def rows(self) -> Rows:
        return in_order(row for part in self.parts.values() for row in part.rows)

    @cached_property
    def done(self) -> set[Range]:
        return {(start, part.until) for (start, _), part in self.parts.items()}

    @cached_property
    def moments(self) -> set[int]:
        return moments(self.done)

    def covers(self, span: Range) -> bool:
        """Whether all of a span is done that it has ranges for."""
        if not self.node.schedule:
            return True
        return all(one in self.moments for one in numbered((max(span[0], self.first), span[1])))

    def between(self, span: Range) -> Rows:
        return tuple(inside(self.rows, span)) if self.node.schedule else self.rows


@dataclass
class Environment:
    built: dict[str, Built] = field(default_factory=dict)
    pending: dict[str, frozenset[Range]] = field(default_factory=dict)
    began_with: dict[str, object] = field(default_factory=dict)
    """The definitions that it was made with."""
    promoted: set[str] = field(default_factory=set)

    def copied(self) -> Environment:
        return Environment(
            dict(self.built), dict(self.pending), dict(self.began_with), set(self.promoted)
        )


def in_order(found: Iterable[Row]) -> Rows:
    """A multiset of rows: equal ones are equal."""
    return tuple(sorted(found, key=repr))


def inside(rows: Iterable[Row], span: Range) -> Iterator[Row]:
    return (row for row in rows if row[0] is not None and span[0] <= row[0] < span[1])


def overlap(one: Range, other: Range) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def reached(node: Node, span: Range) -> Range:
    """What a range of a node reads of its parents."""
    return (span[0] - timedelta(hours=node.reach), span[1]) if node.reach else span


def has_null(table: Mapping[int, Row]) -> bool:
    return any(row[0] is None for row in table.values())


def in_batches(steps: list[Step], size: int) -> Iterator[list[Step]]:
    """Ranges that follow each other, as many as a batch may have."""
    batch: list[Step] = []
    for step in steps:
        if batch and (len(batch) == size or batch[-1].range[1] != step.range[0]):
            yield batch
            batch = []
        batch.append(step)
    if batch:
        yield batch


def computed(node: Node, start: datetime, inputs: Iterable[Rows], extra: int, before: Rows) -> Rows:
    """What a node gives for the range that begins at ``start``.

    ``extra`` is the sum of what inputs that are not tracked hold, ``before`` its own earlier rows.
    """
    rows = [row for each in inputs for row in each]
    if node.kind in ("source", "each"):
        return in_order((time, one, two * node.version + extra) for time, one, two in rows)
    one = sum(row[1] for row in rows)
    two = sum(row[2] for row in rows) * node.version + extra
    if node.kind == "running":
        two += max(before)[2] if before else 0
    return ((start, one, two),) if rows or node.kind == "running" else ()
