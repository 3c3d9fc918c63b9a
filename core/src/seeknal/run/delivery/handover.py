"""Handing a node's rows to its targets, under the names that they have in this environment."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.host import clock
from seeknal.run.audits import failure, failures, run_audits
from seeknal.run.delivery.destinations import delivered_to, destination_of
from seeknal.run.delivery.lines import (
    attempting,
    is_unknown,
    left_behind_by,
    places_of,
    put_taken,
    refused,
    sharing,
)
from seeknal.run.delivery.owing import Output, already_there, plan_deliveries, undelivered
from seeknal.run.delivery.ranges import (
    Current,
    extent_of,
    is_partial,
    replaced_by,
    rows_within,
)
from seeknal.run.delivery.writing import (
    Attempted,
    deliver,
    without_outcomes,
    without_target,
)
from seeknal.run.engine import write_rows
from seeknal.values.deliveries import Account, Delivery, Kept, Undone
from seeknal.values.errors import (
    ConnectionFailed,
    DeliveryError,
    NodeError,
    RowsRefused,
    TargetGone,
    TargetStands,
)
from seeknal.values.names import PRODUCTION
from seeknal.values.pii import pii_columns
from seeknal.values.relations import Relation, Scan
from seeknal.values.snapshot import Snapshot

if TYPE_CHECKING:
    from seeknal.run.delivery.writing import Attempted
    from seeknal.run.step_scope import StepScope
    from seeknal.values.deliveries import Delivered
    from seeknal.values.snapshot import Artifact
    from seeknal.values.targets import Target


@frozen(kw_only=True)
class HandedOver:
    """A node's snapshot once its targets were written, and the deliveries that were attempted."""

    snapshot: Snapshot
    deliveries: tuple[Delivery, ...] = ()


def hand_over(
    scope: StepScope,
    snapshot: Snapshot,
    relation: Relation | None,
    before: Snapshot | None,
    known: Account,
) -> HandedOver:
    """Record ``snapshot``, attempt what its targets are owed, and record what came of it.

    ``relation``: its rows, where they are not stored. ``before`` is the node's output until now,
    and ``known`` what its targets hold and are owed by that.
    """
    services, id = scope.services, scope.node.id
    if not scope.hands_over():
        scope.record(snapshot)
        lost = without_target(scope.node, _owed_here(scope, snapshot)) if services.deliver else ()
        return HandedOver(snapshot=snapshot, deliveries=lost)
    named = _labelled(scope)
    # For the rows of other outputs, and of this one where they are not stored.
    scope.outputs.snapshots[id] = snapshot
    snapshot = mark_owed(named, snapshot, relation, before)
    if services.deliver:
        snapshot = without_outcomes(snapshot)
    # On record before the first attempt, so that a crash leaves the delivery owed.
    scope.record(snapshot)
    there = already_there(named.node, snapshot, known, services.plan.redeliver)
    if not services.deliver or not undelivered(scope.node, snapshot):
        return HandedOver(snapshot=snapshot, deliveries=there)
    with scope.phases.timed("deliver"):
        if relation is None and scope.has_rows(id):
            relation = scope.relation(id)
        done = deliver_owed(named, snapshot, relation)
    snapshot = snapshot.with_account(done.account)
    scope.record(snapshot)
    return HandedOver(
        snapshot=_release_batches(scope, snapshot), deliveries=(*there, *done.deliveries)
    )


def _owed_here(scope: StepScope, snapshot: Snapshot) -> Account:
    """What targets of this environment are owed; others' is not taken over."""
    backlog = tuple(
        owed for owed in snapshot.backlog if owed.delivery.environment == scope.environment
    )
    return Account(backlog=backlog)


def _release_batches(scope: StepScope, snapshot: Snapshot) -> Snapshot:
    """Let go of batches that have arrived; the file of this output loses a name by that."""
    services = scope.services
    if services.store is not None:
        services.batches.release(scope.node.id, services.store.batches(scope.node.id))
    if snapshot.artifact is not None:
        artifact = services.artifacts.renamed(snapshot.artifact)
        if artifact != snapshot.artifact:
            snapshot = evolve(snapshot, artifact=artifact)
            scope.record(snapshot)
    return snapshot


