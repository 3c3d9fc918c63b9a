"""What an environment holds, as the engine of a connection reads it: where it was delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.kernel.sessions import executed
from seeknal.plan.environments import existing
from seeknal.plan.plugin_queries import context_of, label_of
from seeknal.plan.session import Request, load
from seeknal.plan.unstored import unstored
from seeknal.state.store import read_closed, read_state
from seeknal.values.errors import RunError, UsageError
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.kernel.context import StepContext
    from seeknal.kernel.plugin_types import Session
    from seeknal.plan.session import Loaded
    from seeknal.values.columns import Column
    from seeknal.values.deliveries import Account, Delivery
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.targets import Target


@frozen(kw_only=True)
class DeliveredRows:
    """The rows of one generation on a connection; implements `kernel.plugin_types.Elsewhere`."""

    connection: str
    dialect: str
    environment: str
    generation: int
    session: Session
    allow_stale: bool
    loaded: Loaded
    snapshots: Mapping[NodeId, Snapshot]
    used: dict[tuple[str, NodeId, str], str] = field(factory=dict)
    """The deliveries whose rows are read: by environment, node and target, their ids."""

    def columns(self, node: str) -> Sequence[Column]:
        """The columns of a node's rows, with DuckDB's types."""
        return self._snapshot(NodeId(node)).columns or ()

    def rows(self, node: str, columns: Sequence[Column]) -> str:
        """A query, in the dialect, of these columns of a node's rows."""
        id = NodeId(node)
        snapshot, known = self._snapshot(id), self.loaded.project.nodes[id]
        faults: list[UsageError] = []
        for target in self._targets(known):
            account, holder = self._account(snapshot, target)
            delivery = account.deliveries.get(target.key) if account else None
            fault = self._fault(snapshot, target, account, delivery, holder)
            if fault is None:
                context = self._context(known, holder)
                hook = self.loaded.plugins.hooks.delivered_rows
                found = hook(target=target, columns=columns, context=context)
                if found is not None:
                    self._check_count(snapshot, target, found, holder)
                    self.used[holder, id, target.key] = delivery.delivery_id if delivery else ""
                    return found
                fault = self._error(f"rows of targets of type {target.type} are not read there")
            faults.append(fault)
        raise faults[0]

    def execute(self, sql: str) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        """The answer of the engine, which was about the rows that it says."""
        answer = executed(self.session, sql)
        state = read_state(self.loaded.project.target)
        for (environment, node, key), id in self.used.items():
            account = state.current_account(environment, node)
            delivery = account.deliveries.get(key) if account else None
            if (delivery.delivery_id if delivery else "") != id:
                raise RunError(
                    f"rows of {node} were delivered while connection {self.connection!r} was asked",
                    code="SK0359",
                    help="ask again",
                )
        return answer

    def _snapshot(self, id: NodeId) -> Snapshot:
        snapshot = self.snapshots.get(id)
        if snapshot is None or id not in self.loaded.project.nodes:
            raise unstored(id, self.environment, self.loaded.project.target)
        return snapshot

    def _context(self, node: Node, holder: str) -> StepContext:
        """For the plugin of a target that is written in the environment ``holder``."""
        context = context_of(self.loaded, Request(environment=self.environment), node)
        return evolve(context, holder_of=lambda target: holder)

    def _targets(self, node: Node) -> Iterator[Target]:
        """Those of the node's targets that may hold its rows there, and no others."""
        there = [target for target in node.targets if target.connection == self.connection]
        whole = [target for target in there if target.mode != "append"]
        if not there:
            raise self._error(
                f"{node.id} is not delivered to connection {self.connection!r}",
                help="deliver it there (materializations:), or leave --connection out",
            )
        if not whole:
            raise self._error(
                f"{node.id} is appended to {self._label(there[0])} of connection"
                f" {self.connection!r}, where the rows of earlier runs are too",
                help="deliver it there with another mode as well, or leave --connection out",
            )
        yield from whole

    def _account(self, snapshot: Snapshot, target: Target) -> tuple[Account | None, str]:
        """What is known now of the targets that hold the node's rows, and of which environment."""
        taken = snapshot.deliveries.get(target.key)
        holder = taken.environment if taken else self.environment
        return self.loaded.state.current_account(holder, snapshot.node), holder

    def _fault(
        self,
        snapshot: Snapshot,
        target: Target,
        account: Account | None,
        delivery: Delivery | None,
        holder: str,
    ) -> UsageError | None:
        """Why a target does not hold the rows of the generation; None where it does."""
        label = self._label(target, holder)
        if delivery is None or account is None:
            return self._error(
                f"{snapshot.node} has not been delivered to {label} yet", help="seeknal run"
            )
        if delivery.away or target.has_moved(delivery):
            return self._error(f"{label} is not where {snapshot.node} was delivered to")
        if self.allow_stale:
            return None
        waiting = any(owed.delivery.key == target.key for owed in account.backlog)
        if delivery.status == "owed" or waiting:
            return self._stale(f"{label} is owed what it is to hold of {snapshot.node}")
        if delivery.status != "delivered" or delivery.output_id != snapshot.output_id:
            return self._stale(
                f"{label} does not hold what generation {self.generation} of"
                f" {self.environment} has of {snapshot.node}"
            )
        return None

    def _check_count(self, snapshot: Snapshot, target: Target, rows: str, holder: str) -> None:
        """A target that keeps earlier rows holds those of the generation, and perhaps others."""
        artifact = snapshot.artifact
        if self.allow_stale or target.mode == "full" or artifact is None:
            return
        _, ((count,),) = self.session.execute(f"SELECT count(*) FROM ({rows}) AS seeknal_rows")
        if count != artifact.rows:
            raise self._stale(
                f"{self._label(target, holder)} holds {count:,} rows, of which {snapshot.node} has"
                f" {artifact.rows:,}"
            )

    def _label(self, target: Target, environment: str | None = None) -> str:
        node = self.loaded.project.nodes[target.node]
        request = Request(environment=environment or self.environment)
        return label_of(self.loaded, request, node, target)

    def _stale(self, message: str) -> UsageError:
        return self._error(
            message, help="seeknal run delivers it; --allow-stale asks what is there"
        )

    def _error(self, message: str, help: str | None = None) -> UsageError:
        return UsageError(message, code="SK0359", help=help)


def delivered_rows(
    root: Path, connection: str, session: Session, environment: str, *, allow_stale: bool
) -> DeliveredRows:
    """The rows of an environment's newest generation that is complete, on a connection.

    Raises UsageError for an unknown environment, and for a connection whose engine is not known.
    """
    loaded = load(root, Request(environment=environment))
    existing(loaded.state.environments, environment)
    type = loaded.connection(connection).type
    engine = loaded.plugins.engines.get(type)
    if engine is None or engine.dialect is None:
        message = f"it is not known which SQL connections of type {type!r} take"
        raise UsageError(message, code="SK0608")
    generation, snapshots = read_closed(loaded.project.target, environment)
    return DeliveredRows(
        connection=connection,
        dialect=engine.dialect,
        environment=environment,
        generation=generation,
        session=session,
        allow_stale=allow_stale,
        loaded=loaded,
        snapshots=snapshots,
    )
