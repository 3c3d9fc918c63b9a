"""The ways that columns take through a project: where one comes from and what one reaches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from seeknal.values.column_lineage import ColumnRef
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph
    from seeknal.lineage.model import NodeLineage, ProjectLineage

How = Literal["value", "influence"]


@frozen(kw_only=True)
class Step:
    """One step of a column's way. ``rows``: it decides which rows there are, for all columns.

    The column ``*`` stands for the node as a whole, with ``any``: for each of its columns.
    """

    ref: ColumnRef
    how: How
    rows: bool = False
    any: bool = False


@frozen(kw_only=True)
class Affected:
    """What a change does to one node: its columns by value, and by influence only.

    ``rows``: other rows may be there. ``unknown``: why the node's dependencies are not known,
    so that everything counts.
    """

    node: NodeId
    value: tuple[str, ...] = ()
    influence: tuple[str, ...] = ()
    rows: bool = False
    unknown: str | None = None

    @property
    def everything(self) -> frozenset[str]:
        return frozenset((*self.value, *self.influence))


def sources_of(lineage: ProjectLineage, ref: ColumnRef) -> list[Step]:
    """One step up from a column: its values, then what decides it, then what decides its rows.

    Where nothing is known, any column of any input may be among them.
    """
    node = lineage[ref.relation]
    if node.unknown is not None or ref.column == "*":
        parents = sorted(map(str, node.parents))
        return [Step(ref=ColumnRef(id, "*"), how="value", any=True) for id in parents]
    column = node.column(ref.column)
    values = column.values if column else frozenset()
    influences = column.influences - values if column else frozenset()
    rows = node.query.rows - values - influences
    return [
        *(Step(ref=each, how="value") for each in sorted(values)),
        *(Step(ref=each, how="influence") for each in sorted(influences)),
        *(Step(ref=each, how="influence", rows=True) for each in sorted(rows)),
    ]


def readers_of(lineage: ProjectLineage, graph: Graph, ref: ColumnRef) -> list[Step]:
    """One step down from a column: the columns of other nodes that depend on it directly."""
    steps = []
    for child in graph.children[NodeId(ref.relation)]:
        steps += _uses(lineage.nodes[child], ref)
    return steps


def _uses(node: NodeLineage, ref: ColumnRef) -> list[Step]:
    if node.unknown is not None:
        return [Step(ref=ColumnRef(str(node.node), "*"), how="value")]
    steps = []
    for column in node.query.columns:
        mine = ColumnRef(str(node.node), column.name)
        if ref in column.values:
            steps.append(Step(ref=mine, how="value"))
        elif ref in column.influences:
            steps.append(Step(ref=mine, how="influence"))
    if ref in node.query.rows:
        steps.append(Step(ref=ColumnRef(str(node.node), "*"), how="influence", rows=True))
    return steps


def affected(
    lineage: ProjectLineage, graph: Graph, node: NodeId, column: str | None
) -> list[Affected]:
    """What a change of a column, or of a whole node, reaches downstream, in DAG order.

    Without a column every column and the rows of ``node`` may change. A column whose rows
    change is influenced; a node whose dependencies are unknown is affected as a whole.
    """
    start = Affected(
        node=node,
        value=lineage.nodes[node].names() if column is None else (column,),
        rows=column is None,
    )
    found = {node: start}
    downstream = graph.descendants([node])
    for id in graph.order:
        if id not in downstream:
            continue
        touched = [found[parent] for parent in graph.parents[id] if parent in found]
        reached = _reached(lineage.nodes[id], touched)
        if reached is not None:
            found[id] = reached
    return [entry for id, entry in found.items() if id != node]


def _reached(node: NodeLineage, parents: Iterable[Affected]) -> Affected | None:
    parents = list(parents)
    if not parents:
        return None
    if node.unknown is not None or any(parent.unknown is not None for parent in parents):
        why = node.unknown or next(parent.unknown for parent in parents if parent.unknown)
        return Affected(node=node.node, influence=node.names(), rows=True, unknown=why)
    by_value = {ColumnRef(str(p.node), name) for p in parents for name in p.value}
    touched = {ColumnRef(str(p.node), name) for p in parents for name in p.everything}
    rows = bool(node.query.rows & touched) or any(
        parent.rows and str(parent.node) in node.query.relations for parent in parents
    )
    ordered = bool(node.query.order & touched)
    value = [c.name for c in node.query.columns if c.values & by_value]
    influence = [
        c.name
        for c in node.query.columns
        if c.name not in value and (rows or (c.values | c.influences) & touched)
    ]
    if not (value or influence or rows or ordered):
        return None
    return Affected(node=node.node, value=tuple(value), influence=tuple(influence), rows=rows)
