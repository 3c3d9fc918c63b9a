"""The lineage of a project, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.values.column_lineage import QueryLineage
from seeknal.values.columns import Column
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.values.column_lineage import ColumnLineage, ColumnRef


@frozen(kw_only=True)
class Reads:
    """What a child's result depends on of one parent.

    ``columns`` None means every column. ``rows``: the number of the parent's rows matters.
    ``ordered``: so does their order.
    """

    columns: frozenset[str] | None
    rows: bool
    ordered: bool

    @property
    def everything(self) -> bool:
        return self.columns is None


NOTHING = Reads(columns=frozenset(), rows=False, ordered=False)


@frozen(kw_only=True)
class NodeLineage:
    """One node: its columns with their types, and what they depend on.

    The relations of ``query`` are node ids. ``known``: whether ``columns`` are the node's
    columns; a node that never ran and cannot be bound has none that anybody knows.
    """

    node: NodeId
    parents: tuple[NodeId, ...] = ()
    columns: tuple[Column, ...] = ()
    known: bool = True
    query: QueryLineage = field(factory=QueryLineage)

    @property
    def unknown(self) -> str | None:
        """Why nothing is known, or None; then every column of every parent counts."""
        return self.query.unknown

    def column(self, name: str) -> ColumnLineage | None:
        """A column by its name, in whatever case."""
        wanted = name.lower()
        return next((c for c in self.query.columns if c.name.lower() == wanted), None)

    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def reads(self, parent: NodeId) -> Reads:
        """What this node's result depends on of ``parent``."""
        if parent not in self.parents:
            return NOTHING
        if self.unknown is not None:
            return Reads(columns=None, rows=True, ordered=True)
        columns = frozenset(ref.column for ref in self.query.reads if ref.relation == parent)
        read = parent in self.query.relations
        return Reads(columns=columns, rows=read, ordered=read and self.query.ordered)

    def reads_through(self, reads: Reads, parent: NodeId) -> Reads:
        """What somebody who has ``reads`` of this node depends on of its own ``parent``."""
        mine = self.reads(parent)
        if reads == NOTHING or mine == NOTHING:
            return NOTHING
        ordered = mine.ordered or reads.ordered
        if reads.columns is None or mine.columns is None:
            return evolve(mine, ordered=ordered)
        read = [c for name in reads.columns if (c := self.column(name)) is not None]
        refs = self.query.rows.union(*(column.values | column.influences for column in read))
        if reads.ordered:
            refs |= self.query.order
        columns = frozenset(ref.column for ref in refs if ref.relation == parent)
        return Reads(columns=columns, rows=mine.rows, ordered=ordered)


@frozen(kw_only=True)
class ProjectLineage:
    """Every node's lineage, in DAG order."""

    nodes: Mapping[NodeId, NodeLineage]

    def __getitem__(self, node: str) -> NodeLineage:
        return self.nodes[NodeId(node)]

    def reads(self, parent: str, child: str) -> Reads:
        """What ``child`` depends on of ``parent``, one of the nodes that it reads."""
        return self.nodes[NodeId(child)].reads(NodeId(parent))

    def upstream(self, node: str, column: str) -> tuple[ColumnRef, ...]:
        """The columns of its parents that a column depends on by value."""
        found = self[node].column(column)
        return tuple(sorted(found.values)) if found else ()
