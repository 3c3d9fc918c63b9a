"""What runs have stored, as plugins read it: all of one generation that is complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plan.environments import existing
from seeknal.plan.unstored import unstored
from seeknal.project.rowless import read_instead
from seeknal.query.database import Views, connected, lock
from seeknal.query.diff import side_of
from seeknal.rows.scans import columns_of
from seeknal.sql.quote import quote_name
from seeknal.state.store import read_closed, read_state
from seeknal.values.errors import UsageError
from seeknal.values.names import NodeId
from seeknal.values.relations import Relation
from seeknal.values.snapshot import Snapshot

if TYPE_CHECKING:
    import duckdb


@frozen(kw_only=True)
class StoredOutputs:
    """The rows of one generation; implements `seeknal.kernel.plugin_types.Outputs`."""

    environment: str
    generation: int
    duckdb: duckdb.DuckDBPyConnection
    snapshots: Mapping[NodeId, Snapshot]
    defined: Mapping[NodeId, None]
    target: Path

    def relation(self, node: str) -> Relation:
        id = NodeId(node)
        if id not in self.defined:
            raise self._none(id)
        scan = quote_name(id.kind, id.name)
        artifact = self.snapshots[id].artifact
        if artifact is not None:
            return Relation(node=id, scan=scan, columns=artifact.columns, rows=artifact.rows)
        columns = columns_of(self.duckdb.sql(f"FROM {scan}"))
        return Relation(node=id, scan=scan, columns=columns, rows=-1)

    def _none(self, id: NodeId) -> UsageError:
        if id not in self.snapshots:
            return unstored(id, self.environment, self.target)
        help = read_instead(id, tuple(self.snapshots[id].inputs))
        return UsageError(f"{id} keeps no rows of its own", code="SK0354", help=help)


@contextmanager
def open_outputs(
    root: Path, environment: str, generation: int | None = None
) -> Iterator[StoredOutputs]:
    """The rows of an environment, which nothing that runs meanwhile changes.

    Raises UsageError for an unknown environment, and for a generation that is not kept.
    """
    target = root / "target"
    existing(read_state(target).environments, environment)
    if generation is None:
        generation, snapshots = read_closed(target, environment)
    else:
        snapshots = side_of(root, f"{environment}@{generation}")
    with connected(root) as connection:
        views = Views(root, snapshots, connection)
        views.define_nodes(snapshots)
        lock(connection, views.paths)
        yield StoredOutputs(
            environment=environment,
            generation=generation,
            duckdb=connection,
            snapshots=snapshots,
            defined=views.defined,
            target=target,
        )


def open_side(root: Path, text: str) -> AbstractContextManager[StoredOutputs]:
    """What ``dev`` or ``prod@12`` means. Raises as `open_outputs` does."""
    name, at, number = text.partition("@")
    return open_outputs(root, name, int(number) if at else None)
