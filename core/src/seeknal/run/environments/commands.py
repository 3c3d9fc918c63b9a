"""Commands that change an environment's map: promote, roll back, create, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.host.garbage import uncollected
from seeknal.plan.environments import check_name, existing
from seeknal.plan.origins import agreement
from seeknal.plan.promotion import plan_promotion, taken_over
from seeknal.plan.session import writing
from seeknal.run.delivery.owing import holds_newer, owed_again
from seeknal.run.environments.moving import (
    build_missing,
    check_files,
    move_map,
    with_accounts,
    with_accounts_of_new,
    with_places_handed_on,
)
from seeknal.run.environments.preparing import (
    changed_in_origin,
    create_environment,
    mend_names,
    take_note_of_origin,
)
from seeknal.run.environments.rolling_back import TargetRollback
from seeknal.run.partial_run import PartialRun
from seeknal.state.artifacts import Artifacts
from seeknal.state.generations import Generations
from seeknal.state.ledger import definitions_of
from seeknal.state.pool import Pool
from seeknal.state.store import read_state
from seeknal.values.errors import StateError, UsageError
from seeknal.values.names import PRODUCTION, NodeId
from seeknal.values.results import RunSummary

if TYPE_CHECKING:
    from seeknal.plan.promotion import Candidates, Promotion
    from seeknal.plan.session import Request
    from seeknal.run.execution import Reporter
    from seeknal.state.ledger import EnvironmentState
    from seeknal.state.store import State, StateStore
    from seeknal.values.snapshot import Snapshot


@frozen(kw_only=True)
class Moved:
    """What a command did to a map. ``left``: targets that hold other rows than the map says.

    ``other``: nodes that a promotion left alone though both define them differently. ``failed``:
    nobody has said that targets may be left.
    """

    environment: str
    generation: int
    nodes: tuple[NodeId, ...] = ()
    summary: RunSummary | None = None
    left: tuple[str, ...] = ()
    other: tuple[NodeId, ...] = ()
    failed: bool = False


@frozen(kw_only=True)
class Return:
    """What a rollback does: the generation that it goes back to, and the nodes it changes."""

    environment: str
    generation: int
    changed: tuple[NodeId, ...] = ()
    removed: tuple[NodeId, ...] = ()


def create(root: Path, request: Request, name: str, origin: str, ttl: float | None) -> int:
    """Make an environment with the map of another; gives its number of nodes."""
    check_name(name)
    with uncollected(), writing(root / "target", request) as store:
        environments = store.state.environments
        if name in environments or name == PRODUCTION:
            raise UsageError(f"environment {name!r} exists already", code="SK0822")
        existing(environments, origin)
        create_environment(store, root / "target", name, origin, ttl)
        return len(store.state.environments[name].snapshots)


def delete(root: Path, request: Request, name: str) -> None:
    """Remove an environment and its stable names; the janitor removes what only it had."""
    if name == PRODUCTION:
        raise UsageError(f"{PRODUCTION} is not deleted", code="SK0823", help="seeknal clean")
    with uncollected(), writing(root / "target", request) as store:
        check_deletable(store.state, name)
        store.delete(name)
        Artifacts(root / "target").unlink_all(name)


def check_deletable(state: State, name: str) -> None:
    """Raise UsageError where nothing is known of an environment.

    One that was lost with ``target`` is known by where it has delivered to: to delete it says that
    it does not come back.
    """
    if not any(known.environment == name for known in state.destinations.values()):
        existing(state.environments, name)


def promote(
    root: Path,
    request: Request,
    source: str,
    target: str,
    reporter: Reporter,
    *,
    force: bool = False,
    dry_run: bool = False,
    agree: Callable[[Promotion], bool],
) -> Moved | None:
    """Point ``target`` at what ``source`` changed, and deliver it; None when not agreed to.

    ``agree`` sees what would be moved and decides; with ``dry_run`` nothing moves whatever it
    says. Raises RunError when the target has changed since, or when what has to be built fails:
    then nothing has moved.
    """
    if source == target:
        raise UsageError(f"{source} cannot be promoted to itself", code="SK0829")
    request = evolve(request, environment=target)
    with uncollected(), writing(root / "target", request) as store:
        environments = store.state.environments
        mend_names(store, root / "target", target)
        mine, theirs = existing(environments, source), existing(environments, target)
        promotion = plan_promotion(mine, theirs, _kept(root, store), force=force)
        if not promotion:
            if mine.origin == target and not dry_run:
                _take_note(store, mine, agreement(mine, definitions_of(theirs.snapshots), {}))
            other = _differing(mine, theirs)
            return Moved(environment=target, generation=theirs.generation, other=other)
        if not agree(promotion) or dry_run:
            return None
        partial = PartialRun(root, request, reporter, store)
        built = build_missing(partial, promotion)
        changes: dict[NodeId, Snapshot | None] = {
            id: found
            for id, found in {**promotion.map, **built}.items()
            if found != theirs.snapshots.get(id)
        }
        changes |= dict.fromkeys(promotion.removed)
        changes = with_accounts_of_new(partial, changes, theirs.snapshots)
        changes = with_places_handed_on(partial, changes)
        only_delivers = [id for id, found in changes.items() if found and _only_delivers(found)]
        if only_delivers:
            check_files(partial, only_delivers, promotion.map)
        agreed = None
        if mine.origin == target:
            agreed = agreement(mine, definitions_of(theirs.snapshots), changes)
        generation = move_map(partial, changes, mine.commit, source=source, agreed=agreed)
        delivered = partial.deliver(changes)
        return Moved(
            environment=target,
            generation=generation,
            nodes=tuple(changes),
            summary=partial.summarise(delivered),
        )


def _differing(mine: EnvironmentState, theirs: EnvironmentState) -> tuple[NodeId, ...]:
    here, there = definitions_of(mine.snapshots), definitions_of(theirs.snapshots)
    return tuple(sorted(id for id in {*here, *there} if here.get(id) != there.get(id)))


def _take_note(store: StateStore, mine: EnvironmentState, known: Mapping[str, Any]) -> None:
    if any(getattr(mine, key) != value for key, value in known.items()):
        store.annotate(mine.name, **known)


def rebase(root: Path, request: Request) -> tuple[NodeId, ...]:
    """Take note of the origin's definitions as they are now; gives those that have changed.

    Raises LockHeld when another command is writing.
    """
    if not changed_in_origin(read_state(root / "target").environments, request.environment):
        return ()
    with uncollected(), writing(root / "target", request) as store:
        return take_note_of_origin(store, request.environment)


def rollback(
    root: Path,
    request: Request,
    to: int | None,
    reporter: Reporter,
    *,
    dry_run: bool = False,
    leave_targets: bool = False,
    agree: Callable[[Return], bool] = lambda _: True,
) -> Moved | None:
    """Put an environment back to an earlier generation, where it is pinned.

    It has failed where targets stay behind, unless ``leave_targets``.

    ``agree`` sees what would change and decides; None when it says no, and with ``dry_run``.
    Raises StateError when that generation, or an output of it, is no longer kept.
    """
    name = request.environment
    with uncollected(), writing(root / "target", request) as store:
        mend_names(store, root / "target", name)
        environment = existing(store.state.environments, name)
        kept = store.generations()
        wanted = _wanted(environment.generation if to is None else to, to, environment.generation)
        before = environment.snapshots
        earlier = kept.earlier(name, before, environment.generation, wanted)
        _refuse_lost(root, earlier, wanted, name)
        changes: dict[NodeId, Snapshot | None] = {
            id: taken_over(found, before.get(id))
            for id, found in earlier.items()
            if found.output_id != _output(before, id)
            or found.fingerprint != before[id].fingerprint
            or found.inputs != before[id].inputs
            or _any_newer(before[id], found)
        }
        changes |= {id: None for id in before if id not in earlier}
        asked = Return(
            environment=name,
            generation=wanted,
            changed=tuple(id for id, found in changes.items() if found is not None),
            removed=tuple(id for id, found in changes.items() if found is None),
        )
        if not agree(asked) or dry_run:
            return None
        partial = PartialRun(root, request, reporter, store)
        changes = with_accounts(partial, changes, before)
        changes, left = TargetRollback(partial).roll_back(changes, before, earlier)
        generation = move_map(
            partial,
            changes,
            _commit(kept, name, wanted),
            note=f"generation {wanted}",
            pinned=wanted,
        )
        delivered = partial.deliver(changes)
        missing = () if leave_targets else left
        return Moved(
            environment=name,
            generation=generation,
            nodes=tuple(changes),
            summary=partial.summarise(delivered, missing),
            left=left,
            failed=bool(missing),
        )


def _commit(kept: Generations, name: str, wanted: int) -> str | None:
    """The commit that made a generation, where that is known."""
    heads = kept.kept(name, wanted)
    return heads[0].commit or None if heads and heads[0].number == wanted else None


def _wanted(number: int, to: int | None, newest: int) -> int:
    wanted = number - 1 if to is None else number
    if not 1 <= wanted < newest:
        raise UsageError(
            f"there is no earlier generation {wanted}" if to else "there is no earlier generation",
            code="SK0821",
            help="seeknal env history lists those that are kept",
        )
    return wanted


def _refuse_lost(root: Path, earlier: Mapping[NodeId, Snapshot], wanted: int, name: str) -> None:
    artifacts = Artifacts(root / "target")
    lost = [
        id
        for id, found in earlier.items()
        if found.artifact is not None and artifacts.verify(found.artifact)[0] != "ok"
    ]
    if lost:
        raise StateError(
            f"outputs of generation {wanted} of {name} are gone: {', '.join(sorted(lost)[:5])}",
            code="SK0821",
            help="run again with the files of that time",
        )


def _only_delivers(snapshot: Snapshot) -> bool:
    """Whether its rows exist only while they are delivered, by what the files say."""
    return snapshot.delivers and snapshot.artifact is None


def _any_newer(now: Snapshot, then: Snapshot) -> bool:
    """Whether a target that accumulates has more than it had, or is owed it, for one output."""
    pairs = ((known, then.deliveries.get(key)) for key, known in now.deliveries.items())
    return any(
        known.number and (holds_newer(known, wanted) or owed_again(known, wanted))
        for known, wanted in pairs
    )


def _output(snapshots: Mapping[NodeId, Snapshot], id: NodeId) -> str | None:
    return snapshots[id].output_id if id in snapshots else None


def _kept(root: Path, store: StateStore) -> Candidates:
    """Finds whole outputs in every environment and every kept generation."""
    artifacts = Artifacts(root / "target")
    pool = Pool(store.state.environments, Generations(root / "target"))

    def candidates(node: NodeId, definition: str) -> Iterator[Snapshot]:
        for found, _ in pool.candidates(node, definition):
            if found.artifact is not None and artifacts.verify(found.artifact)[0] == "ok":
                yield found

    return candidates
