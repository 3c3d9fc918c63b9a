"""What one step works with: its node, what the run shares, a cursor, a scratch folder, a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.kernel.calls import Calls
from seeknal.kernel.context import StepContext
from seeknal.kernel.logs import Tell
from seeknal.kernel.plugins import Plugins
from seeknal.plan.finding import NOTHING, Finder
from seeknal.run.engine import Engine
from seeknal.run.outputs import Outputs
from seeknal.run.signals import Stop
from seeknal.values.deliveries import Account
from seeknal.values.errors import NodeError
from seeknal.values.names import NodeId
from seeknal.values.node import Node
from seeknal.values.pii import pii_columns
from seeknal.values.plan import Plan
from seeknal.values.project import Project
from seeknal.values.relations import Interval, Relation
from seeknal.values.snapshot import Artifact, Snapshot
from seeknal.values.tracking import Batch, Spans

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from seeknal.lineage.hidden import Hidden
    from seeknal.run.content import Contents
    from seeknal.run.cutoff import Cutoff
    from seeknal.run.intervals.bench import Bench
    from seeknal.state.artifacts import Artifacts
    from seeknal.state.batch_files import BatchFiles
    from seeknal.state.store import StateStore
    from seeknal.values.targets import Target


@frozen(kw_only=True)
class Staged:
    """Outputs that are built before any map shows them: what is read, and what is made."""

    snapshots: dict[NodeId, Snapshot]
    built: dict[NodeId, Snapshot] = field(factory=dict)
    marked: dict[NodeId, Spans] = field(factory=dict)
    """Of tracked nodes that were built: which of their ranges are to be redone still."""


@frozen(kw_only=True)
class Services:
    """What the steps of one run share."""

    project: Project
    plan: Plan
    plugins: Plugins
    engine: Engine
    artifacts: Artifacts
    batches: BatchFiles
    contents: Contents
    outputs: Outputs | Bench
    connections: Callable[[str], Any]
    row_counts: Callable[[NodeId, int], list[int]]
    run_id: str
    moment: datetime
    """When the run began, in UTC."""
    frozen: datetime | None = None
    """What clocks say to code and SQL; None: the time."""
    finder: Finder = NOTHING
    cutoff: Cutoff | None = None
    hidden: Hidden | None = None
    """Which columns no message shows a value of; without it, those that are marked."""
    output_of: Callable[[NodeId, str], Snapshot | None] = lambda node, output: None
    """The snapshot of an earlier output, None for one that is gone."""
    outputs_of: Callable[[NodeId, Spans], Iterator[tuple[Snapshot, str]]] = lambda node, spans: (
        iter(())
    )
    """The snapshots of a tracked node that are kept and have anything of spans, and where."""
    touched: Mapping[str, Artifact] = field(factory=dict)
    """Artifacts whose file has another time though its content is the same, by path."""
    account_of: Callable[[NodeId], Account | None] = lambda node: None
    """What is known of the targets of a node whose outputs are lost."""
    tell: Tell = lambda node, level, text: None
    """Takes what nodes log, as they log it."""
    told_batch: Callable[[NodeId, Batch], None] = lambda node, batch: None
    """Takes which batch of a tracked node is computed, as it begins."""
    calls: Calls = field(factory=Calls)
    """What plugins wait for, and can be stopped in."""
    store: StateStore | None = None
    """Takes what becomes of nodes; None for a run that keeps nothing, and delivers nothing."""
    staged: Staged | None = None
    """Takes it instead, until a promotion moves its map to what was built."""
    stop: Stop = field(factory=Stop)
    queues: bool = True
    """What targets are owed is put on record; `deliver`: and attempted."""
    deliver: bool = True


@frozen
class Phases:
    """How many seconds the parts of a step have taken, by name."""

    seconds: dict[str, float] = field(factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Count the time of the block as this part's."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started


@frozen(kw_only=True)
class StepScope:
    """What the step of a node works with. Of this step alone, but for ``services``.

    ``interval`` is the range of time that is processed, None where it is all of it.
    """

    node: Node
    services: Services
    cursor: Callable[[], duckdb.DuckDBPyConnection]
    workdir: Path
    log: Any
    interval: Interval | None = None
    phases: Phases = field(factory=Phases)

    @property
    def outputs(self) -> Outputs | Bench:
        """What nodes are in this run, this one among them."""
        return self.services.outputs

    @property
    def environment(self) -> str:
        """The environment that the run is of."""
        return self.services.plan.environment

    def has_rows(self, id: NodeId) -> bool:
        """Whether a node has rows of its own, by its kind."""
        return self.services.plugins.kinds[id.kind].produces_rows

    def relation(self, id: NodeId) -> Relation:
        """A node's current rows. Raises NodeError when it has none."""
        return self.outputs.relation(id, self.cursor())

    def relation_of(self, artifact: Artifact) -> Relation:
        """The rows of an earlier output of the node."""
        artifacts = self.services.artifacts
        return Relation(
            node=self.node.id,
            scan=artifacts.scan(artifact),
            columns=artifact.columns,
            rows=artifact.rows,
            path=None if artifact.composed else artifacts.path(artifact),
        )

    def holder(self, target: Target) -> str:
        """The environment whose target holds the rows of the target's node as they are here."""
        snapshot = self.outputs.snapshots.get(target.node)
        known = snapshot.deliveries.get(target.key) if snapshot else None
        return known.environment if known else self.environment

    def name_of(self, target: Target, context: StepContext) -> str | None:
        """What a target is called in a context's environment, as the plugin of its type says.

        Raises NodeError for another node's that does not hold the rows that its node has.
        """
        snapshot = self.outputs.snapshots.get(target.node)
        if snapshot is not None and target.node != self.node.id:
            known = snapshot.deliveries.get(target.key)
            waiting = any(owed.delivery.key == target.key for owed in snapshot.backlog)
            if known is None or known.status != "delivered" or waiting:
                raise NodeError(
                    f"{target.label} does not hold the rows of {target.node} yet: a delivery is"
                    " owed",
                    code="SK0718",
                    help="once it has arrived, the next run goes on",
                )
        return self.services.plugins.hooks.isolate_target(target=target, context=context)

    def private(self, id: NodeId) -> frozenset[str]:
        """The columns of a node, in lower case, of which no message shows a value."""
        hidden = self.services.hidden
        return hidden.columns(id) if hidden else pii_columns(self.services.project.nodes, id)

    def hands_over(self) -> bool:
        """Whether a target is written, or a batch kept for one."""
        services, targets = self.services, self.node.targets
        if services.deliver:
            return bool(targets)
        return services.queues and any(target.accumulates for target in targets)

    def record(
        self, snapshot: Snapshot, marked: Spans | None = None, *, names: bool = True
    ) -> None:
        """Make ``snapshot`` the node's current one, and its stable name show that.

        ``marked``: which of its ranges are to be redone from now on, where that changes. Without
        ``names`` its stable name goes on to show what it did.
        """
        services = self.services
        if services.staged is not None:
            services.staged.built[snapshot.node] = snapshot
            if marked is not None:
                services.staged.marked[snapshot.node] = marked
        elif services.store is not None:
            # Of what nothing outside depends on, a power cut may cost the computation.
            lazily = not services.project.nodes[snapshot.node].targets
            with services.stop.recording():
                services.store.record(self.environment, snapshot, lazily=lazily, marked=marked)
        self.outputs.snapshots[self.node.id] = snapshot
        # After it is on record: a crash in between leaves a generation open, which is seen.
        if services.staged is None and names:
            self.link()

    def link(self) -> None:
        """Let the node's stable name show its current output."""
        snapshot = self.outputs.snapshots[self.node.id]
        artifacts, environment = self.services.artifacts, self.environment
        if snapshot.artifact is not None:
            artifacts.link_current(self.node.id, snapshot.artifact, environment)
        else:
            artifacts.unlink_current(self.node.id, environment)

    def context(self, **more: Any) -> StepContext:
        """What a plugin or a function of the project may use in this step."""
        services, source = self.services, self.node.source
        return StepContext(
            node=self.node.id,
            environment=self.environment,
            run_id=services.run_id,
            project=services.project.name,
            project_root=services.project.root,
            scratch=self.workdir,
            samples=services.project.target / "audits" / services.run_id,
            log=self.log,
            cursor=self.cursor,
            connections=services.connections,
            relation_of=lambda id: self.relation(NodeId(id)),
            definition_of=lambda id: services.project.nodes[NodeId(id)],
            row_counts=lambda limit: services.row_counts(self.node.id, limit),
            holder_of=self.holder,
            name_of=self.name_of,
            pii_of=lambda id: self.private(NodeId(id)),
            allow_outside=bool(source and source.allow_outside),
            variables=services.project.variables,
            suffix=services.project.environments.suffix,
            params=self.node.params,
            calls=services.calls,
            interval=self.interval,
            **more,
        )
