"""Lineage as lines of text: one node, or one column's whole way as a tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from seeknal.lineage.paths import readers_of, sources_of

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph
    from seeknal.lineage.model import NodeLineage, ProjectLineage
    from seeknal.lineage.paths import Step
    from seeknal.values.column_lineage import ColumnRef
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node


def column_lines(lineage: ProjectLineage, graph: Graph, ref: ColumnRef) -> Iterator[str]:
    """Where a column comes from, up to the sources, and what it reaches, down to the end."""
    node = lineage[ref.relation]
    kinds = {column.name: column.type for column in node.columns}
    yield f"{_text(ref)}  {kinds.get(ref.column, '')}".rstrip()
    if node.unknown is not None:
        yield f"    unknown: {node.unknown}"
    yield ""
    yield "comes from"
    yield from _tree(ref, lambda each: sources_of(lineage, each), lineage)
    yield "reaches"
    yield from _tree(ref, lambda each: readers_of(lineage, graph, each), lineage)


def _tree(
    start: ColumnRef, steps_of: Callable[[ColumnRef], list[Step]], lineage: ProjectLineage
) -> Iterator[str]:
    """Every step from ``start`` on; a column's own steps are shown where it comes up first."""
    seen = {start}
    waiting = [(step, 1) for step in reversed(steps_of(start))]
    if not waiting:
        yield "    nothing"
    while waiting:
        step, depth = waiting.pop()
        again = step.ref in seen
        further = steps_of(step.ref) if step.any or step.ref.column != "*" else []
        note = _note(step, again and bool(further), lineage)
        yield f"{'    ' * depth}{_how(step):<9}  {_text(step.ref)}{note}"
        if not again:
            seen.add(step.ref)
            waiting += [(each, depth + 1) for each in reversed(further)]


def _how(step: Step) -> str:
    return "any column" if step.any else "rows" if step.rows else step.how


def _note(step: Step, again: bool, lineage: ProjectLineage) -> str:
    unknown = lineage[step.ref.relation].unknown
    if unknown is not None and not again:
        return f"  (unknown: {unknown})"
    return "  (see above)" if again else ""


def _text(ref: ColumnRef) -> str:
    return f"{ref.relation}.{ref.column}" if ref.column != "*" else ref.relation


def graph_lines(
    lineage: ProjectLineage,
    graph: Graph,
    chosen: Sequence[NodeId],
    nodes: Mapping[NodeId, Node] = MappingProxyType({}),
    notes: Mapping[NodeId, Sequence[str]] = MappingProxyType({}),
) -> Iterator[str]:
    """Each node with what it reads and where its columns come from, in DAG order.

    ``notes``: what is to be known of what is stored of nodes.
    """
    for id in chosen:
        yield from node_lines(lineage.nodes[id], graph.parents[id])
        if id in nodes and nodes[id].merges_by:
            yield f"    merged by {', '.join(nodes[id].merges_by)} into rows that earlier runs made"
        yield from (f"    {note}" for note in notes.get(id, ()))
        yield ""


def node_lines(node: NodeLineage, parents: Sequence[NodeId]) -> Iterator[str]:
    """One node: each column with its values, what else decides it, what decides the rows."""
    yield f"{node.node}  <- {', '.join(parents)}" if parents else str(node.node)
    if node.unknown is not None:
        yield f"    unknown: {node.unknown}"
        if parents:
            yield f"    any column of {', '.join(parents)} may matter"
        return
    width = max((len(column.name) for column in node.query.columns), default=0)
    for column in node.query.columns if parents else ():
        line = f"    {column.name:<{width}}  <- {_list(column.values) or '-'}"
        influences = _list(column.influences)
        yield f"{line}  decided by {influences}" if influences else line
    if not parents and node.columns:
        yield f"    {', '.join(node.names())}"
    if node.query.rows:
        yield f"    rows decided by {_list(node.query.rows)}"


def _list(refs: frozenset[ColumnRef]) -> str:
    return ", ".join(_text(ref) for ref in sorted(refs))
