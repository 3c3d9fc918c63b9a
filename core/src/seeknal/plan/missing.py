"""Inputs of which nothing is stored: a run that nobody watches makes them first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plan.views import is_view, with_views

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from seeknal.graph.dag import Graph
    from seeknal.state.artifacts import Health
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Artifact, Snapshot

KEEP_NOTHING = ("checks", "describes")
"""What nodes do of which nothing is stored that others could read."""


def with_missing_inputs(
    selected: Collection[NodeId],
    nodes: Mapping[NodeId, Node],
    graph: Graph,
    snapshots: Mapping[NodeId, Snapshot],
    health_of: Callable[[Artifact], Health],
) -> frozenset[NodeId]:
    """The selected nodes, and what they read of which no rows are stored, and so on upwards.

    Otherwise one input that was never run, or whose rows are gone, would let nothing run at all.
    """
    found, front = set(selected), [*selected]
    while front:
        for parent in graph.parents[front.pop()]:
            if parent in found or nodes[parent].does in KEEP_NOTHING:
                continue
            missing = [*lacking(parent, snapshots, health_of, found)]
            found.update(missing)
            front += missing
    return frozenset(found)


def lacking(
    id: NodeId,
    snapshots: Mapping[NodeId, Snapshot],
    health_of: Callable[[Artifact], Health],
    made: Collection[NodeId],
) -> Iterator[NodeId]:
    """The node, or what it is a view of, as far as its rows are not there.

    Without those among ``made``, which the same run makes.
    """
    for each in with_views(snapshots, [id]):
        snapshot = snapshots.get(each)
        if each in made or is_view(snapshot):
            continue
        artifact = snapshot.artifact if snapshot else None
        if artifact is None or health_of(artifact) != "ok":
            yield each
