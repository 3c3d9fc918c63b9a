"""Handing a node's rows to its targets, under the names that they have in this environment."""

from __future__ import annotations

from functools import partial

from attrs import evolve

from seeknal.model import PRODUCTION, Delivered, Delivery, Relation, Snapshot, Target
from seeknal.run.audits import failure, failures, run_audits
from seeknal.run.delivery import deliver, plan_deliveries
from seeknal.run.place import Place


def labelled(place: Place) -> Place:
    """The place with the node's targets named as they are in its environment."""
    node = place.node
    if place.environment == PRODUCTION:
        return place
    context, name = place.context(), place.services.plugins.hooks.isolate_target
    targets = tuple(
        evolve(target, label=name(target=target, context=context) or target.label)
        for target in node.targets
    )
    return evolve(place, node=evolve(node, targets=targets))


def planned(place: Place, snapshot: Snapshot, before: Snapshot | None) -> Snapshot:
    """``snapshot`` with all that targets are owed of it; nothing is written yet."""
    services = place.services
    return plan_deliveries(
        place.node,
        evolve(snapshot, delivers=True),
        services.run_id,
        services.plan.redeliver,
        before,
        place.environment,
    )


def handed_over(place: Place, snapshot: Snapshot, relation: Relation) -> Snapshot:
    """``snapshot`` after everything that is owed was attempted once."""
    return deliver(place.node, snapshot, relation, partial(_write, place), place.relation_of)


def _write(place: Place, target: Target, relation: Relation, owed: Delivery) -> Delivered | None:
    context = place.context(
        delivery_id=owed.delivery_id,
        audit_of=partial(_audit, place),
        undone_rows=partial(_earlier, place, owed.before),
    )
    if target.reads is not None:
        relation = place.relation(target.reads)
    done: Delivered | None = place.services.plugins.hooks.materialize(
        target=target, relation=relation, context=context
    )
    return done


def _audit(place: Place, relation: Relation) -> None:
    """Ask the node's audits about what a target would hold; raises when one fails."""
    node = place.node
    if node.audits:
        found = run_audits(node, relation, place.services.plugins, place.context())
        if failures(found):
            raise failure(node, found, place.services.project.root)


def _earlier(place: Place, output_id: str) -> Relation | None:
    """The rows of another output of the node, None where they are not kept."""
    snapshot = place.services.output_of(place.node.id, output_id) if output_id else None
    if snapshot is None or snapshot.artifact is None:
        return None
    relation = place.relation_of(snapshot.artifact)
    return relation if relation.path and relation.path.exists() else None
