"""Putting on record what targets are owed of outputs that a map is about to be moved to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from attrs import evolve

from seeknal.plan.plugin_queries import label_of
from seeknal.run.content import Contents
from seeknal.run.delivery.owing import Output, plan_deliveries
from seeknal.state.batch_files import BatchFiles
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    import duckdb

    from seeknal.plan.session import Request
    from seeknal.run.execution import Execution
    from seeknal.values.snapshot import Artifact, Snapshot
    from seeknal.values.targets import Target


class Batching:
    """Hands stored outputs to their nodes' targets; opens DuckDB only where rows are compared."""

    def __init__(self, execution: Execution, request: Request) -> None:
        self._execution = execution
        self._request = request
        self._files = BatchFiles(execution.project.root, execution.artifacts)
        self._contents = Contents(execution.project.target)
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def mark_owed(self, snapshot: Snapshot) -> Snapshot:
        """``snapshot`` with the batches that targets are owed of it."""
        node = self._execution.project.nodes.get(snapshot.node)
        if node is None or snapshot.failing:
            return snapshot
        loaded = self._execution.loaded
        targets = tuple(
            evolve(target, label=label_of(loaded, self._request, node, target))
            for target in node.targets
        )
        found = plan_deliveries(
            Output(
                node=evolve(node, targets=targets),
                snapshot=snapshot,
                run_id=self._execution.run_id,
                keep=lambda target: self._keep(snapshot, target),
                same=lambda one, other: self._contents.same_rows(one, other, self._cursor),
                environment=self._request.environment,
                batches_only=True,
            )
        )
        renamed = self._execution.artifacts.renamed
        return evolve(found, artifact=found.artifact and renamed(found.artifact))

    def _keep(self, snapshot: Snapshot, target: Target) -> Artifact:
        assert snapshot.artifact is not None
        return self._files.keep(NodeId(snapshot.node), snapshot.artifact)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            import duckdb

            self._connection = duckdb.connect()
        return self._connection
