"""What a project is, and what happens to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from tests.intervals.ranges import Unit, unit_of

Row = tuple[datetime | None, int, int]
"""A moment, then two numbers: all nodes have these columns."""

KINDS = ("source", "each", "sum", "rolling", "running", "total")


class Node(NamedTuple):
    """A node; ``MEANING.md`` says what each kind computes."""

    name: str
    kind: str = "each"
    parents: tuple[str, ...] = ()
    schedule: str = ""
    """Empty: the node is not tracked."""
    zone: str = "UTC"
    start: str = ""
    lookback: int = 0
    batch: int = 30
    partial: bool = False
    restate: bool = True
    version: int = 1
    """Stands for its SQL: what it computes is multiplied by this."""
    reach: int = 0
    """How many hours before a range it reads of its parents as well."""

    @property
    def unit(self) -> Unit:
        return unit_of(self.schedule)

    @property
    def definition(self) -> tuple[object, ...]:
        """What its rows depend on besides those of its parents."""
        unit = self.unit if self.schedule else None
        return (self.name, self.kind, self.parents, unit, self.zone, self.version, self.reach)


class Clock(NamedTuple):
    """It becomes a moment, which may be an earlier one."""

    to: datetime


class Arrive(NamedTuple):
    """A source's table gets rows; one with a number that is there replaces that one."""

    source: str
    rows: tuple[Row, ...]


class Remove(NamedTuple):
    """A source's table loses the rows of these numbers."""

    source: str
    numbers: tuple[int, ...]


class Run(NamedTuple):
    """``seeknal run --env --start --end --select --forward-only``, with ``--unpin`` where needed.

    ``fails`` and ``killed``: the node, and a moment; the batch that holds it raises, or is the one
    during which the process is killed.
    """

    env: str = "prod"
    start: str | None = None
    end: str | None = None
    select: str | None = None
    forward: str | None = None
    fails: tuple[str, datetime] | None = None
    killed: tuple[str, datetime] | None = None


class Invalidate(NamedTuple):
    """``seeknal invalidate NODE --start --end [--downstream] --env``."""

    node: str
    start: str
    end: str | None = None
    downstream: bool = False
    env: str = "prod"


class Edit(NamedTuple):
    """A key of a node changes in the files."""

    node: str
    key: str
    value: object


class Create(NamedTuple):
    """``seeknal env create ENV``; nothing when it is there."""

    env: str


class Promote(NamedTuple):
    """``seeknal promote ENV prod --force``."""

    env: str


class Rollback(NamedTuple):
    """``seeknal rollback ENV --to``: the generation that it was at so many events ago."""

    env: str
    back: int


class Away(NamedTuple):
    """The database of production's target of a node is away, or is back."""

    node: str
    away: bool = True


Event = Clock | Arrive | Remove | Run | Invalidate | Edit | Create | Promote | Rollback | Away


class History(NamedTuple):
    """Nodes, each after its parents, when it begins, and what happens."""

    project: tuple[Node, ...]
    now: datetime
    events: Sequence[Event]
