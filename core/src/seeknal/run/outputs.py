"""The current outputs of an environment while a run replaces them one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seeknal.plan.views import is_view, output_now, with_views
from seeknal.rows.scans import columns_of, refuse_equal_names
from seeknal.run.provenance import in_own_layer
from seeknal.sql.quote import quote_name
from seeknal.values.errors import NodeError
from seeknal.values.relations import Relation
from seeknal.values.snapshot import View

if TYPE_CHECKING:
    import duckdb

    from seeknal.run.engine import Engine
    from seeknal.state.artifacts import Artifacts
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Snapshot


class Outputs:
    """Finds a node's current rows, and makes its name usable in SQL.

    ``snapshots`` is the environment as this run sees it; the run puts each new one in.
    """

    def __init__(
        self, snapshots: dict[NodeId, Snapshot], engine: Engine, artifacts: Artifacts
    ) -> None:
        self.snapshots = snapshots
        self.engine = engine
        self.artifacts = artifacts

    def output_id(self, id: NodeId) -> str:
        """What names the node's content as it is read now; empty for a node without rows."""
        return output_now(self.snapshots, id)

    def inputs_of(self, node: Node) -> dict[NodeId, str]:
        """Each node that it waits for with the output that would be read now."""
        return {parent: self.output_id(parent) for parent in node.waits_for}

    def define(self, ids: Iterable[NodeId]) -> None:
        """Make these nodes readable as ``"kind"."name"``, with all that their views read."""
        for id, select in self.selects(ids).items():
            self.engine.define(id, select)

    def selects(self, ids: Iterable[NodeId]) -> dict[NodeId, str]:
        """What gives these nodes' rows, after what gives those of the views that they read."""
        found: dict[NodeId, str] = {}
        for id in with_views(self.snapshots, ids):
            snapshot = self.snapshots.get(id)
            if snapshot is not None and snapshot.artifact is not None:
                found[id] = f"FROM {self.artifacts.scan(snapshot.artifact)}"
            elif snapshot is not None and snapshot.view is not None:
                found[id] = snapshot.view.sql
        return found

    def define_view(
        self, node: Node, sql: str, run_id: str, cursor: duckdb.DuckDBPyConnection
    ) -> View:
        """Let a view be what the project's files say: from here on the environment holds that.

        ``sql`` is what DuckDB runs of it.
        """
        assert node.sql is not None
        self.define(node.parents)
        rows = cursor.sql(sql)
        # A view would give the second of two columns of one name a name of its own.
        refuse_equal_names(rows.columns)
        sql = in_own_layer(node, sql, columns_of(rows))
        self.engine.define(node.id, sql)
        return View(
            sql=sql,
            columns=columns_of(rows),
            location=node.sql.location,
            run=run_id if node.volatile else "",
        )

    def texts(self, node: Node) -> list[str]:
        """The SQL that the node runs: its own, and that of the views that it reads."""
        own = [node.sql.executable] if node.sql else []
        found = (self.snapshots.get(id) for id in with_views(self.snapshots, node.parents))
        return own + [known.view.sql for known in found if known and known.view]

    def relation(self, id: NodeId, cursor: duckdb.DuckDBPyConnection) -> Relation:
        """A node's current rows. Raises NodeError when it has none."""
        snapshot = self.snapshots.get(id)
        name = quote_name(id.kind, id.name)
        if is_view(snapshot):
            self.define([id])
            columns = columns_of(cursor.sql(f"FROM {name}"))
            return Relation(node=id, scan=name, columns=columns, rows=-1)
        if snapshot is None or snapshot.artifact is None:
            raise NodeError(f"{id} has no rows to read", code="SK0709")
        self.define([id])
        artifact = snapshot.artifact
        path = None if artifact.composed else self.artifacts.path(artifact)
        return Relation(node=id, scan=name, columns=artifact.columns, rows=artifact.rows, path=path)
