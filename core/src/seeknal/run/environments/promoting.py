"""Promoting: an environment gets what another one has changed, and delivers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.host.garbage import uncollected
from seeknal.plan.environments import existing
from seeknal.plan.origins import agreement
from seeknal.plan.promotion import plan_promotion
from seeknal.plan.session import writing
from seeknal.run.environments.moving import (
    Moved,
    build_missing,
    check_files,
    move_map,
    with_accounts_of_new,
    with_places_handed_on,
)
from seeknal.run.environments.preparing import (
    mend_names,
)
from seeknal.run.partial_run import PartialRun
from seeknal.state.artifacts import Artifacts
from seeknal.state.generations import Generations
from seeknal.state.ledger import definitions_of
from seeknal.state.pool import Pool
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.plan.promotion import Candidates, Promotion
    from seeknal.plan.session import Request
    from seeknal.run.execution import Reporter
    from seeknal.state.ledger import EnvironmentState
    from seeknal.state.store import StateStore
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Snapshot


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
        staged = build_missing(partial, promotion, theirs.snapshots)
        changes: dict[NodeId, Snapshot | None] = {
            id: found
            for id, found in {**promotion.map, **staged.built}.items()
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
        generation = move_map(
            partial, changes, mine.commit, source=source, agreed=agreed, marked=staged.marked
        )
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


def _only_delivers(snapshot: Snapshot) -> bool:
    """Whether its rows exist only while they are delivered, by what the files say."""
    return snapshot.delivers and snapshot.artifact is None


def _kept(root: Path, store: StateStore) -> Candidates:
    """Finds whole outputs in every environment and every kept generation."""
    artifacts = Artifacts(root / "target")
    pool = Pool(store.state.environments, Generations(root / "target"))

    def candidates(node: NodeId, definition: str) -> Iterator[Snapshot]:
        for found, _ in pool.candidates(node, definition):
            if found.artifact is not None and artifacts.is_whole(found.artifact):
                yield found

    return candidates
