"""Writing a node's rows to its targets: each is attempted, and what failed is remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from attrs import evolve

from seeknal.errors import DeliveryError, SeeknalError
from seeknal.model import Delivered, Delivery, Node, Relation, Snapshot, Target
from seeknal.plan.planner import owed_targets
from seeknal.secret import scrub

Write = Callable[[Target, Relation, str], Delivered | None]
"""Writes a relation to a target under a delivery id; None when no plugin takes the target."""


def plan_deliveries(node: Node, snapshot: Snapshot, run_id: str, again: bool) -> Snapshot:
    """The snapshot with each delivery that is due marked as owed, under an id that stays.

    ``again``: due even where the target already holds these rows (not for appends, which
    would hold them twice).
    """
    due = set(owed_targets(node, snapshot))
    if again:
        due |= {target.key for target in node.targets if target.mode != "append"}
    kept = {key: snapshot.deliveries[key] for key in _keys(node) if key in snapshot.deliveries}
    for target in node.targets:
        if target.key in due:
            kept[target.key] = _owed(target, snapshot, kept.get(target.key), run_id)
    return evolve(snapshot, deliveries=kept)


def deliver(node: Node, snapshot: Snapshot, relation: Relation, write: Write) -> Snapshot:
    """The snapshot after every owed delivery was attempted once."""
    deliveries = dict(snapshot.deliveries)
    for target in node.targets:
        delivery = deliveries.get(target.key)
        if delivery is not None and delivery.status == "owed":
            deliveries[target.key] = _attempt(target, delivery, relation, write)
    return evolve(snapshot, deliveries=deliveries)


def _keys(node: Node) -> list[str]:
    return [target.key for target in node.targets]


def _owed(target: Target, snapshot: Snapshot, known: Delivery | None, run_id: str) -> Delivery:
    retried = known and known.status == "owed" and known.output_id == snapshot.output_id
    return Delivery(
        key=target.key,
        status="owed",
        output_id=snapshot.output_id,
        delivery_id=known.delivery_id if known and retried else f"{run_id}/{target.node}",
        label=f"{target.type} {target.label}" if target.type != "file" else target.label,
    )


def _attempt(target: Target, owed: Delivery, relation: Relation, write: Write) -> Delivery:
    at = datetime.now(UTC).isoformat()
    try:
        done = write(target, relation, owed.delivery_id)
        if done is None:
            raise DeliveryError(f"no plugin writes to a target of type {target.type!r}")
    except SeeknalError as error:
        help = f" ({error.help})" if error.help else ""
        return evolve(owed, error=scrub(f"{error.message}{help}"), at=at)
    except Exception as error:
        # A driver's own exception must not undo or stop the other targets.
        return evolve(owed, error=scrub(f"{type(error).__name__}: {error}"), at=at)
    label = owed.label + (f" ({done.detail})" if done.detail else "")
    return evolve(owed, status="delivered", rows=done.rows, error=None, at=at, label=label)
