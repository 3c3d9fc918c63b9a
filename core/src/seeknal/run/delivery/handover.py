"""Handing a node's rows to its targets, under the names that they have in this environment."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from attrs import evolve

from seeknal.run.audits import failure, failures, run_audits
from seeknal.run.delivery.landing import delivered_to, place_of_target
from seeknal.run.delivery.owing import Output, plan_deliveries
from seeknal.run.delivery.writing import Attempted, deliver
from seeknal.run.engine import write_rows
from seeknal.run.step_scope import Place
from seeknal.values.errors import ConnectionFailed, DeliveryError, NodeError, RowsRefused
from seeknal.values.model import (
    PRODUCTION,
    Account,
    Artifact,
    Delivered,
    Delivery,
    Kept,
    Relation,
    Scan,
    Snapshot,
    Target,
    Undone,
)
from seeknal.values.pii import pii_columns


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


def planned(
    place: Place, snapshot: Snapshot, relation: Relation | None, before: Snapshot | None
) -> Snapshot:
    """``snapshot`` with all that targets are owed of it; nothing is written to them yet.

    ``relation``: its rows, where they are not stored. ``before``: the node's output until now.
    """
    services = place.services
    artifacts = services.artifacts
    output = Output(
        node=place.node,
        snapshot=evolve(snapshot, delivers=True),
        run_id=services.run_id,
        keep=partial(_keep, place, snapshot, relation),
        same=lambda one, other: services.contents.same_rows(one, other, place.cursor),
        environment=place.environment,
        again=services.plan.redeliver,
        gone=frozenset(key for id, key in services.plan.gone if id == place.node.id),
        before=partial(_stored, place, before),
        kept=partial(_kept, place),
    )
    found = plan_deliveries(output)
    # Its file has a second name now.
    return evolve(found, artifact=found.artifact and artifacts.renamed(found.artifact))


def handed_over(place: Place, snapshot: Snapshot, relation: Relation | None) -> Attempted:
    """What became of everything that is owed, attempted once."""
    account = Account(deliveries=snapshot.deliveries, backlog=snapshot.backlog)
    return deliver(
        place.node,
        account,
        relation,
        partial(_write, place),
        partial(_batch, place),
        pii_columns(place.services.project.nodes, place.node.id),
    )


def _keep(place: Place, snapshot: Snapshot, relation: Relation | None, target: Target) -> Artifact:
    """The rows of a target, stored where they stay until it has them."""
    artifact = snapshot.artifact
    if target.reads is not None:
        stored = place.outputs.snapshots.get(target.reads)
        artifact = stored.artifact if stored else None
        relation = None if artifact else place.relation(target.reads)
    if artifact is None:
        assert relation is not None
        path = place.context().workdir / f"{target.key}.parquet"
        rows, columns = write_rows(
            place.cursor(), Scan(f"FROM {relation.scan}"), path, repeatable=True
        )
        artifact = place.services.artifacts.described(path, rows, columns)
    return place.services.batches.keep(place.node.id, artifact)


def _stored(place: Place, before: Snapshot | None, output_id: str) -> Artifact | None:
    """The rows of an earlier output of the node; None where they are not stored any more."""
    found = before
    if before is None or before.output_id != output_id:
        found = place.services.output_of(place.node.id, output_id)
    if found is None or found.artifact is None:
        return None
    health, artifact = place.services.artifacts.verify(found.artifact)
    return artifact if health == "ok" else None


def _kept(place: Place, artifact: Artifact) -> Artifact:
    """The rows of an earlier output where they stay, as long as they are there."""
    services = place.services
    if services.artifacts.verify(artifact)[0] != "ok":
        return artifact
    return services.batches.keep(place.node.id, artifact)


def _batch(place: Place, target: Target, artifact: Artifact) -> Relation:
    """The rows of a batch, which are what was kept. Raises DeliveryError when they are not."""
    health, _ = place.services.artifacts.verify(artifact)
    if health != "ok":
        raise DeliveryError(
            f"the rows that are owed are {health}: .seeknal/deliveries/rows",
            code="SK1111",
            help="seeknal deliveries drop gives them up",
        )
    return evolve(place.relation_of(artifact), node=target.reads or place.node.id)


def _write(place: Place, target: Target, relation: Relation, owed: Delivery) -> Delivered | None:
    context = place.context(
        delivery_id=owed.delivery_id,
        output_id=owed.output_id,
        recorded=bool(owed.holds_as),
        audit_of=partial(_audit, place),
        undone_spans=partial(_undone, place, owed),
    )
    if target.reads is not None and not target.accumulates:
        relation = place.relation(target.reads)
    plugins, places = place.services.plugins, place.services.places
    assert places is not None
    landing = place_of_target(target, context, plugins)
    known = places.get(landing.key)
    # Before anything is written: what a crash leaves there is on record.
    begun = evolve(landing, ids=known.ids, proof=known.proof, at=known.at) if known else landing
    places.put(begun.attempting(owed.delivery_id))
    try:
        done = plugins.hooks.materialize(target=target, relation=relation, context=context)
    except (ConnectionFailed, NodeError, RowsRefused):
        # Nothing was written: it is as it was before.
        places.put(known) if known else places.forget(landing.key)
        raise
    if done is not None:
        at = datetime.now(UTC).isoformat()
        places.put(delivered_to(landing, known, owed, done, at))
    return done


def _audit(place: Place, relation: Relation) -> None:
    """Ask the node's audits about what a target would hold; raises when one fails."""
    node = place.node
    if node.audits:
        found = run_audits(node, relation, place.services.plugins, place.context())
        if failures(found):
            raise failure(node, found, place.services.project.root)


def _undone(place: Place, owed: Delivery) -> Undone | None:
    """What a rollback puts right in the target, None where it is no rollback."""
    if not owed.undoes:
        return None
    kept = [Kept(span=span, relation=_earlier(place, span.output_id)) for span in owed.back]
    return Undone(spans=owed.undoes, kept=tuple(kept))


def _earlier(place: Place, output_id: str) -> Relation | None:
    """The rows of another output of the node, None where they are not kept."""
    snapshot = place.services.output_of(place.node.id, output_id) if output_id else None
    if snapshot is None or snapshot.artifact is None:
        return None
    relation = place.relation_of(snapshot.artifact)
    return relation if relation.path and relation.path.exists() else None