def _labelled(scope: StepScope) -> StepScope:
    """The scope with the node's targets named as they are in its environment."""
    node = scope.node
    if scope.environment == PRODUCTION:
        return scope
    context, name = scope.context(), scope.services.plugins.hooks.isolate_target
    targets = tuple(
        evolve(target, label=name(target=target, context=context) or target.label)
        for target in node.targets
    )
    return evolve(scope, node=evolve(node, targets=targets))


def mark_owed(
    scope: StepScope, snapshot: Snapshot, relation: Relation | None, before: Snapshot | None
) -> Snapshot:
    """``snapshot`` with all that targets are owed of it; nothing is written to them yet.

    ``relation``: its rows, where they are not stored. ``before``: the node's output until now.
    """
    services = scope.services
    artifacts = services.artifacts
    output = Output(
        node=scope.node,
        snapshot=evolve(snapshot, delivers=True),
        run_id=services.run_id,
        keep=partial(_keep, scope, snapshot, relation),
        same=lambda one, other: services.contents.same_rows(one, other, scope.cursor),
        environment=scope.environment,
        again=services.plan.redeliver,
        gone=frozenset(key for id, key in services.plan.gone if id == scope.node.id),
        before=partial(_stored, scope, before),
        keep_earlier=partial(services.batches.keep_if_whole, scope.node.id),
        parts_of=partial(_parts, scope, before),
        line=partial(_line, scope, snapshot),
    )
    found = plan_deliveries(output)
    # Its file has a second name now.
    return evolve(found, artifact=found.artifact and artifacts.renamed(found.artifact))


def deliver_owed(scope: StepScope, snapshot: Snapshot, relation: Relation | None) -> Attempted:
    """Attempt once everything that the node's targets are owed; gives what came of it."""
    return deliver(
        scope.node,
        snapshot.account,
        relation,
        partial(_write, scope),
        partial(_batch, scope),
        pii_columns(scope.services.project.nodes, scope.node.id),
        _current(scope, snapshot),
    )


def _current(scope: StepScope, snapshot: Snapshot) -> Current | None:
    """What targets are brought to by range; None where the output is not made of parts."""
    artifact = snapshot.artifact
    if artifact is None or not artifact.composed:
        return None

    def rows_of(owed: Delivery) -> Relation:
        found = rows_within(artifact, owed.stale)
        scan = scope.services.artifacts.scan(found)
        rows = found.rows
        if rows < 0:
            ((rows,),) = scope.cursor().execute(f"SELECT count(*) FROM {scan}").fetchall()
        return Relation(node=scope.node.id, scan=scan, columns=artifact.columns, rows=rows)

    return Current(
        extent=extent_of(artifact),
        rows_of=rows_of,
        record=lambda account: scope.record(snapshot.with_account(account)),
        run_id=scope.services.run_id,
    )


def _keep(
    scope: StepScope, snapshot: Snapshot, relation: Relation | None, target: Target
) -> Artifact:
    """The rows of a target, stored where they stay until it has them."""
    artifact = snapshot.artifact
    if target.reads is not None:
        stored = scope.outputs.snapshots.get(target.reads)
        artifact = stored.artifact if stored else None
        relation = None if artifact else scope.relation(target.reads)
    if artifact is None:
        assert relation is not None
        path = scope.context().workdir / f"{target.key}.parquet"
        rows, columns = write_rows(
            scope.cursor(), Scan(f"FROM {relation.scan}"), path, repeatable=True
        )
        artifact = scope.services.artifacts.described(path, rows, columns)
    return scope.services.batches.keep(scope.node.id, artifact)


def _line(scope: StepScope, snapshot: Snapshot, target: Target) -> tuple[str, ...]:
    """What the rows that a target gets go on from; empty where they may be made anew."""
    node, known = scope.node, scope.outputs.snapshots
    of = [target.reads] if target.reads is not None else node.parents
    found = [snapshot] if scope.has_rows(node.id) else [known[id] for id in of if id in known]
    lines = (each.merged.line(each.output_id) for each in found if each.merged is not None)
    return next(filter(None, lines), ())


