"""One node's step: from its inputs to a published, audited and delivered result."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.graph.fingerprint import audits_key, derived_id
from seeknal.kernel.context import node_logger
from seeknal.plan.planner import built_in
from seeknal.plan.views import is_view, output_over
from seeknal.run.audits import failure, failures, run_audits
from seeknal.run.computing import exposed, rows_of
from seeknal.run.delivery.handover import handed_over, labelled, planned
from seeknal.run.delivery.owing import already_there, carried_over, undelivered
from seeknal.run.delivery.writing import unknown, without_target
from seeknal.run.engine import stored_scan, write_rows
from seeknal.run.failures import explain, may_be_wrong
from seeknal.run.reuse import reused, still_current
from seeknal.run.step_scope import Place, Services
from seeknal.run.unkept import unkept
from seeknal.values.errors import NodeError, SeeknalError
from seeknal.values.model import (
    Account,
    AuditResult,
    Column,
    Delivery,
    NodeId,
    NodeResult,
    Relation,
    Snapshot,
    Step,
)
from seeknal.values.pii import pii_columns

if TYPE_CHECKING:
    import duckdb

    from seeknal.run.python.traced import Traced


class Attempt:
    """The state of one step while it is carried out."""

    def __init__(
        self,
        services: Services,
        step: Step,
        cursor: Callable[[], duckdb.DuckDBPyConnection],
        reused: AbstractSet[NodeId],
    ) -> None:
        node = services.project.nodes[step.node]
        self.services = services
        self.outputs = services.outputs
        self.reused_before = reused
        self.node = node
        self.step = step
        self.phases: dict[str, float] = {}
        self.audits: tuple[AuditResult, ...] = ()
        self.candidate: Path | None = None
        self.traced: Traced | None = None
        log, self.warnings = node_logger(node.id, services.run_id, services.tell)
        self.place = Place(
            node=node,
            services=self.services,
            cursor=cursor,
            workdir=self.services.project.target / "tmp" / self.services.run_id / str(node.id),
            log=log,
        )
        self.snapshot = self.outputs.snapshots.get(node.id)
        self.account = self.known_account()
        self.has_rows = threading.Lock()
        """Held from when the rows are there, or the node is given up: whichever is first."""
        self.handed: tuple[Delivery, ...] = ()
        """The deliveries that this step attempted."""

    def known_account(self) -> Account:
        """What the node's targets hold and are owed, whatever became of its outputs."""
        if self.snapshot is not None:
            return Account(deliveries=self.snapshot.deliveries, backlog=self.snapshot.backlog)
        known = self.services.account_of(self.node.id)
        return carried_over(self.node, known) if known else Account()

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
        if self.node.does == "checks":
            # It keeps nothing of its own: its input's step asked its audits, or had no need to.
            return not self.reused_before >= set(self.node.parents)
        if self.snapshot is None:
            return True
        inputs = self.outputs.inputs_of(self.node)
        if dict(self.snapshot.inputs) == inputs:
            return False
        cutoff = self.services.cutoff
        if cutoff is None or not cutoff.unchanged(
            self.node, self.snapshot, self.outputs.snapshots, self.place.cursor
        ):
            return True
        # From here on these are what it was computed from: they say the same.
        self.snapshot = evolve(self.snapshot, inputs=inputs)
        if is_view(self.snapshot):
            output_id = output_over(self.snapshot, inputs)
            self.snapshot = evolve(self.snapshot, output_id=output_id)
        return False

    def adopt(self) -> NodeResult | None:
        """What was built already over the inputs as they turned out to be, if anything was."""
        if not self.step.conditional or self.node.id in self.services.plan.inlined:
            return None
        found = self.services.finder.find(
            self.node,
            self.services.plan.fingerprints[self.node.id].content,
            self.outputs.inputs_of(self.node),
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
            self.audit(self.place.relation_of(found.artifact))
        snapshot = evolve(
            found,
            fingerprint=services.plan.fingerprints[self.node.id],
            artifact=services.moved.get(found.artifact.path, found.artifact),
            source_version=self.step.source_version or found.source_version,
            audits=self.audits or found.audits,
            audits_key=asked,
            deliveries=self.account.deliveries,
            backlog=self.account.backlog,
            delivers=bool(self.node.targets),
        )
        return self.result("reused", self.deliver(snapshot))

    def link(self, snapshot: Snapshot) -> None:
        """Let the node's stable name be its current output, or be gone where it keeps none."""
        services = self.services
        if not services.links:
            return
        if snapshot.artifact is not None:
            services.artifacts.link_current(
                self.node.id, snapshot.artifact, services.plan.environment
            )
        else:
            services.artifacts.unlink_current(self.node.id, services.plan.environment)

    def run(self) -> NodeResult:
        if self.node.does == "checks":
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
            snapshot = self.outputs.snapshots.get(parent)
            asked = self.services.project.nodes[parent].audits
            if snapshot is not None and len(snapshot.audits) == len(asked):
                pairs = zip(asked, snapshot.audits, strict=True)
                found += [result for audit, result in pairs if audit.declared_by == self.node.id]
        return tuple(found)

    def build(self) -> NodeResult:
        """Rows of a node that stores them: compute, write, audit, publish, deliver."""
        inputs = self.outputs.inputs_of(self.node)
        if self.step.reason == "artifact damaged" and self.snapshot and self.snapshot.artifact:
            self.services.artifacts.set_aside(self.snapshot.artifact)
        self.candidate = self.services.artifacts.candidate(self.node.id, self.services.run_id)
        with self.phase("execute"):
            found = rows_of(self.place, self.remember_query)
            rows, columns = write_rows(
                self.place.cursor(),
                found,
                self.candidate,
                # Of stored rows alone: a loader's or a function's may be a stream.
                repeatable=self.node.source is None and self.node.python is None,
            )
            if not self.has_rows.acquire(blocking=False):
                raise NodeError(f"{self.node.id} was given up", code="SK0714")
            _release_function()
        for note in unkept(self.place.cursor(), found, columns, self.outputs.texts(self.node)):
            self.place.log.warning("%s", note)
        if rows == 0 and self.node.source is not None and self.node.source.query is not None:
            self.place.log.warning("Pushdown query returned 0 rows for %s", self.node.id)
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

    def check_contract(self, columns: tuple[Column, ...]) -> None:
        if self.node.contract:
            from seeknal.run.contract import check_contract

            check_contract(self.node, columns, self.place.cursor())
        if self.node.keys or self.node.time_column or self.node.columns:
            from seeknal.run.contract import check_described

            check_described(self.node, columns, self.services.project.root)

    def audit(self, relation: Relation) -> None:
        """Ask the node's audits about ``relation``; raises when one of them stops the node."""
        if not self.node.audits:
            return
        with self.phase("audit"):
            self.audits = run_audits(
                self.node, relation, self.services.plugins, self.place.context()
            )
        if failures(self.audits):
            raise failure(self.node, self.audits, self.services.project.root)

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
        output_id = artifact.output_id
        known = self.snapshot.artifact if self.snapshot else None
        if known and known.sha256 == artifact.sha256 and known.columns != columns:
            # Equal bytes that mean something else, such as a file that another node stored.
            output_id = derived_id(artifact.sha256, {NodeId(c.name): c.type for c in columns})
        return evolve(self.new_snapshot(output_id, inputs), artifact=artifact)

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
            deliveries=self.account.deliveries,
            backlog=self.account.backlog,
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
        inputs = self.outputs.inputs_of(self.node)
        with self.phase("execute"):
            run_id = self.services.run_id
            view = self.outputs.define_view(self.node, run_id, self.place.cursor())
        self.check_contract(view.columns)
        snapshot = evolve(self.new_snapshot("", inputs), view=view)
        snapshot = evolve(snapshot, output_id=output_over(snapshot, inputs))
        return self.result("success", self.deliver(snapshot))

    def expose(self) -> NodeResult:
        """A node that only delivers: its rows exist for as long as that takes."""
        inputs = self.outputs.inputs_of(self.node)
        snapshot = self.new_snapshot(self.derived_id(inputs), inputs)
        if not self.hands_over():
            return self.result("success", self.deliver(snapshot))
        with self.phase("execute"):
            relation = exposed(self.place)
        done = self.deliver(snapshot, relation)
        return self.result("success", done, rows=relation.rows)

    def hands_over(self) -> bool:
        """Whether a target is written, or a batch kept for one."""
        services, targets = self.services, self.node.targets
        if services.deliver:
            return bool(targets)
        return services.queues and any(target.accumulates for target in targets)

    def derived_id(self, inputs: dict[NodeId, str]) -> str:
        return derived_id(self.services.plan.fingerprints[self.node.id].content, inputs)

    def remember_query(self, found: Traced) -> None:
        self.traced = found

    def deliver(self, snapshot: Snapshot, relation: Relation | None = None) -> Snapshot:
        """Record ``snapshot``, then attempt what its targets are owed and record the outcome."""
        if not self.hands_over():
            self.record(snapshot)
            if self.services.deliver:
                self.handed = without_target(self.node, self.here(snapshot))
            return snapshot
        place = labelled(self.place)
        # For the rows of other outputs, and of this one where they are not stored.
        self.outputs.snapshots[self.node.id] = snapshot
        snapshot = planned(place, snapshot, relation, self.snapshot)
        if self.services.deliver:
            snapshot = unknown(snapshot)
        # On record before the first attempt, so that a crash leaves the delivery owed.
        self.record(snapshot)
        self.handed = already_there(
            place.node, snapshot, self.account, self.services.plan.redeliver
        )
        if not self.services.deliver or not undelivered(self.node, snapshot):
            return snapshot
        with self.phase("deliver"):
            if relation is None and self.place.has_rows(self.node.id):
                relation = self.place.relation(self.node.id)
            done = handed_over(place, snapshot, relation)
        self.handed += done.deliveries
        account = done.account
        snapshot = evolve(snapshot, deliveries=account.deliveries, backlog=account.backlog)
        self.record(snapshot)
        return self.released(snapshot)

    def here(self, snapshot: Snapshot) -> Account:
        """What targets of this environment are owed; others' is not taken over."""
        backlog = tuple(
            owed for owed in snapshot.backlog if owed.delivery.environment == self.place.environment
        )
        return Account(backlog=backlog)

    def released(self, snapshot: Snapshot) -> Snapshot:
        """Let go of batches that have arrived; the file of this output loses a name by that."""
        self.services.release(self.node.id)
        if snapshot.artifact is not None:
            artifact = self.services.artifacts.renamed(snapshot.artifact)
            if artifact != snapshot.artifact:
                snapshot = evolve(snapshot, artifact=artifact)
                self.record(snapshot)
        return snapshot

    def record(self, snapshot: Snapshot) -> None:
        self.services.record(snapshot)
        self.outputs.snapshots[self.node.id] = snapshot
        # After it is on record: a crash in between leaves a generation open, which is seen.
        self.link(snapshot)

    def audit_again(self) -> NodeResult:
        """New audits on current rows: a failure leaves them current, but marked as failing."""
        snapshot = self.as_it_is_now()
        key = audits_key(self.node.audits)
        try:
            self.audit(self.place.relation(self.node.id))
        except SeeknalError:
            self.record(evolve(snapshot, audits=self.audits, audits_key=key, failing=True))
            raise
        snapshot = evolve(snapshot, audits=self.audits, audits_key=key, failing=False)
        rows = snapshot.artifact.rows if snapshot.artifact else None
        return self.result("success", self.deliver(snapshot), rows=rows)

    def deliver_again(self) -> NodeResult:
        assert self.snapshot is not None
        if not self.node.targets:
            # Nothing is written: what earlier targets of the node are owed is said.
            return self.result("success", self.deliver(self.as_it_is_now()))
        if self.node.kind in self.services.plugins.kinds and not self.place.has_rows(self.node.id):
            return self.expose()
        return self.result("success", self.deliver(self.as_it_is_now()))

    def as_it_is_now(self) -> Snapshot:
        """The stored rows under what is said of the node today.

        Rows of another definition, as a rollback gives them back, stay known as such.
        """
        assert self.snapshot is not None
        fingerprint = self.services.plan.fingerprints[self.node.id]
        if fingerprint.content != self.snapshot.fingerprint.content:
            return self.snapshot
        return still_current(self.snapshot, self.step, fingerprint, self.services.moved)

    def reuse(self) -> NodeResult:
        if self.snapshot is not None:
            fingerprint = self.services.plan.fingerprints[self.node.id]
            current = still_current(self.snapshot, self.step, fingerprint, self.services.moved)
            if current is not self.outputs.snapshots.get(self.node.id):
                self.record(current)
        return reused(self.step)

    def result(
        self, status: Any, snapshot: Snapshot | None = None, rows: int | None = None
    ) -> NodeResult:
        size = snapshot.artifact.size if snapshot and snapshot.artifact else None
        return NodeResult(
            node=self.node.id,
            status=status,
            reason=self.step.reason,
            rows=rows,
            phases=self.phases,
            audits=self.audits,
            deliveries=self.handed,
            notes=tuple(self.warnings.notes),
            bytes=size,
            snapshot=snapshot,
        )

    def give_up(self) -> bool:
        """Whether the function of a Python node was still at work; its rows are stored nowhere."""
        return self.node.python is not None and self.has_rows.acquire(blocking=False)

    def failed(self, error: BaseException) -> NodeResult:
        from seeknal.lineage.sourcefaults import line_of_file

        explained = self.explained(error)
        return NodeResult(
            node=self.node.id,
            status="failed",
            reason=self.step.reason,
            phases=self.phases,
            audits=self.audits,
            error=explained.message,
            code=explained.code,
            location=line_of_file(explained, self.node),
            help=explained.help,
            notes=tuple(self.warnings.notes),
        )

    def explained(self, error: BaseException) -> SeeknalError:
        services = self.services
        private = pii_columns(services.project.nodes, self.node.id)
        found = explain(error, self.node, services.project.target, private)
        if self.node.source is None and not may_be_wrong(found):
            return found
        from seeknal.run.foreseen import as_checked

        return as_checked(
            found, self.node, services.project, services.plugins, self.outputs.snapshots
        )

    def clean_up(self) -> None:
        _release_function()
        self.discard()

    def discard(self) -> None:
        """Remove what the step has written for itself alone."""
        if self.candidate is not None:
            self.candidate.unlink(missing_ok=True)
        if self.place.workdir.exists():
            shutil.rmtree(self.place.workdir, ignore_errors=True)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + time.monotonic() - started


def _release_function() -> None:
    """Close what a Python node's function had for itself."""
    # Another worker may be importing it at this moment: then this one has nothing to release.
    if release := getattr(sys.modules.get("seeknal.run.python.function"), "release", None):
        release()


def _instead(action: str) -> str:
    reasons = {"audit": "audits changed", "deliver": "target owed"}
    return reasons.get(action, "inputs unchanged")
