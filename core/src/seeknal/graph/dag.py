"""Nodes in the order in which they can run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.values.errors import ProjectError
from seeknal.values.names import NodeId
from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from seeknal.values.location import Location
    from seeknal.values.node import Node

Edges = Mapping[NodeId, tuple[NodeId, ...]]


@frozen
class Graph:
    """Who reads whom. ``order`` has parents before children and is always the same."""

    order: tuple[NodeId, ...]
    parents: Edges
    children: Edges

    def ancestors(
        self,
        start: Iterable[NodeId],
        depth: int | None = None,
        through: Collection[NodeId] | None = None,
    ) -> set[NodeId]:
        """All nodes that ``start`` reads, directly or not; without ``start`` itself.

        ``depth`` limits the steps: 1 is the parents. ``through``: only nodes among these are
        found, and gone on from.
        """
        return _reach(self.parents, start, depth, through)

    def descendants(
        self,
        start: Iterable[NodeId],
        depth: int | None = None,
        through: Collection[NodeId] | None = None,
    ) -> set[NodeId]:
        """All nodes that read ``start``, directly or not; without ``start`` itself."""
        return _reach(self.children, start, depth, through)


def build_graph(nodes: Mapping[NodeId, Node]) -> Graph:
    """The graph of ``nodes``. Raises ProjectError with every unknown input, or with the cycles."""
    problems = list(_unresolved(nodes))
    if problems:
        raise ProjectError(problems)
    parents = {id: node.waits_for for id, node in nodes.items()}
    children = _reversed(parents)
    order = _order(parents, children)
    if len(order) < len(nodes):
        placed = set(order)
        stuck = {id: parents[id] for id in nodes if id not in placed}
        raise ProjectError([_cycle_problem(cycle, nodes) for cycle in _cycles(stuck)])
    return Graph(tuple(order), parents, {id: tuple(found) for id, found in children.items()})


def graph_of(parents: Mapping[NodeId, Iterable[NodeId]]) -> Graph | None:
    """The graph in which each node waits for its ``parents``; None when some wait in a circle."""
    kept = {
        id: tuple(dict.fromkeys(parent for parent in found if parent in parents))
        for id, found in parents.items()
    }
    children = _reversed(kept)
    order = _order(kept, children)
    if len(order) < len(kept):
        return None
    return Graph(tuple(order), kept, {id: tuple(found) for id, found in children.items()})


def in_no_circle(parents: Mapping[NodeId, Iterable[NodeId]]) -> set[NodeId]:
    """The nodes that neither stand in a circle nor wait for one that does."""
    kept = {
        id: tuple({parent for parent in found if parent in parents})
        for id, found in parents.items()
    }
    return set(_order(kept, _reversed(kept)))


def _unresolved(nodes: Mapping[NodeId, Node]) -> Iterable[Problem]:
    for id, node in nodes.items():
        for entry in node.inputs:
            if entry.ref not in nodes:
                yield _unknown(entry.ref, entry.location or node.location, id, nodes)


def _unknown(
    ref: NodeId, location: Location, node: NodeId, nodes: Mapping[NodeId, Node]
) -> Problem:
    from seeknal.sql.names import suggestions

    return Problem(
        code="SK0310",
        message=f"{node} reads {ref}, and no node has that name",
        location=location,
        help=suggestions(ref, nodes.keys()) or "declare it, or remove it from inputs",
        node=node,
    )


def _reversed(parents: Edges) -> dict[NodeId, list[NodeId]]:
    children: dict[NodeId, list[NodeId]] = {id: [] for id in parents}
    for id in sorted(parents):
        for parent in parents[id]:
            children[parent].append(id)
    return children


def _order(parents: Edges, children: Mapping[NodeId, Sequence[NodeId]]) -> list[NodeId]:
    """Kahn's algorithm; of the nodes that could come next, the first by name does."""
    waiting = {id: len(found) for id, found in parents.items()}
    ready = [id for id, count in waiting.items() if count == 0]
    heapify(ready)
    order = []
    while ready:
        id = heappop(ready)
        order.append(id)
        for child in children[id]:
            waiting[child] -= 1
            if waiting[child] == 0:
                heappush(ready, child)
    return order


def _cycles(stuck: Edges) -> list[list[NodeId]]:
    """The cycles that keep ``stuck`` nodes waiting, as paths that end where they begin.

    Each node is in one of them at most: breaking these and asking again finds the others.
    """
    found: list[list[NodeId]] = []
    settled: set[NodeId] = set()
    for start in sorted(stuck):
        path: dict[NodeId, int] = {}
        node = start
        while node not in settled and node not in path:
            path[node] = len(path)
            node = _next_stuck(stuck, node)
        if node in path:
            found.append(_readable(list(path)[path[node] :]))
        settled.update(path)
    return found


def _next_stuck(stuck: Edges, node: NodeId) -> NodeId:
    # A node waits for at least one that waits itself, so the walk cannot end.
    return min(parent for parent in stuck[node] if parent in stuck)


def _readable(cycle: list[NodeId]) -> list[NodeId]:
    """The cycle in the direction of the data, from its first name and back to it."""
    forward = cycle[::-1]
    first = forward.index(min(forward))
    turned = forward[first:] + forward[:first]
    return [*turned, turned[0]]


def _cycle_problem(cycle: list[NodeId], nodes: Mapping[NodeId, Node]) -> Problem:
    node = nodes[cycle[0]]
    reads = cycle[-2]
    entry = next((entry for entry in node.inputs if entry.ref == reads), None)
    words = f"{node.id} reads itself" if reads == node.id else "nodes read each other in a circle"
    asked = next(filter(None, map(_audit_between, cycle, cycle[1:], [nodes] * len(cycle))), None)
    if reads == node.id and node.merges_by:
        asked = "{{ this }} is what it has so far, in {% if is_incremental() %} ... {% endif %}"
    path = cycle if len(cycle) <= 12 else [*cycle[:6], "...", *cycle[-5:]]
    return Problem(
        code="SK0320",
        message=f"{words}: {' -> '.join(path)}",
        location=(entry.location if entry else None) or node.location,
        help=asked or "remove one of these inputs",
        node=node.id,
    )


def _audit_between(read: NodeId, reader: NodeId, nodes: Mapping[NodeId, Node]) -> str | None:
    """How to write an audit that makes its node wait for one that is built from it."""
    node = nodes[reader]
    places = {entry.location for entry in node.inputs if entry.ref == read}
    audit = next((entry for entry in node.audits if entry.location in places), None)
    if audit is None:
        return None
    return (
        f"the {audit.type} audit of {reader} reads {read}, which is built from it: put it on "
        f"{read}, as a custom_sql that selects failing rows FROM ref('{reader}') against __THIS__"
    )


def _reach(
    edges: Edges,
    start: Iterable[NodeId],
    depth: int | None,
    through: Collection[NodeId] | None,
) -> set[NodeId]:
    origin = set(start)
    seen = set(origin)
    front = list(origin)
    while front and (depth is None or depth > 0):
        front = [
            near
            for id in front
            for near in edges.get(id, ())
            if through is None or near in through
            if near not in seen and not seen.add(near)  # type: ignore[func-returns-value]
        ]
        depth = None if depth is None else depth - 1
    return seen - origin
