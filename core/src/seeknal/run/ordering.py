"""Whether the order of a node's rows shows anywhere."""

from __future__ import annotations

from collections.abc import Mapping

from seeknal.lineage.reader import Reader
from seeknal.values.model import Column, Node, NodeId, Snapshot


class Orders:
    """Says of a node whether its order shows: in what is delivered, or in what its readers,
    and theirs, make of it."""

    def __init__(self, nodes: Mapping[NodeId, Node], reader: Reader) -> None:
        self._nodes = nodes
        self._reader = reader
        self._children: dict[NodeId, list[NodeId]] = {}
        for id, node in nodes.items():
            for parent in node.parents:
                self._children.setdefault(parent, []).append(id)

    def show(self, id: NodeId, current: Mapping[NodeId, Snapshot]) -> bool:
        """Whether somebody may see in which order the node's rows stand."""
        seen: set[NodeId] = set()
        waiting = [id]
        while waiting:
            found = waiting.pop()
            if self._nodes[found].targets:
                return True
            for child in self._children.get(found, ()):
                kept = self._kept_by(child, found, current)
                if kept is None:
                    return True
                if kept and child not in seen:
                    seen.add(child)
                    waiting.append(child)
        return False

    def _kept_by(
        self, child: NodeId, parent: NodeId, current: Mapping[NodeId, Snapshot]
    ) -> bool | None:
        """Whether a reader's rows stand in the order of its input's; None where it shows it."""
        node, snapshot = self._nodes[child], current.get(child)
        columns = {id: _columns(current.get(id)) for id in node.parents}
        inputs = {id: found for id, found in columns.items() if found is not None}
        if snapshot is None or len(inputs) < len(columns):
            return None
        lineage = self._reader.lineage(node, inputs, snapshot)
        reads = lineage.reads(parent)
        if reads.ordered:
            return None
        return reads.rows and not lineage.query.settled


def _columns(snapshot: Snapshot | None) -> tuple[Column, ...] | None:
    if snapshot is None:
        return None
    if snapshot.artifact is not None:
        return snapshot.artifact.columns
    # What has no rows, such as a rule, has no columns either.
    return snapshot.view.columns if snapshot.view is not None else ()
