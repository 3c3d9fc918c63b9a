"""Handing on what is on record of a place to the node that delivers there now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.run.delivery.owing import MOST_HELD
from seeknal.state.artifacts import Artifacts
from seeknal.state.batch_files import BatchFiles
from seeknal.values.deliveries import Account

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.plan.succession import Succession
    from seeknal.state.store import StateStore
    from seeknal.values.deliveries import Delivery
    from seeknal.values.names import NodeId


def hand_on(loaded: Loaded, store: StateStore, environment: str, found: Succession) -> None:
    """Put on record that the heir goes on; durable when this returns."""
    files = BatchFiles(loaded.project.root, Artifacts(loaded.project.target))
    own, theirs = (
        loaded.state.current_account(environment, found.heir) or Account(),
        loaded.state.current_account(environment, found.giver) or Account(),
    )
    known = [
        entry
        for entry in own.deliveries.values()
        if entry.place in found.target.places and entry.environment == environment
    ]
    held = [*found.entry.held, *(batch for entry in known for batch in entry.held)]
    entry = evolve(found.entry, held=tuple(held)[:MOST_HELD])
    entry = _kept(files, found.heir, entry)
    backlog = [
        evolve(
            owed,
            artifact=files.keep_if_whole(found.heir, owed.artifact),
            delivery=_kept(files, found.heir, owed.delivery),
        )
        for owed in found.backlog
    ]
    others = {key: other for key, other in own.deliveries.items() if other not in known}
    account = Account(deliveries={**others, entry.key: entry}, backlog=(*own.backlog, *backlog))
    # The heir first: a crash in between leaves batches on record twice, under one id each.
    store.put_account(environment, found.heir, account)
    store.put_account(environment, found.giver, _without(theirs, found))
    files.release(found.giver, store.batches(found.giver))


def _kept(files: BatchFiles, heir: NodeId, entry: Delivery) -> Delivery:
    """The entry with its rows under names of the heir's."""
    held = tuple(files.keep_if_whole(heir, artifact) for artifact in entry.held)
    recalled = tuple(
        evolve(owed, artifact=files.keep_if_whole(heir, owed.artifact)) for owed in entry.recalled
    )
    return evolve(entry, held=held, recalled=recalled)


def _without(account: Account, found: Succession) -> Account:
    """The giver's account once nothing of the place is owed by it."""
    deliveries = {
        key: evolve(entry, status="dropped")
        if entry.status == "owed" and entry.place in found.target.places
        else entry
        for key, entry in account.deliveries.items()
    }
    backlog = tuple(owed for owed in account.backlog if owed not in found.backlog)
    return Account(deliveries=deliveries, backlog=backlog)
