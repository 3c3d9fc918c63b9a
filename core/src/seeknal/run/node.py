"""One node's step: from its inputs to a published, audited and delivered result."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from seeknal.errors import NodeError, SeeknalError
from seeknal.fingerprint import audits_key, derived_id
from seeknal.kernel import NodeInputs, Rows
from seeknal.model import (
    PRODUCTION,
    Artifact,
    AuditResult,
    Column,
    Delivered,
    Delivery,
    Node,
    NodeId,
    NodeResult,
    Plan,
    Project,
    Relation,
    Scan,
    Snapshot,
    Step,
    Target,
)
from seeknal.plan.finding import NOTHING, Finder
from seeknal.plan.planner import built_in
from seeknal.plugins import Plugins
from seeknal.run.audits import failure, failures, run_audits
from seeknal.run.context import NodeContext, node_logger
from seeknal.run.delivery import deliver, plan_deliveries
from seeknal.run.engine import Engine, stored_scan, write_rows
from seeknal.run.failures import explain
from seeknal.run.outputs import Outputs
from seeknal.run.reuse import reused, still_current

if TYPE_CHECKING:
    import duckdb

    from seeknal.run.cutoff import Cutoff
    from seeknal.run.traced import Traced
    from seeknal.state.artifacts import Artifacts


@frozen(kw_only=True)
class Services:
    """What the steps of one run share."""

    project: Project
    plan: Plan
    plugins: Plugins
    engine: Engine
    artifacts: Artifacts
    outputs: Outputs
    record: Callable[[Snapshot], None]
    connections: Callable[[str], Any]
    row_counts: Callable[[NodeId, int], list[int]]
    run_id: str
    finder: Finder = NOTHING
    cutoff: Cutoff | None = None
    output_of: Callable[[NodeId, str], Snapshot | None] = lambda node, output: None
    """The snapshot of an earlier output, None for one that is gone."""
    moved: Mapping[str, Artifact] = field(factory=dict)
    """Artifacts whose stat moved though their content did not, by path."""
    deliver: bool = True
    links: bool = True
    """Stable names follow what is recorded; not before a promotion has moved its map."""


class NodeRunner:
    """Executes steps; one instance serves all workers, each step with a cursor of its own.

    A step's temporary views and settings, and results that it did not read to the end, which
    would keep an old view of the catalogue, go with its cursor.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.cursors: dict[int, duckdb.DuckDBPyConnection] = {}
        self.reused: set[NodeId] = set()

    def execute(self, step: Step) -> NodeResult:
        """Carry out one step. Never raises: a failure is a result."""
        node = self.services.project.nodes[step.node]
        started = time.monotonic()
        attempt = _Attempt(self, node, step)
        try:
            result = attempt.carry_out()
        except BaseException as error:
            result = attempt.failed(error)
            if not isinstance(error, Exception):
                result = evolve(result, status="interrupted")
        finally:
            attempt.clean_up()
            self.close_cursor()
        if result.status == "reused":
            self.reused.add(step.node)
        return evolve(result, seconds=time.monotonic() - started)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The cursor of the step that this thread executes."""
        thread = threading.get_ident()
        if thread not in self.cursors:
            self.cursors[thread] = self.services.engine.cursor()
        return self.cursors[thread]

    def close_cursor(self) -> None:
        cursor = self.cursors.pop(threading.get_ident(), None)
        if cursor is not None:
            cursor.close()

    def interrupt(self, thread: int | None = None) -> None:
        """Stop what a thread's cursor is running, or all of them."""
        for ident, cursor in list(self.cursors.items()):
            if thread is None or ident == thread:
                cursor.interrupt()
        if (uv := sys.modules.get("seeknal.project.uv")) is not None:
            uv.stop(thread)