def _stored(scope: StepScope, before: Snapshot | None, output_id: str) -> Artifact | None:
    """The rows of an earlier output of the node; None where they are not stored any more."""
    found = _output(scope, before, output_id)
    if found is None:
        return None
    health, artifact = scope.services.artifacts.verify(found)
    return artifact if health == "ok" else None


def _parts(scope: StepScope, before: Snapshot | None, output_id: str) -> Artifact | None:
    """What an earlier output of the node was made of, stored or not; None where nobody knows."""
    found = _output(scope, before, output_id)
    return found if found is not None and found.composed else None


def _output(scope: StepScope, before: Snapshot | None, output_id: str) -> Artifact | None:
    found = before
    if before is None or before.output_id != output_id:
        found = scope.services.output_of(scope.node.id, output_id) if output_id else None
    return found.artifact if found else None


def _batch(scope: StepScope, target: Target, artifact: Artifact) -> Relation:
    """The rows of a batch, which are what was kept. Raises DeliveryError when they are not."""
    health, _ = scope.services.artifacts.verify(artifact)
    if health != "ok":
        raise DeliveryError(
            f"the rows that are owed are {health}: .seeknal/deliveries/rows",
            code="SK1111",
            help="seeknal deliveries drop gives them up",
        )
    return evolve(scope.relation_of(artifact), node=target.reads or scope.node.id)


def _write(
    scope: StepScope, target: Target, relation: Relation, owed: Delivery
) -> Delivered | None:
    plugins, store = scope.services.plugins, scope.services.store
    assert store is not None
    destinations = store.destinations
    landing = destination_of(target, scope.context(), plugins)
    places = [*places_of(target, landing, destinations.all().values())] if owed.line else []
    others = sharing(target, scope.services.project.nodes) if owed.line else frozenset()
    left = left_behind_by(owed, target, places, others)
    unknown = is_unknown(owed, target, places)
    context = scope.context(
        delivery_id=owed.delivery_id,
        output_id=owed.output_id,
        recorded=bool(owed.holds_as),
        audit_of=partial(_audit, scope),
        undone_spans=partial(_undone, scope, owed),
        replaced=replaced_by(owed) if target.by_range else (),
        partial=target.by_range and is_partial(owed),
        anew=left is not None or unknown,
    )
    if target.reads is not None and not target.accumulates:
        relation = scope.relation(target.reads)
    known = destinations.get(landing.key)
    # Before anything is written: what a crash leaves there is on record.
    begun = landing.going_on(known) if known else landing
    destinations.put(attempting(begun.attempting(owed.delivery_id), owed))
    try:
        done = plugins.hooks.materialize(target=target, relation=relation, context=context)
    except (ConnectionFailed, NodeError, RowsRefused, TargetGone, TargetStands) as error:
        # Nothing was written: it is as it was before.
        destinations.put(known) if known else destinations.forget(landing.key)
        if isinstance(error, TargetStands):
            raise refused(error, left, owed) from error
        raise
    if done is not None:
        at = clock.now().isoformat()
        place = delivered_to(landing, known, owed, done, at)
        put_taken(destinations, place, target, owed, others)
    return done


def _audit(scope: StepScope, relation: Relation) -> None:
    """Ask the node's audits about what a target would hold; raises when one fails."""
    node = scope.node
    if node.audits:
        found = run_audits(node, relation, scope.services.plugins, scope.context())
        if failures(found):
            raise failure(node, found, scope.services.project.root)


def _undone(scope: StepScope, owed: Delivery) -> Undone | None:
    """What a rollback puts right in the target, None where it is no rollback."""
    if not owed.undoes:
        return None
    kept = [Kept(span=span, relation=_earlier(scope, span.output_id)) for span in owed.back]
    return Undone(spans=owed.undoes, kept=tuple(kept))


def _earlier(scope: StepScope, output_id: str) -> Relation | None:
    """The rows of another output of the node, None where they are not kept."""
    snapshot = scope.services.output_of(scope.node.id, output_id) if output_id else None
    if snapshot is None or snapshot.artifact is None:
        return None
    there = all(path.exists() for path in scope.services.artifacts.paths(snapshot.artifact))
    return scope.relation_of(snapshot.artifact) if there else None
