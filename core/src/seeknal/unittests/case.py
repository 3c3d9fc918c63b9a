"""A unit test as its file says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from seeknal.values.location import Location
    from seeknal.values.marks import Marks
    from seeknal.values.names import NodeId
    from seeknal.values.relations import Interval

TOLERANCE = 1e-9
"""By how much floats may differ, as a part of the larger, where a test does not say it."""

Cell = Any
"""A value of a row: a `Plain`, text that stands in quotes, None, or a list or mapping of those."""


@frozen(kw_only=True)
class Rows:
    """Rows as they are written, and where their values stand: ``marks.value(number, column)``."""

    rows: tuple[Mapping[str, Cell], ...] = ()
    marks: Marks = field(eq=False, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that they name, in the order of the first naming."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))


@frozen(kw_only=True)
class Given:
    """Rows of an input, and the types of those columns of which the test says them.

    ``columns`` None: it does not say which columns there are.
    """

    node: NodeId
    columns: Mapping[str, str | None] | None
    rows: Rows
    marks: Marks = field(eq=False, repr=False)


@frozen(kw_only=True)
class Expected:
    """What is to come out.

    ``columns`` are all of them in their order, with the types that are compared. ``rows`` None:
    they are not looked at.
    """

    columns: Mapping[str, str | None] | None = None
    row_count: int | None = None
    ordered: bool = False
    partial: bool = False
    tolerance: float = TOLERANCE
    rows: Rows | None = None
    marks: Marks = field(eq=False, repr=False)


@frozen(kw_only=True)
class Case:
    """One test of a node.

    ``earlier`` are the rows that the node has so far. ``expected`` None: only ``ctes`` are looked
    at. ``query`` is how a metric is asked.
    """

    node: NodeId
    name: str
    file: str
    location: Location
    description: str | None = None
    frozen: datetime | None = None
    interval: Interval | None = None
    inputs: Mapping[NodeId, Given] = field(factory=dict)
    earlier: Given | None = None
    expected: Expected | None = None
    ctes: Mapping[str, Expected] = field(factory=dict)
    query: Mapping[str, Any] | None = None
    marks: Marks = field(eq=False, repr=False)

    @property
    def id(self) -> str:
        """What tells it from all others: ``tests/orders.yml::keeps_adults``."""
        return f"{self.file}::{self.name}"

    @property
    def expectations(self) -> Mapping[str | None, Expected]:
        """What is to come out of the node, called None, and of its CTEs."""
        found: dict[str | None, Expected] = {}
        if self.expected is not None:
            found[None] = self.expected
        found.update(self.ctes)
        return found
