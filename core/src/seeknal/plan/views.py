"""Views as an environment holds them: which they are, what they read, what they stand for now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from seeknal.graph.dag import graph_of
from seeknal.graph.fingerprint import derived_id
from seeknal.values.errors import SelectionError
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Snapshot

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph

Snapshots = Mapping[NodeId, Snapshot]


def is_view(snapshot: Snapshot | None) -> bool:
    """Whether the node is read through its query: it keeps no rows."""
    return snapshot is not None and snapshot.view is not None and snapshot.artifact is None


def output_now(snapshots: Snapshots, id: NodeId) -> str:
    """What names a node's content as readers see it now; empty for a node without rows.

    A view's content is what its query makes of its inputs' content, also where these have
    changed since it was defined.
    """
    return _output(snapshots, id, {}, snapshots.get(id))


def _output(
    snapshots: Snapshots, id: NodeId, known: dict[NodeId, str], snapshot: Snapshot | None
) -> str:
    if id not in known:
        # Two views that read each other, which no run leaves behind, must not be followed for ever.
        known[id] = snapshot.output_id if snapshot else ""
        if snapshot is not None and is_view(snapshot):
            inputs = {
                parent: _output(snapshots, parent, known, snapshots.get(parent))
                for parent in snapshot.inputs
            }
            known[id] = output_over(snapshot, inputs)
    return known[id]


def output_over(snapshot: Snapshot, inputs: Mapping[NodeId, str]) -> str:
    """The output id of a node that stores no rows over inputs of this content."""
    run = snapshot.view.run if snapshot.view else ""
    return derived_id(snapshot.fingerprint.content + run, inputs)


def with_views(snapshots: Snapshots, ids: Iterable[NodeId]) -> list[NodeId]:
    """``ids`` and all that is read through the views among them, parents first."""
    ordered: dict[NodeId, None] = {}
    begun: set[NodeId] = set()
    waiting = [(id, False) for id in ids]
    while waiting:
        id, expanded = waiting.pop()
        snapshot = snapshots.get(id)
        if expanded or not is_view(snapshot):
            ordered.setdefault(id)
        elif id not in begun:
            assert snapshot is not None
            begun.add(id)
            waiting.append((id, True))
            waiting += [(parent, False) for parent in snapshot.inputs]
    return list(ordered)


def as_read(graph: Graph, snapshots: Snapshots, chosen: Collection[NodeId]) -> Graph:
    """The graph of the nodes that run: each waits for what it reads, also through views.

    A view that does not run itself is read as the environment holds it, which need not be as the
    files say. Raises SelectionError where nodes would wait for each other by that.
    """
    held = {
        id: views
        for id in graph.order
        if id in chosen and (views := _held_views(id, graph, snapshots, chosen))
    }
    if not held:
        return graph
    parents = {
        id: (*graph.parents[id], *with_views(snapshots, held.get(id, ())))
        for id in graph.order
        if id in chosen
    }
    found = graph_of(parents)
    if found is None:
        names = " ".join(sorted({view for views in held.values() for view in views}))
        raise SelectionError(
            f"nodes would wait for each other: {names} is read as it was defined before",
            code="SK0750",
            help=f"select it too: --select {names}",
        )
    return found


def _held_views(
    id: NodeId, graph: Graph, snapshots: Snapshots, chosen: Collection[NodeId]
) -> list[NodeId]:
    return [
        parent
        for parent in graph.parents[id]
        if parent not in chosen and is_view(snapshots.get(parent))
    ]
