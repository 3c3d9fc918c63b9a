"""Dropping what is left behind: looked at, agreed to, and only what is surely ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve, frozen

from seeknal.kernel.plugin_types import Fate, Standing
from seeknal.plan.session import load, read_project, writing
from seeknal.run.delivery.destinations import name_of
from seeknal.run.delivery.leftovers import Left, context_at, is_at, left_behind, target_of
from seeknal.state.artifacts import Artifacts
from seeknal.state.batch_files import BatchFiles
from seeknal.state.destinations import Destination
from seeknal.values.deliveries import Account
from seeknal.values.errors import SeeknalError
from seeknal.values.secret import scrub
from seeknal.values.snapshot import Snapshot

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded, Request
    from seeknal.state.store import StateStore
    from seeknal.values.names import NodeId

T = TypeVar("T", Account, Snapshot)


@frozen(kw_only=True)
class Judged:
    """What becomes of a destination that is left behind. ``failed``: it could not be asked."""

    destination: Destination
    fate: Fate
    failed: bool = False


def list_left(root: Path, request: Request) -> list[Left]:
    """What is left behind, as far as can be told without reaching a server."""
    return left_behind(load(root, request), request)


def drop_left(
    root: Path,
    request: Request,
    agree: Callable[[Sequence[Judged]], bool],
    *,
    dry_run: bool = False,
) -> list[Judged] | None:
    """Drop what is left behind and surely ours; what ``agree`` is shown, and decides on.

    With ``dry_run`` it is only looked at. None when it was not agreed to. Raises LockHeld while
    something else writes.
    """
    with writing(root / "target", request) as store:
        loaded = evolve(read_project(root, request), state=store.state)
        judged = [_judge(loaded, request, left, True) for left in left_behind(loaded, request)]
        if not agree(judged):
            return None
        return judged if dry_run else [_drop(loaded, request, store, one) for one in judged]


def _judge(loaded: Loaded, request: Request, left: Left, dry_run: bool) -> Judged:
    destination = left.destination
    if left.why:
        return Judged(destination=destination, fate=Fate(verdict="kept", why=left.why))
    target, context = target_of(loaded, destination), context_at(loaded, request, destination)
    assert target is not None
    standing = Standing(node=destination.node, deliveries=destination.ids, proof=destination.proof)
    try:
        if (name := name_of(target, context, loaded.plugins)) != destination.name:
            why = f"it leads to {name} now"
            return Judged(destination=destination, fate=Fate(verdict="kept", why=why))
        fate = loaded.plugins.hooks.drop_target(
            target=target, standing=standing, context=context, dry_run=dry_run
        )
    except SeeknalError as error:
        return _failed(destination, error.message)
    except Exception as error:
        # A driver's own exception must not stop the other targets.
        return _failed(destination, f"{type(error).__name__}: {error}")
    if fate is None:
        why = f"seeknal cannot drop targets of type {destination.type}: do it yourself"
        fate = Fate(verdict="kept", why=why)
    return Judged(destination=destination, fate=fate)


def _failed(destination: Destination, why: str) -> Judged:
    return Judged(destination=destination, fate=Fate(verdict="kept", why=scrub(why)), failed=True)


def _drop(loaded: Loaded, request: Request, store: StateStore, judged: Judged) -> Judged:
    if judged.fate.verdict == "kept":
        return judged
    # First: a crash must not leave a target on record as delivered that is gone.
    _forget_deliveries(loaded.project.root, store, judged.destination)
    done = _judge(loaded, request, Left(destination=judged.destination), False)
    if done.fate.verdict != "kept":
        store.destinations.forget(judged.destination.key)
    return done


def _forget_deliveries(root: Path, store: StateStore, destination: Destination) -> None:
    """Let no node be known to have delivered there: one that does so again begins anew."""
    state = store.state
    touched: set[NodeId] = set()
    for name, environment in state.environments.items():
        for id, snapshot in environment.snapshots.items():
            if (without := _without(snapshot, destination)) is not None:
                store.record(name, without)
                touched.add(id)
    for name, id in state.accounts:
        known = state.environments.get(name)
        account = state.account(name, id)
        if account is None or (known is not None and id in known.snapshots):
            continue
        if (kept := _without(account, destination)) is not None:
            store.settle(name, id, kept)
            touched.add(id)
    for id in touched:
        BatchFiles(root, Artifacts(root / "target")).release(id, store.batches(id))


def _without(known: T, destination: Destination) -> T | None:
    """``known`` without deliveries to a destination; None where it has none."""
    deliveries = {
        key: entry for key, entry in known.deliveries.items() if not is_at(entry, destination)
    }
    if len(deliveries) == len(known.deliveries):
        return None
    return evolve(known, deliveries=deliveries)