class _Attempt:
    """The state of one step while it is carried out."""

    def __init__(self, runner: NodeRunner, node: Node, step: Step) -> None:
        self.services = runner.services
        self.cursor = runner.cursor
        self.reused_before = runner.reused
        self.node = node
        self.step = step
        self.phases: dict[str, float] = {}
        self.audits: tuple[AuditResult, ...] = ()
        self.candidate: Path | None = None
        self.traced: Traced | None = None
        self.workdir = self.services.project.target / "tmp" / self.services.run_id / str(node.id)
        self.log, self.warnings = node_logger(node.id, self.services.run_id)
        self.snapshot = self.services.outputs.snapshots.get(node.id)

    def carry_out(self) -> NodeResult:
        action = self.step.action
        if action == "run" and self.step.conditional and not self.inputs_differ():
            action = self.step.otherwise
            self.step = evolve(self.step, reason=_instead(action))
        if action == "run":
            return self.adopt() or self.run()
        if action == "adopt":
            assert self.step.adopts is not None
            return self.take_over(self.step.adopts)
        if action == "audit":
            return self.audit_again()
        if action == "deliver":
            return self.deliver_again()
        return self.reuse()

    def inputs_differ(self) -> bool:
        if self.node.kind == "rule":
            # It keeps nothing of its own: its input's step asked its audits, or had no need to.
            return not self.reused_before.issuperset(self.node.parents)
        if self.snapshot is None:
            return True
        inputs = self.services.outputs.inputs_of(self.node)
        if dict(self.snapshot.inputs) == inputs:
            return False
        cutoff = self.services.cutoff
        if cutoff is None or not cutoff.unchanged(
            self.node, self.snapshot, self.services.outputs.snapshots, self.cursor
        ):
            return True
        # From here on these are what it was computed from: they say the same.
        self.snapshot = evolve(self.snapshot, inputs=inputs)
        return False

    def adopt(self) -> NodeResult | None:
        """What was built already over the inputs as they turned out to be, if anything was."""
        if not self.step.conditional or self.node.id in self.services.plan.inlined:
            return None
        found = self.services.finder.find(
            self.node,
            self.services.plan.fingerprints[self.node.id].content,
            self.services.outputs.inputs_of(self.node),
            self.step.source_version,
        )
        if found is None:
            return None
        self.step = evolve(self.step, reason=built_in(found.place))
        return self.take_over(found.snapshot)

    def take_over(self, found: Snapshot) -> NodeResult:
        """Make an output that was built already this environment's: audited, then delivered."""
        assert found.artifact is not None
        services, asked = self.services, audits_key(self.node.audits)
        if asked != found.audits_key:
            self.audit(self.relation_of(found.artifact))
        before = self.snapshot
        snapshot = evolve(
            found,
            fingerprint=services.plan.fingerprints[self.node.id],
            artifact=services.moved.get(found.artifact.path, found.artifact),
            source_version=self.step.source_version or found.source_version,
            audits=self.audits or found.audits,
            audits_key=asked,
            deliveries=before.deliveries if before else {},
            backlog=before.backlog if before else (),
            delivers=bool(self.node.targets),
        )
        delivered = self.deliver(snapshot)
        return evolve(self.result("reused", delivered), deliveries=self.attempted(delivered))

    def attempted(self, snapshot: Snapshot) -> tuple[Delivery, ...]:
        if not self.services.deliver or not self.node.targets:
            return ()
        return tuple(snapshot.deliveries.values())

    def link(self, snapshot: Snapshot) -> None:
        """Let the node's stable name be its current output."""
        if snapshot.artifact is not None and self.services.links:
            self.services.artifacts.link_current(
                self.node.id, snapshot.artifact, self.services.plan.environment
            )

    def run(self) -> NodeResult:
        if self.node.kind == "rule":
            self.audits = self.audits_of_rule()
            return self.result("success")
        kind = self.services.plugins.kinds[self.node.kind]
        if not kind.produces_rows:
            return self.expose()
        if self.node.id in self.services.plan.inlined:
            return self.define_view()
        return self.build()

    def audits_of_rule(self) -> tuple[AuditResult, ...]:
        """What the rule's input found when it was asked the rule's audits."""
        found: list[AuditResult] = []
        for parent in self.node.parents:
            snapshot = self.services.outputs.snapshots.get(parent)
            asked = self.services.project.nodes[parent].audits
            if snapshot is not None and len(snapshot.audits) == len(asked):
                pairs = zip(asked, snapshot.audits, strict=True)
                found += [result for audit, result in pairs if audit.declared_by == self.node.id]
        return tuple(found)

    def build(self) -> NodeResult:
        """Rows of a node that stores them: compute, write, audit, publish, deliver."""
        inputs = self.services.outputs.inputs_of(self.node)
        if self.step.reason == "artifact damaged" and self.snapshot and self.snapshot.artifact:
            self.services.artifacts.set_aside(self.snapshot.artifact)
        self.candidate = self.services.artifacts.candidate(self.node.id, self.services.run_id)
        with self.phase("execute"):
            rows, columns = write_rows(self.cursor(), self.rows(), self.candidate)
        if rows == 0 and self.node.source is not None and self.node.source.query is not None:
            self.log.warning("Pushdown query returned 0 rows for %s", self.node.id)
        self.check_contract(columns)
        relation = Relation(
            node=self.node.id,
            scan=stored_scan(self.candidate, columns),
            columns=columns,
            rows=rows,
            path=self.candidate,
        )
        self.audit(relation)
        with self.phase("publish"):
            snapshot = self.publish(rows, columns, inputs)
        return self.result("success", self.deliver(snapshot), rows=rows)

    def rows(self) -> Rows:
        node = self.node
        self.services.outputs.define(node.parents)
        if node.source is not None:
            return self.source_rows()
        body = (
            self.python_rows() if node.python else Scan(node.sql.executable) if node.sql else None
        )
        parents = {id: self.relation(id) for id in node.parents} if self.needs_parents else {}
        rows = self.services.plugins.hooks.run_node(
            node=node, inputs=NodeInputs(parents=parents, body=body), context=self.context()
        )
        return self.required(rows, f"no plugin runs a node of kind {node.kind!r}")

    @property
    def needs_parents(self) -> bool:
        # A transform's SQL names its inputs itself; describing views for it would cost a bind.
        return self.node.kind != "transform"

    def source_rows(self) -> Rows:
        source = self.node.source
        assert source is not None
        loaded = None
        if source.type != "python":
            loaded = self.services.plugins.hooks.load_source(source=source, context=self.context())
            loaded = self.required(loaded, f"no plugin loads a source of type {source.type!r}")
        if self.node.python is None:
            return loaded
        returned = self.python_rows(loaded)
        return loaded if returned is None else returned

    def python_rows(self, loaded: Rows | None = None) -> Rows:
        from seeknal.run.function import run_function

        parents = {id: self.relation(id) for id in self.node.parents if self.has_rows(id)}
        context = self.context(source_rows=loaded)
        return run_function(self.node, parents, context, traced=self.remember_query)

    def remember_query(self, found: Traced) -> None:
        self.traced = found

    def has_rows(self, id: NodeId) -> bool:
        return self.services.plugins.kinds[id.kind].produces_rows

    def required(self, rows: Rows | None, otherwise: str) -> Rows:
        if rows is None:
            raise NodeError(otherwise, code="SK0710", location=self.node.location)
        return rows

    def relation(self, id: NodeId) -> Relation:
        return self.services.outputs.relation(id, self.cursor())

    def check_contract(self, columns: tuple[Column, ...]) -> None:
        if self.node.contract:
            from seeknal.run.contract import check_contract

            check_contract(self.node, columns, self.cursor())

    def audit(self, relation: Relation) -> None:
        """Ask the node's audits about ``relation``; raises when one of them stops the node."""
        if not self.node.audits:
            return
        with self.phase("audit"):
            self.audits = run_audits(self.node, relation, self.services.plugins, self.context())
        if failures(self.audits):
            raise failure(self.node, self.audits, self.services.project.root)

    def audit_target(self, relation: Relation) -> None:
        """Ask the node's audits about what a target would hold; raises when one fails."""
        if self.node.audits:
            found = run_audits(self.node, relation, self.services.plugins, self.context())
            if failures(found):
                raise failure(self.node, found, self.services.project.root)

    def publish(
        self, rows: int, columns: tuple[Column, ...], inputs: dict[NodeId, str]
    ) -> Snapshot:
        assert self.candidate is not None
        fingerprint = self.services.plan.fingerprints[self.node.id]
        artifact = self.services.artifacts.publish(
            self.node.id,
            self.candidate,
            fingerprint=fingerprint.short,
            rows=rows,
            columns=columns,
        )
        return evolve(self.new_snapshot(artifact.output_id, inputs), artifact=artifact)

    def new_snapshot(self, output_id: str, inputs: dict[NodeId, str]) -> Snapshot:
        node = self.node
        return Snapshot(
            node=node.id,
            fingerprint=self.services.plan.fingerprints[node.id],
            inputs=inputs,
            output_id=output_id,
            source_version=self.step.source_version,
            audits=self.audits,
            audits_key=audits_key(node.audits),
            deliveries=self.snapshot.deliveries if self.snapshot else {},
            backlog=self.snapshot.backlog if self.snapshot else (),
            run_id=self.services.run_id,
            finished_at=datetime.now(UTC).isoformat(),
            seconds=sum(self.phases.values()),
            dated=node.definition if node.time_dependent else None,
            query=self.traced.query if self.traced else None,
            untraced=self.traced.why if self.traced else None,
            delivers=bool(node.targets),
        )

    def define_view(self) -> NodeResult:
        """A view has no rows of its own: binding it proves that its SQL fits its inputs."""
        inputs = self.services.outputs.inputs_of(self.node)
        with self.phase("execute"):
            self.services.outputs.define([self.node.id])
        snapshot = self.new_snapshot(self.derived_id(inputs), inputs)
        self.record(snapshot)
        return self.result("success", snapshot)

    def expose(self) -> NodeResult:
        """A node that only delivers: its rows exist for as long as that takes."""
        inputs = self.services.outputs.inputs_of(self.node)
        snapshot = self.new_snapshot(self.derived_id(inputs), inputs)
        if not self.node.targets or not self.services.deliver:
            return self.result("success", self.deliver(snapshot))
        with self.phase("execute"):
            relation = self.exposed()
        done = self.deliver(snapshot, relation)
        return self.result("success", done, rows=relation.rows)

    def exposed(self) -> Relation:
        outputs = self.services.outputs
        outputs.define(self.node.parents)
        parents = [id for id in self.node.parents if self.has_rows(id)]
        if self.node.sql is None and parents[0] not in self.services.plan.inlined:
            return outputs.relation(parents[0], self.cursor())
        from seeknal.sql.quote import quote_name

        first = parents[0] if parents else self.node.id
        sql = (
            self.node.sql.executable
            if self.node.sql
            else f"FROM {quote_name(first.kind, first.name)}"
        )
        path = self.context().workdir / "rows.parquet"
        rows, columns = write_rows(self.cursor(), Scan(sql), path)
        scan = stored_scan(path, columns)
        return Relation(node=self.node.id, scan=scan, columns=columns, rows=rows, path=path)

    def derived_id(self, inputs: dict[NodeId, str]) -> str:
        return derived_id(self.services.plan.fingerprints[self.node.id].content, inputs)

    def deliver(self, snapshot: Snapshot, relation: Relation | None = None) -> Snapshot:
        """Record ``snapshot``, then attempt what its targets are owed and record the outcome."""
        services = self.services
        if not services.deliver or not self.node.targets:
            self.record(snapshot)
            return snapshot
        self.node = self.labelled()
        snapshot = evolve(snapshot, delivers=True)
        again = services.plan.redeliver
        snapshot = plan_deliveries(
            self.node, snapshot, services.run_id, again, self.snapshot, services.plan.environment
        )
        # On record before the first attempt, so that a crash leaves the delivery owed.
        self.record(snapshot)
        if all(entry.status == "delivered" for entry in snapshot.deliveries.values()):
            return snapshot
        with self.phase("deliver"):
            relation = relation or self.relation(self.node.id)
            snapshot = deliver(self.node, snapshot, relation, self.write, self.relation_of)
        self.record(snapshot)
        return snapshot

    def labelled(self) -> Node:
        """The node with its targets named as they are in this environment."""
        if self.services.plan.environment == PRODUCTION:
            return self.node
        context, place = self.context(), self.services.plugins.hooks.isolate_target
        targets = tuple(
            evolve(target, label=place(target=target, context=context) or target.label)
            for target in self.node.targets
        )
        return evolve(self.node, targets=targets)

    def holder(self, target: Target) -> str:
        """The environment whose target holds the rows of the target's node as they are here."""
        snapshot = self.services.outputs.snapshots.get(target.node)
        known = snapshot.deliveries.get(target.key) if snapshot else None
        return known.environment if known else self.services.plan.environment

    def relation_of(self, artifact: Artifact) -> Relation:
        """The rows of an earlier output."""
        path = self.services.artifacts.path(artifact)
        scan = stored_scan(path, artifact.columns)
        return Relation(
            node=self.node.id, scan=scan, columns=artifact.columns, rows=artifact.rows, path=path
        )

    def write(self, target: Target, relation: Relation, owed: Delivery) -> Delivered | None:
        context = self.context(
            delivery_id=owed.delivery_id,
            audit_of=self.audit_target,
            undone_rows=lambda: self.earlier(owed.before),
        )
        if target.reads is not None:
            relation = self.relation(target.reads)
        done: Delivered | None = self.services.plugins.hooks.materialize(
            target=target, relation=relation, context=context
        )
        return done

    def earlier(self, output_id: str) -> Relation | None:
        """The rows of another output of the node, None where they are not kept."""
        snapshot = self.services.output_of(self.node.id, output_id) if output_id else None
        if snapshot is None or snapshot.artifact is None:
            return None
        relation = self.relation_of(snapshot.artifact)
        return relation if relation.path and relation.path.exists() else None

    def record(self, snapshot: Snapshot) -> None:
        self.services.record(snapshot)
        self.services.outputs.snapshots[self.node.id] = snapshot
        # After it is on record: a crash in between leaves a generation open, which is seen.
        self.link(snapshot)

    def audit_again(self) -> NodeResult:
        """New audits on current rows: a failure leaves them current, but marked as failing."""
        snapshot = self.snapshot
        assert snapshot is not None
        key = audits_key(self.node.audits)
        try:
            self.audit(self.relation(self.node.id))
        except SeeknalError:
            self.record(evolve(snapshot, audits=self.audits, audits_key=key, failing=True))
            raise
        snapshot = evolve(snapshot, audits=self.audits, audits_key=key, failing=False)
        rows = snapshot.artifact.rows if snapshot.artifact else None
        return self.result("success", self.deliver(snapshot), rows=rows)

    def deliver_again(self) -> NodeResult:
        assert self.snapshot is not None
        if self.node.kind in self.services.plugins.kinds and not self.has_rows(self.node.id):
            return self.expose()
        return self.result("success", self.deliver(self.snapshot))

    def reuse(self) -> NodeResult:
        if self.snapshot is not None:
            fingerprint = self.services.plan.fingerprints[self.node.id]
            current = still_current(self.snapshot, self.step, fingerprint, self.services.moved)
            if current is not self.services.outputs.snapshots.get(self.node.id):
                self.record(current)
        return reused(self.step)

    def context(self, **more: Any) -> NodeContext:
        services = self.services
        source = self.node.source
        return NodeContext(
            node=self.node.id,
            environment=services.plan.environment,
            run_id=services.run_id,
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
            allow_outside=bool(source and source.allow_outside),
            variables=services.project.variables,
            suffix=services.project.environments.suffix,
            params=self.node.params,
            **more,
        )

    def result(
        self, status: Any, snapshot: Snapshot | None = None, rows: int | None = None
    ) -> NodeResult:
        deliveries = (
            tuple(snapshot.deliveries.values()) if snapshot and self.services.deliver else ()
        )
        size = snapshot.artifact.size if snapshot and snapshot.artifact else None
        return NodeResult(
            node=self.node.id,
            status=status,
            reason=self.step.reason,
            rows=rows,
            phases=self.phases,
            audits=self.audits,
            deliveries=deliveries if status != "reused" else (),
            notes=tuple(self.warnings.notes),
            bytes=size,
            snapshot=snapshot,
        )

    def failed(self, error: BaseException) -> NodeResult:
        explained = explain(error, self.node, self.services.project.target)
        return NodeResult(
            node=self.node.id,
            status="failed",
            reason=self.step.reason,
            phases=self.phases,
            audits=self.audits,
            error=explained.message,
            code=explained.code,
            location=explained.location or self.node.location,
            help=explained.help,
            notes=tuple(self.warnings.notes),
        )

    def clean_up(self) -> None:
        # Another worker may be importing it at this moment: then this one has nothing to release.
        if release := getattr(sys.modules.get("seeknal.run.function"), "release", None):
            release()
        if self.candidate is not None:
            self.candidate.unlink(missing_ok=True)
        if self.workdir.exists():
            shutil.rmtree(self.workdir, ignore_errors=True)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + time.monotonic() - started


def _instead(action: str) -> str:
    reasons = {"audit": "audits changed", "deliver": "target owed"}
    return reasons.get(action, "inputs unchanged")
