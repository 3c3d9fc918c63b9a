"""Which nodes of a project are due by a schedule, and which go along with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.graph.dag import Edges, Graph
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.schedule import Schedule


@frozen(kw_only=True)
class Entry:
    """A node with a schedule.

    ``along`` are nodes without one that run when it does, and ``above`` those with one whose rows
    it reads, directly or by others; both in the order in which they run.
    """

    node: NodeId
    schedule: Schedule
    along: tuple[NodeId, ...] = ()
    above: tuple[NodeId, ...] = ()


def agenda_of(nodes: Mapping[NodeId, Node], graph: Graph) -> tuple[Entry, ...]:
    """The nodes that are due by a schedule of their own, in the order in which they run.

    A node without one runs along with those that it reads and those that read it, directly or by
    others without one: where the rows of its inputs are new, and where its own are needed. Of two
    nodes with schedules neither is the other's affair.
    """
    free = frozenset(id for id, node in nodes.items() if node.schedule is None)
    steps = [id for id in graph.order if nodes[id].does != "describes"]
    found = []
    for id in graph.order:
        schedule = nodes[id].schedule
        if schedule is None:
            continue
        below = _reached(graph.children, {id}, free)
        along = below | _reached(graph.parents, {id, *below}, free)
        above = graph.ancestors([id, *along]) - free - {id}
        found.append(
            Entry(
                node=id,
                schedule=schedule,
                along=tuple(other for other in steps if other in along),
                above=tuple(other for other in steps if other in above),
            )
        )
    return tuple(found)


def _reached(edges: Edges, start: set[NodeId], free: frozenset[NodeId]) -> set[NodeId]:
    """The nodes without a schedule that are reached from ``start`` by none with one."""
    found: set[NodeId] = set()
    front = [*start]
    while front:
        near = {next for id in front for next in edges[id] if next in free} - found - start
        found |= near
        front = [*near]
    return found
