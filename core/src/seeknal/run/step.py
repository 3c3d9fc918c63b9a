"""One node's step: what has to be done is done, and told as a result."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.graph.fingerprint import audits_key
from seeknal.kernel.logs import node_logger
from seeknal.plan.finding import as_found
from seeknal.plan.merging import merges_into
from seeknal.plan.planner import built_in
from seeknal.plan.views import is_view, output_over
from seeknal.run.building import Build, release_function
from seeknal.run.delivery.addressing import reused
from seeknal.run.delivery.handover import hand_over
from seeknal.run.delivery.owing import carried_over
from seeknal.run.failures import as_checked, explain, may_be_wrong
from seeknal.run.leaving import left_alone
from seeknal.run.step_scope import StepScope
from seeknal.run.transitions import transition_of
from seeknal.values.deliveries import Account
from seeknal.values.errors import SeeknalError
from seeknal.values.names import NodeId
from seeknal.values.pii import pii_columns
from seeknal.values.results import NodeResult

if TYPE_CHECKING:
    import duckdb

    from seeknal.run.intervals.ranged import RangedStep
    from seeknal.run.step_scope import Services
    from seeknal.values.audits import AuditResult
    from seeknal.values.deliveries import Delivery
    from seeknal.values.plan import Action, Step
    from seeknal.values.relations import Relation
    from seeknal.values.results import Status
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.tracking import Spans


class StepExecution:
    """One step while it is carried out."""

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
        log, self.warnings = node_logger(node.id, services.run_id, services.tell)
        self.scope = StepScope(
            node=node,
            services=self.services,
            cursor=cursor,
            workdir=self.services.project.target / "tmp" / self.services.run_id / str(node.id),
            log=log,
        )
        self.snapshot = self.outputs.snapshots.get(node.id)
        self.account = self._known_account()
        if step.resumes is not None:
            self.snapshot = step.resumes.with_account(self.account)
        self.build = Build(self.scope, step, self.snapshot, self.account)
        self.audits_see_more = False
        """Whether what the node's audits read of other nodes is not what they have read before."""
        self.attempted: tuple[Delivery, ...] = ()
        """The deliveries that this step attempted."""
        self.ranged: RangedStep | None = None
        """What became of the ranges of a tracked node."""

    def _known_account(self) -> Account:
        """What the node's targets hold and are owed, whatever became of its outputs."""
        if self.snapshot is not None:
            return self.snapshot.account
        known = self.services.account_of(self.node.id)
        return carried_over(self.node, known) if known else Account()

    def carry_out(self) -> NodeResult:
        """Do what the plan says, or what turns out to be enough. Raises what stops the node."""
        if self.node.tracking is not None and self.step.action == "run":
            return self.process_ranges()
        action = self.step.action
        if action == "run" and self.step.conditional and not self.inputs_differ():
            action, reason = self.step.otherwise, _reason_instead(self.step.otherwise)
            if self.audits_see_more and action != "audit":
                action, reason = "audit", "what its audits read has changed"
            self.step = evolve(self.step, reason=reason)
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

    def process_ranges(self) -> NodeResult:
        """Bring a tracked node up to date, range by range."""
        from seeknal.run.intervals.ranged import RangedStep

        self.ranged = ranged = RangedStep(self.scope, self.step, self.snapshot, self.build)
        snapshot = ranged.carry_out()
        if snapshot is self.snapshot:
            reason = ranged.reason or self.step.reason
            self.step = evolve(self.step, action=self.step.otherwise, reason=reason)
            return evolve(self.carry_out(), waiting=ranged.waiting, work=ranged.work)
        self.step = evolve(self.step, reason=ranged.reason or self.step.reason)
        delivered = self.deliver(snapshot, marked=ranged.marks_left())
        status: Status = "success" if ranged.processed else "reused"
        rows = snapshot.artifact.rows if snapshot.artifact and ranged.processed else None
        return self.result(status, delivered, rows=rows)

    def inputs_differ(self) -> bool:
        """Whether the node would read other rows than it has read before."""
        if self.node.does == "checks":
            # It keeps nothing of its own: its input's step asked its audits, or had no need to.
            return not self.reused_before >= set(self.node.parents)
        if self.snapshot is None:
            return True
        inputs, before = self.outputs.inputs_of(self.node), self.snapshot.inputs
        if dict(before) == inputs:
            return False
        cutoff = self.services.cutoff
        if any(before.get(id) != inputs[id] for id in self.node.parents) and (
            cutoff is None
            or not cutoff.unchanged(
                self.node.increment, self.snapshot, self.outputs.snapshots, self.scope.cursor
            )
        ):
            return True
        others = self.services.plugins.hooks.audit_nodes
        looked_at = {NodeId(id) for audit in self.node.audits for id in others(audit=audit) or ()}
        self.audits_see_more = any(before.get(id) != inputs[id] for id in looked_at & inputs.keys())
        # From here on these are what it was computed from: they say the same.
        self.snapshot = evolve(self.snapshot, inputs=inputs)
        if is_view(self.snapshot):
            output_id = output_over(self.snapshot, inputs)
            self.snapshot = evolve(self.snapshot, output_id=output_id)
        return False

    def adopt(self) -> NodeResult | None:
        """Take over what was built already over the inputs as they turned out to be, if any."""
        if not self.step.conditional or self.node.id in self.services.plan.inlined:
            return None
        found = self.services.finder.find(
            self.node,
            self.services.plan.fingerprints[self.node.id].content,
            self.outputs.inputs_of(self.node),
            self.step.source_version,
            merges_into(self.node, self.snapshot, anew=self.step.anew),
        )
        if found is None:
            return None
        self.step = evolve(self.step, reason=built_in(found.where))
        return self.take_over(found.snapshot)

    def take_over(self, found: Snapshot) -> NodeResult:
        """Make an output that was built already this environment's: audited, then delivered."""
        assert found.artifact is not None
        services, asked = self.services, audits_key(self.node.audits)
        if asked != found.audits_key:
            self.build.audit(self.scope.relation_of(found.artifact))
        snapshot = evolve(
            found,
            fingerprint=services.plan.fingerprints[self.node.id],
            artifact=as_found(found.artifact, services.touched),
            source_version=self.step.source_version or found.source_version,
            audits=self.build.audits or found.audits,
            audits_key=asked,
            deliveries=self.account.deliveries,
            backlog=self.account.backlog,
            delivers=bool(self.node.targets),
            layer=self.node.layer or "",
        )
        return self.result("reused", self.deliver(snapshot))

    def run(self) -> NodeResult:
        """Build what the node is by its definition."""
        if self.node.does == "checks":
            self.build.audits = self.audits_of_rule()
            return self.result("success")
        kind = self.services.plugins.kinds[self.node.kind]
        if not kind.produces_rows:
            return self.expose()
        if self.node.id in self.services.plan.inlined:
            return self.result("success", self.deliver(self.build.define_view()))
        snapshot = self.build.store()
        assert snapshot.artifact is not None
        return self.result("success", self.deliver(snapshot), rows=snapshot.artifact.rows)

    def expose(self) -> NodeResult:
        """Deliver the rows of a node that only does that."""
        snapshot, relation = self.build.expose()
        rows = relation.rows if relation else None
        return self.result("success", self.deliver(snapshot, relation), rows=rows)

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

    def deliver(
        self, snapshot: Snapshot, relation: Relation | None = None, marked: Spans | None = None
    ) -> Snapshot:
        """Put ``snapshot`` on record and write what targets are owed of it.

        ``marked``: which of its ranges are to be redone from now on, where that changes.
        """
        if marked is not None:
            self.scope.record(snapshot, marked)
        done = hand_over(self.scope, snapshot, relation, self.snapshot, self.account)
        self.attempted = done.deliveries
        return done.snapshot

    def audit_again(self) -> NodeResult:
        """New audits on current rows: a failure leaves them current, but marked as failing."""
        snapshot = self.as_it_is_now()
        key = audits_key(self.node.audits)
        try:
            self.build.audit(self.scope.relation(self.node.id))
        except SeeknalError:
            self.scope.record(
                evolve(snapshot, audits=self.build.audits, audits_key=key, failing=True)
            )
            raise
        snapshot = evolve(snapshot, audits=self.build.audits, audits_key=key, failing=False)
        rows = snapshot.artifact.rows if snapshot.artifact else None
        return self.result("success", self.deliver(snapshot), rows=rows)

    def deliver_again(self) -> NodeResult:
        """Write what targets are owed of current rows, or only say it of earlier targets."""
        kinds = self.services.plugins.kinds
        if self.node.targets and self.node.kind in kinds and not self.scope.has_rows(self.node.id):
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
        return reused(self.node, self.snapshot, self.step, fingerprint, self.services.touched)

    def reuse(self) -> NodeResult:
        """Leave the node as it is, noting what changed of it though its rows did not."""
        if self.snapshot is not None:
            fingerprint = self.services.plan.fingerprints[self.node.id]
            current = reused(
                self.node, self.snapshot, self.step, fingerprint, self.services.touched
            )
            if current is not self.outputs.snapshots.get(self.node.id):
                self.scope.record(current)
        return left_alone(self.step)

    def result(
        self, status: Status, snapshot: Snapshot | None = None, rows: int | None = None
    ) -> NodeResult:
        """The result of the step as far as it has come."""
        size = snapshot.artifact.size if snapshot and snapshot.artifact else None
        return NodeResult(
            node=self.node.id,
            status=status,
            reason=self.step.reason,
            rows=rows,
            phases=self.scope.phases.seconds,
            audits=self.build.audits,
            deliveries=self.attempted,
            notes=tuple(self.warnings.notes),
            bytes=size,
            snapshot=snapshot,
            transition=transition_of(self.scope, self.step, snapshot),
            processed=self.ranged.processed if self.ranged else (),
            adopted=self.ranged.adopted if self.ranged else (),
            waiting=self.ranged.waiting if self.ranged else (),
            work=self.ranged.work if self.ranged else None,
        )

    def failed(self, error: BaseException) -> NodeResult:
        """The result of a step that ``error`` has stopped."""
        from seeknal.lineage.sourcefaults import line_of_file

        explained = self.explained(error)
        return NodeResult(
            node=self.node.id,
            status="failed",
            reason=self.step.reason,
            phases=self.scope.phases.seconds,
            audits=self.build.audits,
            error=explained.message,
            code=explained.code,
            location=line_of_file(explained, self.node),
            help=explained.help,
            notes=tuple(self.warnings.notes),
            transition=transition_of(self.scope, self.step, None),
            processed=self.ranged.recorded if self.ranged else (),
            adopted=self.ranged.adopted if self.ranged else (),
            waiting=self.ranged.waiting if self.ranged else (),
            work=self.ranged.work if self.ranged else None,
        )

    def explained(self, error: BaseException) -> SeeknalError:
        """``error`` in the words and at the location at which validating tells it, where it can."""
        services, python = self.services, self.node.python
        private = pii_columns(services.project.nodes, self.node.id)
        code = services.project.root / python.file if python else None
        merging = not self.step.anew and self.snapshot is not None
        ran = self.node.increment if merging else self.node
        found = explain(error, ran, services.project.target, private, code)
        if self.node.source is None and not may_be_wrong(found):
            return found
        return as_checked(
            found, self.node, services.project, services.plugins, self.outputs.snapshots
        )

    def give_up(self) -> bool:
        """Whether the function of a Python node was still at work; its rows are stored nowhere."""
        return self.build.give_up()

    def clean_up(self) -> None:
        """Close and remove what the step had for itself alone."""
        release_function()
        self.discard()

    def discard(self) -> None:
        """Remove what the step has written for itself alone."""
        self.build.discard()
        if self.scope.workdir.exists():
            shutil.rmtree(self.scope.workdir, ignore_errors=True)


def _reason_instead(action: Action) -> str:
    """Why something else is done than running, as the inputs turned out not to have changed."""
    reasons = {"audit": "audits changed", "deliver": "target owed"}
    return reasons.get(action, "inputs unchanged")
