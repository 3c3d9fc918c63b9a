"""A node's new output: its rows are computed, held back while anything is wrong, and published."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.graph.fingerprint import audits_key, derived_id
from seeknal.host import clock
from seeknal.plan.finding import as_found
from seeknal.plan.views import output_over
from seeknal.run.audits import check_columns, failure, failures, run_audits
from seeknal.run.computing import compute, executable, exposed
from seeknal.run.merging import earlier_rows, merged_now
from seeknal.values.errors import NodeError
from seeknal.values.names import NodeId
from seeknal.values.provenance import carries, content
from seeknal.values.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeknal.run.merging import Earlier
    from seeknal.run.python.traced import Traced
    from seeknal.run.step_scope import StepScope
    from seeknal.values.audits import AuditResult
    from seeknal.values.columns import Column
    from seeknal.values.deliveries import Account
    from seeknal.values.plan import Step
    from seeknal.values.relations import Relation
    from seeknal.values.snapshot import Artifact


_SEVERAL = "its rows are of several runs, each made from those before it"


class Build:
    """Makes what a step's node is by its definition; nothing of it is on record yet."""

    def __init__(
        self, scope: StepScope, step: Step, before: Snapshot | None, account: Account
    ) -> None:
        self.scope = scope
        self.step = step
        self.before = before
        self.account = account
        self.audits: tuple[AuditResult, ...] = ()
        self._candidate: Path | None = None
        self._traced: Traced | None = None
        self._has_rows = threading.Lock()
        """Held from when the rows are there, or the node is given up: whichever is first."""
        self._taken = False

    def store(self) -> Snapshot:
        """Compute, audit and publish the rows of a node that stores them."""
        scope, artifacts = self.scope, self.scope.services.artifacts
        inputs = scope.outputs.inputs_of(scope.node)
        earlier = earlier_rows(scope, self.step, self.before)
        if self.step.reason == "artifact damaged" and self.before and self.before.artifact:
            artifacts.set_aside(self.before.artifact)
        self._candidate = artifacts.candidate(scope.node.id, scope.services.run_id)
        with scope.phases.timed("execute"):
            relation = compute(scope, self._candidate, self.remember_query, self.take_rows, earlier)
        check_columns(scope, relation.columns)
        self.audit(relation)
        with scope.phases.timed("publish"):
            artifact, output_id = self._kept(relation) or self._publish(relation)
            snapshot = evolve(self.snapshot(output_id, inputs), artifact=artifact)
            return self._as_before(self._as_merged(snapshot, earlier))

    def _as_merged(self, snapshot: Snapshot, earlier: Earlier | None) -> Snapshot:
        """``snapshot``, and of a node that goes on from its rows how they came about."""
        node = self.scope.node
        if not node.goes_on:
            return snapshot
        begins = f"{self.scope.services.run_id}/{node.id}" if node.from_earlier else ""
        merged = merged_now(self.before if earlier else None, begins=begins)
        was = self.before
        if node.from_earlier and was is not None and was.output_id == snapshot.output_id:
            # Nothing has become of them.
            merged = was.merged or merged
        kept = earlier is not None and earlier.edited and not node.from_earlier
        return evolve(snapshot, merged=merged, forward_only=kept)

    def _as_before(self, snapshot: Snapshot) -> Snapshot:
        """``snapshot``, and by which run its rows were made first if it has those of before."""
        before, artifact = self.before, snapshot.artifact
        if before is None or before.artifact is None or artifact is None:
            return snapshot
        if (before.artifact.path, before.artifact.sha256) != (artifact.path, artifact.sha256):
            return snapshot
        return evolve(snapshot, first_run=before.made_by, first_at=before.made_at)

    def define_view(self) -> Snapshot:
        """A view has no rows of its own: binding it proves that its SQL fits its inputs."""
        scope, outputs = self.scope, self.scope.outputs
        inputs = outputs.inputs_of(scope.node)
        with scope.phases.timed("execute"):
            sql, run_id = executable(scope), scope.services.run_id
            view = outputs.define_view(scope.node, sql, run_id, scope.cursor())
        check_columns(scope, view.columns)
        snapshot = evolve(self.snapshot("", inputs), view=view)
        return evolve(snapshot, output_id=output_over(snapshot, inputs))

    def expose(self) -> tuple[Snapshot, Relation | None]:
        """A node that only delivers: its rows exist for as long as that takes, if it does."""
        scope = self.scope
        inputs = scope.outputs.inputs_of(scope.node)
        definition = scope.services.plan.fingerprints[scope.node.id].content
        snapshot = self.snapshot(derived_id(definition, inputs), inputs)
        if not scope.hands_over():
            return snapshot, None
        with scope.phases.timed("execute"):
            return snapshot, exposed(scope)

    def audit(self, relation: Relation) -> None:
        """Ask the node's audits about ``relation``; raises when one of them stops the node."""
        scope = self.scope
        if not scope.node.audits:
            return
        with scope.phases.timed("audit"):
            self.audits = run_audits(scope.node, relation, scope.services.plugins, scope.context())
        if failures(self.audits):
            raise failure(scope.node, self.audits, scope.services.project.root)

    def snapshot(self, output_id: str, inputs: dict[NodeId, str]) -> Snapshot:
        """What is known of the node once it has this output, by what was done so far."""
        node, services = self.scope.node, self.scope.services
        return Snapshot(
            node=node.id,
            fingerprint=services.plan.fingerprints[node.id],
            inputs=inputs,
            output_id=output_id,
            source_version=self.step.source_version,
            audits=self.audits,
            audits_key=audits_key(node.audits),
            deliveries=self.account.deliveries,
            backlog=self.account.backlog,
            run_id=services.run_id,
            finished_at=clock.now().isoformat(),
            layer=node.layer or "",
            seconds=sum(self.scope.phases.seconds.values()),
            dated=node.definition if node.time_dependent else None,
            query=self._traced.query if self._traced and not node.goes_on else None,
            untraced=_SEVERAL if node.goes_on and node.python else self._untraced(),
            delivers=bool(node.targets),
        )

    def give_up(self) -> bool:
        """Whether the function of a Python node was still at work; its rows are stored nowhere."""
        return self.scope.node.python is not None and self._has_rows.acquire(blocking=False)

    def discard(self) -> None:
        """Remove rows that were not published."""
        if self._candidate is not None:
            self._candidate.unlink(missing_ok=True)

    def _publish(self, relation: Relation) -> tuple[Artifact, str]:
        assert relation.path is not None
        scope, columns = self.scope, relation.columns
        artifact = scope.services.artifacts.publish(
            scope.node.id,
            relation.path,
            fingerprint=scope.services.plan.fingerprints[scope.node.id].short,
            rows=relation.rows,
            columns=columns,
        )
        known = self.before.artifact if self.before else None
        if known and known.sha256 == artifact.sha256 and known.columns != columns:
            # Equal bytes that mean something else, such as a file that another node stored.
            types = {NodeId(column.name): column.type for column in columns}
            return artifact, derived_id(artifact.sha256, types)
        return artifact, artifact.output_id

    def _kept(self, relation: Relation) -> tuple[Artifact, str] | None:
        """The output of before, where the rows are those that it has."""
        services, before = self.scope.services, self.before
        if before is None or before.artifact is None or relation.path is None:
            return None
        known = (before.artifact.rows, before.artifact.columns)
        if known != (relation.rows, relation.columns):
            return None
        compared = self._compared(relation, before)
        if compared is None:
            return None
        columns, ordered = compared
        same = services.contents.same_as_file(
            before.artifact, relation.path, columns, self.scope.cursor(), ordered=ordered
        )
        return (as_found(before.artifact, services.touched), before.output_id) if same else None

    def _compared(
        self, relation: Relation, before: Snapshot
    ) -> tuple[Sequence[Column], bool] | None:
        """The columns by which rows may be those of before, and whether their order counts.

        Of rows that were gone on from nothing may have become; of others nothing but where they
        are from may be new. None for rows that are new anyway.
        """
        services, node = self.scope.services, self.scope.node
        if node.from_earlier:
            return relation.columns, False
        now = services.plan.fingerprints[node.id].content
        if now != before.fingerprint.content or before.forward_only:
            return None
        if node.merges_by or not carries(node, relation.columns):
            return None
        cutoff, snapshots = services.cutoff, self.scope.outputs.snapshots
        ordered = cutoff is None or cutoff.order_shows(node.id, snapshots)
        return content(node, relation.columns), ordered

    def _untraced(self) -> str | None:
        return self._traced.why if self._traced else None

    def begin_batch(self) -> Path:
        """Where the rows of the next batch are written; those of the one before are stored."""
        self.discard()
        scope = self.scope
        self._candidate = scope.services.artifacts.candidate(scope.node.id, scope.services.run_id)
        if self._taken:
            self._taken = False
            self._has_rows.release()
        return self._candidate

    def remember_query(self, found: Traced) -> None:
        """Note which query a Python node's rows are, or why none is known."""
        self._traced = found

    def take_rows(self) -> None:
        """Note that the rows are there. Raises NodeError when nobody waits for them any more."""
        if not self._has_rows.acquire(blocking=False):
            raise NodeError(f"{self.scope.node.id} was given up", code="SK0714")
        self._taken = True
        release_function()


def release_function() -> None:
    """Close what a Python node's function had for itself."""
    # Another worker may be importing it at this moment: then this one has nothing to release.
    if release := getattr(sys.modules.get("seeknal.run.python.function"), "release", None):
        release()
