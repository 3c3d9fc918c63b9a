"""Which columns of a run's nodes no message shows a value of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.lineage.model import NodeLineage
from seeknal.lineage.private import private_of
from seeknal.values.column_lineage import QueryLineage
from seeknal.values.pii import pii_columns
from seeknal.values.snapshot import Snapshot

if TYPE_CHECKING:
    from seeknal.lineage.private import Private
    from seeknal.lineage.reader import Reader
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Fingerprint


class Hidden:
    """Tells the private columns of single nodes, by the outputs that a run has. Thread-safe.

    Nothing is traced of nodes that have nothing to do with ``pii: true``.
    """

    def __init__(
        self,
        nodes: Mapping[NodeId, Node],
        fingerprints: Mapping[NodeId, Fingerprint],
        reader: Reader,
        snapshots: Mapping[NodeId, Snapshot],
    ) -> None:
        self._nodes = nodes
        self._fingerprints = fingerprints
        self._reader = reader
        self._snapshots = snapshots
        self._known: dict[NodeId, Private] = {}
        """Of nodes that others read: what they are is settled before these begin."""
        self._told: dict[tuple[NodeId, str | None], frozenset[str]] = {}
        """What was told of a node, by the query that its function was found to make of its rows."""

    def columns(self, id: NodeId) -> frozenset[str]:
        """Names, in lower case, of the columns that are marked, and those known to be made of
        marked ones under whatever name."""
        marked = pii_columns(self._nodes, id)
        if not marked or self._nodes[id].source is not None:
            return marked
        stored = self._snapshots.get(id)
        key = id, stored.query if stored else None
        if key not in self._told:
            for above in self._above(id):
                if above not in self._known:
                    self._known[above] = self._private(self._nodes[above])
            self._told[key] = marked | self._private(self._nodes[id]).computed
        return self._told[key]

    def _above(self, id: NodeId) -> Iterator[NodeId]:
        """All that a node reads, each after what it reads itself."""
        found: dict[NodeId, None] = {}
        waiting = [*self._nodes[id].parents]
        while waiting:
            current = waiting[-1]
            left = [up for up in self._nodes[current].parents if up not in found]
            if left and current not in found:
                waiting += left
                continue
            found.setdefault(waiting.pop())
        yield from found

    def _private(self, node: Node) -> Private:
        return private_of(node, self._traced(node), self._known)

    def _traced(self, node: Node) -> NodeLineage:
        import duckdb

        id, stored = node.id, self._snapshots
        if node.source is not None:
            return NodeLineage(node=id)
        blank = Snapshot(node=id, fingerprint=self._fingerprints[id], inputs={}, output_id="")
        known = stored.get(id, blank)
        snapshot = evolve(blank, query=known.query, untraced=known.untraced)
        inputs = {up: found for up in node.parents if (found := _columns(stored.get(up)))}
        try:
            return self._reader.lineage(node, inputs, snapshot)
        except duckdb.Error as error:
            # Its columns are of types that exist only where they were made.
            return NodeLineage(node=id, query=QueryLineage(unknown=str(error)))


def _columns(snapshot: Snapshot | None) -> tuple[Column, ...]:
    return (snapshot.columns if snapshot else None) or ()
