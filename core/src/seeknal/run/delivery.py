"""Writing a node's rows to its targets: each is attempted, and what failed is remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from attrs import evolve

from seeknal.errors import DeliveryError, SeeknalError
from seeknal.model import (
    PRODUCTION,
    Artifact,
    Delivered,
    Delivery,
    Node,
    Owed,
    Relation,
    Snapshot,
    Target,
)
from seeknal.plan.planner import owed_targets
from seeknal.secret import scrub

Write = Callable[[Target, Relation, Delivery], Delivered | None]
"""Writes a relation to a target as what is owed to it; None when no plugin takes the target."""


def plan_deliveries(
    node: Node,
    snapshot: Snapshot,
    run_id: str,
    again: bool,
    before: Snapshot | None = None,
    environment: str = PRODUCTION,
) -> Snapshot:
    """The snapshot with each delivery that is due marked as owed, under an id that stays.

    ``again``: due even where the target already holds these rows (not for appends, which
    would hold them twice). What an append target was owed of ``before`` joins the backlog:
    other modes need only the newest rows.
    """
    due = set(owed_targets(node, snapshot))
    if again:
        due |= {target.key for target in node.targets if target.mode != "append"}
    keys = {target.key for target in node.targets}
    kept = {key: entry for key, entry in snapshot.deliveries.items() if key in keys}
    backlog = [owed for owed in snapshot.backlog if owed.delivery.key in keys]
    for target in node.targets:
        if target.key in due:
            known = kept.get(target.key)
            if missed := _missed(target, known, snapshot, before):
                backlog.append(missed)
            owed = _owed(target, snapshot, known, run_id)
            kept[target.key] = evolve(owed, environment=environment)
    return evolve(snapshot, deliveries=kept, backlog=tuple(backlog))


def _missed(
    target: Target, known: Delivery | None, snapshot: Snapshot, before: Snapshot | None
) -> Owed | None:
    """What an append target never got, now that there are newer rows."""
    stale = known and known.status == "owed" and known.output_id != snapshot.output_id
    if target.mode != "append" or not stale or known is None:
        return None
    if before is None or before.artifact is None or before.output_id != known.output_id:
        return None
    return Owed(delivery=known, artifact=before.artifact)


def deliver(
    node: Node,
    snapshot: Snapshot,
    relation: Relation,
    write: Write,
    relation_of: Callable[[Artifact], Relation],
) -> Snapshot:
    """The snapshot after every owed delivery was attempted once, each target's in order."""
    targets = {target.key: target for target in node.targets}
    deliveries = dict(snapshot.deliveries)
    backlog: list[Owed] = []
    blocked: dict[str, str | None] = {}
    for owed in snapshot.backlog:
        target = targets[owed.delivery.key]
        done = owed.delivery
        if target.key not in blocked:
            done = _attempt(target, owed.delivery, relation_of(owed.artifact), write)
        if done.status == "owed":
            blocked.setdefault(target.key, done.error)
            backlog.append(evolve(owed, delivery=done))
    for target in node.targets:
        delivery = deliveries.get(target.key)
        if delivery is None or delivery.status != "owed":
            continue
        if target.key in blocked:
            error = f"{blocked[target.key]} (earlier rows go first)"
            deliveries[target.key] = evolve(delivery, error=error)
        else:
            deliveries[target.key] = _attempt(target, delivery, relation, write)
    return evolve(snapshot, deliveries=deliveries, backlog=tuple(backlog))


def _owed(target: Target, snapshot: Snapshot, known: Delivery | None, run_id: str) -> Delivery:
    retried = known and known.status == "owed" and known.output_id == snapshot.output_id
    id = f"{run_id}/{target.node}/{target.key}"
    return Delivery(
        key=target.key,
        status="owed",
        output_id=snapshot.output_id,
        delivery_id=known.delivery_id if known and retried else id,
        label=f"{target.type} {target.label}" if target.type != "file" else target.label,
        before=known.before if known else "",
    )


def _attempt(target: Target, owed: Delivery, relation: Relation, write: Write) -> Delivery:
    at = datetime.now(UTC).isoformat()
    try:
        done = write(target, relation, owed)
        if done is None:
            raise DeliveryError(f"no plugin writes to a target of type {target.type!r}")
    except SeeknalError as error:
        help = f" ({error.help})" if error.help else ""
        return evolve(owed, error=scrub(f"{error.message}{help}"), at=at)
    except Exception as error:
        # A driver's own exception must not undo or stop the other targets.
        return evolve(owed, error=scrub(f"{type(error).__name__}: {error}"), at=at)
    label = owed.label + (f"; {done.detail}" if done.detail else "")
    return evolve(
        owed, status="delivered", rows=done.rows, error=None, at=at, label=label, before=""
    )
