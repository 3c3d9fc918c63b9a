"""A step's own names for its inputs, of which tracked ones are cut to a span of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from seeknal.plan.views import is_view
from seeknal.sql.quote import quote_identifier, quote_name
from seeknal.values.errors import NodeError
from seeknal.values.relations import Relation

if TYPE_CHECKING:
    import duckdb

    from seeknal.run.outputs import Outputs
    from seeknal.state.artifacts import Artifacts
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Artifact, Snapshot, View

_NUMBERS = count(1)
_MAIN = "memory"
"""What DuckDB calls the database that the run's own views are in."""


class Bench:
    """What `Outputs` is to other steps, for a cursor that has a database of its own.

    ``spans`` are the inputs that are cut, by what of them is seen; ``own`` is what the node itself
    has, where it reads that.
    """

    def __init__(
        self,
        outputs: Outputs | Bench,
        cursor: duckdb.DuckDBPyConnection,
        spans: Mapping[NodeId, tuple[int, int]],
        own: tuple[NodeId, Artifact] | None = None,
    ) -> None:
        self._outputs = outputs
        self.artifacts: Artifacts = outputs.artifacts
        self._cursor = cursor
        self._spans = spans
        self._own = own
        self._database = f"seeknal_step_{next(_NUMBERS)}"
        self._known: set[NodeId] = set()
        self._schemas: set[str] = set()

    @contextmanager
    def laid_out(self) -> Iterator[Bench]:
        """Let the cursor see these names instead of the run's during the block."""
        name = quote_identifier(self._database)
        self._cursor.execute(f"ATTACH ':memory:' AS {name}")
        self._cursor.execute(f"USE {name}")
        try:
            yield self
        finally:
            self._cursor.execute(f"USE {_MAIN}")
            self._cursor.execute(f"DETACH {name}")

    @property
    def snapshots(self) -> dict[NodeId, Snapshot]:
        return self._outputs.snapshots

    def output_id(self, id: NodeId) -> str:
        """What names the whole of a node's content."""
        return self._outputs.output_id(id)

    def inputs_of(self, node: Node) -> dict[NodeId, str]:
        """Each node that it waits for with the output that would be read now."""
        return self._outputs.inputs_of(node)

    def define(self, ids: Iterable[NodeId]) -> None:
        """Make these nodes readable as ``"kind"."name"`` on the cursor."""
        wanted = [*ids, *([self._own[0]] if self._own else [])]
        for id in wanted:
            if id in self._known:
                continue
            self._known.add(id)
            select = self._select(id)
            if select is not None:
                self._define(id, select)

    def selects(self, ids: Iterable[NodeId]) -> dict[NodeId, str]:
        """What gives these nodes' rows, after what gives those of the views that they read."""
        wanted = list(ids)
        found = self._outputs.selects(wanted)
        for id in wanted:
            if (cut := self._cut(id)) is not None:
                found[id] = cut
        return found

    def texts(self, node: Node) -> list[str]:
        """The SQL that the node runs: its own, and that of the views that it reads."""
        return self._outputs.texts(node)

    def define_view(
        self, node: Node, sql: str, run_id: str, cursor: duckdb.DuckDBPyConnection
    ) -> View:
        """A view keeps no ranges."""
        raise NodeError(f"{node.id} is a view and cannot be tracked", code="SK0710")

    def relation(self, id: NodeId, cursor: duckdb.DuckDBPyConnection) -> Relation:
        """A node's rows as the step sees them. Raises NodeError when it has none."""
        if self._cut(id) is None:
            found = self._outputs.relation(id, cursor)
            self.define([id])
            return found
        self.define([id])
        artifact = self._artifact(id)
        assert artifact is not None
        name = quote_name(id.kind, id.name)
        return Relation(node=id, scan=name, columns=artifact.columns, rows=-1)

    def _artifact(self, id: NodeId) -> Artifact | None:
        if self._own is not None and id == self._own[0]:
            return self._own[1]
        snapshot = self.snapshots.get(id)
        return snapshot.artifact if snapshot is not None else None

    def _cut(self, id: NodeId) -> str | None:
        """What gives the rows of an input that is cut."""
        artifact = self._artifact(id)
        if id not in self._spans or artifact is None:
            return None
        start, end = self._spans[id]
        return f"FROM {self.artifacts.scan_between(artifact, start, end)}"

    def _select(self, id: NodeId) -> str | None:
        if (cut := self._cut(id)) is not None:
            return cut
        snapshot = self.snapshots.get(id)
        if snapshot is None or (snapshot.artifact is None and not is_view(snapshot)):
            return None
        # Views are bound where they are defined: there they see whole inputs.
        self._outputs.define([id])
        return f"FROM {quote_name(_MAIN, id.kind, id.name)}"

    def _define(self, id: NodeId, select: str) -> None:
        if id.kind not in self._schemas:
            self._cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(id.kind)}")
            self._schemas.add(id.kind)
        name = quote_name(id.kind, id.name)
        self._cursor.execute(f"CREATE OR REPLACE VIEW {name} AS {select}")
