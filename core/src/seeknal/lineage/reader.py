"""What a node reads of its inputs when these have given columns."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from seeknal.lineage.binding import Binder
from seeknal.lineage.cache import LineageCache
from seeknal.lineage.model import NodeLineage
from seeknal.lineage.nodes import Known, trace_node
from seeknal.values.columns import Column
from seeknal.values.digests import digest
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.node import Node
    from seeknal.values.project import Project
    from seeknal.values.snapshot import Snapshot

Schemas = Mapping[NodeId, tuple[Column, ...]]


class Reader:
    """Traces single nodes, each over the columns that its inputs have. Thread-safe.

    What was found is kept below ``target/``; `close` writes it there.
    """

    def __init__(self, project: Project, plugins: Plugins) -> None:
        self._binder = Binder(project, plugins)
        self._target = project.target
        self._kept: LineageCache | None = None
        self._lock = threading.Lock()

    def lineage(self, node: Node, inputs: Schemas, snapshot: Snapshot) -> NodeLineage:
        """The node as it is defined, over inputs of these columns.

        ``snapshot`` is of the same definition: it tells what a Python node's query is.
        """
        known = Known(query=snapshot.query, untraced=snapshot.untraced)
        key = _key(node, inputs, snapshot, self._binder.plugins.origin("kind", node.kind))
        with self._lock:
            if self._kept is None:
                self._kept = LineageCache(self._target, "reads.json")
            found = self._kept.get(key)
            if found is None:
                parents = {
                    id: NodeLineage(node=id, columns=columns) for id, columns in inputs.items()
                }
                found = trace_node(node, parents, known, self._binder)
                self._kept.put(key, found)
        return found

    def close(self) -> None:
        self._binder.close()
        if self._kept is not None:
            self._kept.add()


def _key(node: Node, inputs: Schemas, snapshot: Snapshot, by: str) -> str:
    """All that a node's lineage is told from; ``by`` is the distribution that knows its kind."""
    parts = [
        part
        for id, columns in sorted(inputs.items())
        for part in (id, *(text for column in columns for text in (column.name, column.type)))
    ]
    if node.merges_by and node.sql is not None:
        # What is run first, and what is merged into that, are of one definition.
        parts.append(node.sql.executable)
    query = snapshot.query or snapshot.untraced or ""
    return digest(node.id, by, snapshot.fingerprint.content, query, *parts)[:32]
