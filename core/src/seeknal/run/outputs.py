"""The current outputs of an environment while a run replaces them one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seeknal.errors import NodeError
from seeknal.model import Node, NodeId, Plan, Project, Relation, Snapshot
from seeknal.run.engine import Engine, stored_scan
from seeknal.scans import columns_of
from seeknal.sql.quote import quote_name

if TYPE_CHECKING:
    import duckdb

    from seeknal.state.artifacts import Artifacts


class Outputs:
    """Finds a node's current rows, and makes its name usable in SQL.

    ``snapshots`` is the environment as this run sees it; the run puts each new one in.
    """

    def __init__(
        self,
        project: Project,
        plan: Plan,
        snapshots: dict[NodeId, Snapshot],
        engine: Engine,
        artifacts: Artifacts,
    ) -> None:
        self.project = project
        self.plan = plan
        self.snapshots = snapshots
        self.engine = engine
        self.artifacts = artifacts

    def output_id(self, id: NodeId) -> str:
        """What names the node's current content; empty for a node without rows."""
        snapshot = self.snapshots.get(id)
        return snapshot.output_id if snapshot else ""

    def inputs_of(self, node: Node) -> dict[NodeId, str]:
        """Each parent with the output that would be read now."""
        return {parent: self.output_id(parent) for parent in node.parents}

    def define(self, ids: Iterable[NodeId]) -> None:
        """Make these nodes readable as ``"kind"."name"``, with the views that they read."""
        for id in self._with_views(ids):
            if id in self.plan.inlined:
                sql = self.project.nodes[id].sql
                self.engine.define(id, sql.executable if sql else "")
            elif (snapshot := self.snapshots.get(id)) and snapshot.artifact:
                path = self.artifacts.path(snapshot.artifact)
                self.engine.define(id, f"FROM {stored_scan(path, snapshot.artifact.columns)}")

    def texts(self, node: Node) -> list[str]:
        """The SQL that the node runs: its own, and that of the views that it reads."""
        views = [id for id in self._with_views(node.parents) if id in self.plan.inlined]
        nodes = [node, *(self.project.nodes[id] for id in views)]
        return [found.sql.executable for found in nodes if found.sql]

    def relation(self, id: NodeId, cursor: duckdb.DuckDBPyConnection) -> Relation:
        """A node's current rows. Raises NodeError when it has none."""
        self.define([id])
        snapshot = self.snapshots.get(id)
        name = quote_name(id.kind, id.name)
        if id in self.plan.inlined:
            columns = columns_of(cursor.sql(f"FROM {name}"))
            return Relation(node=id, scan=name, columns=columns, rows=-1)
        if snapshot is None or snapshot.artifact is None:
            raise NodeError(f"{id} has no rows to read", code="SK0709")
        artifact = snapshot.artifact
        path = self.artifacts.path(artifact)
        return Relation(node=id, scan=name, columns=artifact.columns, rows=artifact.rows, path=path)

    def _with_views(self, ids: Iterable[NodeId]) -> list[NodeId]:
        """``ids`` and the inlined views' parents below them, parents first."""
        ordered: dict[NodeId, None] = {}
        waiting = [(id, False) for id in ids]
        while waiting:
            id, expanded = waiting.pop()
            if expanded or id not in self.plan.inlined:
                ordered.setdefault(id)
                continue
            waiting.append((id, True))
            waiting += [(parent, False) for parent in self.project.nodes[id].parents]
        return list(ordered)
