"""What a rollback takes out of targets: on record before it goes, so that a crash loses no rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.run.delivery.addressing import with_delivery
from seeknal.run.delivery.owing import inputs_id
from seeknal.state.batch_files import BatchFiles
from seeknal.values.deliveries import Owed
from seeknal.values.errors import DeliveryError, StateError
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.run.partial_run import PartialRun
    from seeknal.values.deliveries import Delivery
    from seeknal.values.snapshot import Artifact, Snapshot
    from seeknal.values.targets import Target

Map = Mapping[NodeId, "Snapshot"]


def put_on_record(
    partial: PartialRun,
    target: Target,
    known: Delivery,
    past: Callable[[], Sequence[Map]],
    ids: Sequence[str],
) -> None:
    """Put on record as owed the deliveries that a target is about to lose, the oldest first.

    A rollback that dies then has not moved the map: the next run asks the target by the id of
    each, and brings it again where it is gone. ``past`` gives the maps from the current one back
    to that of the generation which is gone back to. Raises DeliveryError where rows are not kept.
    """
    node, store, environment = NodeId(target.node), partial.store, partial.request.environment
    now = store.state.environments[environment].snapshots[node]
    account, newest = now.account, now.deliveries.get(known.key)
    if newest is not None and newest.status == "delivered" and newest.delivery_id in ids:
        account = with_delivery(account, evolve(newest, status="owed"))
    if target.accumulates:
        gone = _batches(partial, target, known, past(), ids)
        mine = [owed for owed in account.backlog if owed.delivery.key == known.key]
        others = [owed for owed in account.backlog if owed not in mine]
        there = {owed.delivery.delivery_id for owed in mine}
        mine += [owed for owed in gone if owed.delivery.delivery_id not in there]
        mine.sort(key=lambda owed: owed.delivery.number)
        account = evolve(account, backlog=(*others, *mine))
    store.put_account(environment, node, account)


def bring_back(partial: PartialRun, snapshots: Map) -> Map:
    """The map once targets have again what a rollback that died has taken out of them.

    Only then is it known what they hold. Raises StateError where they cannot be asked.
    """
    if not any(_taken(found) for found in snapshots.values()):
        return snapshots
    cut_short = {id: found for id, found in snapshots.items() if _taken(found)}
    partial.results += partial.deliver(cut_short)
    now = partial.store.state.environments[partial.request.environment].snapshots
    left = [owed for id in cut_short for owed in _taken(now[id])]
    if left:
        delivery = left[0].delivery
        why = delivery.error.message if delivery.error else "nothing is delivered here"
        raise StateError(
            f"a rollback was cut short, and {delivery.label} has yet to get back what it took:"
            f" {why}",
            code="SK1113",
            help="roll back again once it can be written; seeknal run brings the rows too",
        )
    return now


def _taken(snapshot: Snapshot) -> list[Owed]:
    return [owed for owed in snapshot.backlog if owed.taken]


def _batches(
    partial: PartialRun, target: Target, known: Delivery, past: Sequence[Map], ids: Sequence[str]
) -> Iterator[Owed]:
    """The deliveries as batches, each with rows that stay where they are until it is back."""
    execution, node = partial.opened(), NodeId(target.node)
    files = BatchFiles(execution.project.root, execution.artifacts)
    found: dict[str, list[Owed]] = {}
    for batch in _known_batches(target, past):
        found.setdefault(batch.delivery.delivery_id, []).append(batch)
    for id in ids:
        if id not in found and target.mode != "append":
            # The rows of another delivery that is known, sent once more.
            continue
        whole = (owed for owed in found.get(id, ()) if execution.artifacts.is_whole(owed.artifact))
        owed = next(whole, None)
        if owed is None:
            raise DeliveryError(
                "rows that it would lose are no longer kept, and could not come again",
                code="SK1113",
            )
        delivery = evolve(
            owed.delivery, key=known.key, place=known.place, site=known.site, mode=known.mode
        )
        yield evolve(owed, delivery=delivery, artifact=files.keep(node, owed.artifact), taken=True)


def _known_batches(target: Target, past: Sequence[Map]) -> Iterator[Owed]:
    """What the node has handed to targets, as far as its earlier snapshots say."""
    node = NodeId(target.node)
    for snapshots in past:
        snapshot = snapshots.get(node)
        if snapshot is None:
            continue
        yield from snapshot.backlog
        for delivery in snapshot.deliveries.values():
            yield from delivery.recalled
            for artifact in _rows(target, snapshots, delivery):
                yield Owed(
                    delivery=evolve(delivery, status="owed", held=(), recalled=(), error=None),
                    artifact=artifact,
                    definition=snapshot.fingerprint.content,
                    inputs=inputs_id(snapshot),
                )


def _rows(target: Target, snapshots: Map, delivery: Delivery) -> Iterator[Artifact]:
    """Where the rows of a map's newest delivery may lie."""
    node = NodeId(target.node)
    source = snapshots.get(target.reads or node)
    if source is not None and source.artifact and delivery.output_id == snapshots[node].output_id:
        yield source.artifact
    if delivery.mode == "append" and delivery.status == "delivered":
        yield from delivery.held[:1]
