"""Moving an environment's map to other outputs: built where need be, with all that is owed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.project.commit import commit_of
from seeknal.run.delivery.owing import carried_over
from seeknal.run.environments.batching import Batching
from seeknal.run.step_scope import Staged
from seeknal.state.artifacts import Artifacts
from seeknal.state.history import History, moved_records
from seeknal.values.errors import RunError
from seeknal.values.names import NodeId
from seeknal.values.plan import Step
from seeknal.values.results import RunSummary
from seeknal.values.snapshot import Snapshot

if TYPE_CHECKING:
    from seeknal.plan.promotion import Promotion
    from seeknal.run.partial_run import PartialRun

Changes = Mapping[NodeId, Snapshot | None]
"""What becomes of the nodes of a map: another output, or None where it has them no more."""


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


def build_missing(
    partial: PartialRun, promotion: Promotion, before: Mapping[NodeId, Snapshot]
) -> Staged:
    """Compute what no environment has yet, over the target's inputs; nothing moves.

    ``before`` is what the target has.
    """
    staged = Staged(snapshots=dict(promotion.map))
    if not promotion.build:
        return staged
    execution = partial.opened()
    check_files(partial, promotion.build, promotion.map)
    taken = [
        id
        for id in promotion.build
        if id in promotion.moved and promotion.map[id].covered is not None
    ]
    steps = [
        Step(
            node=id,
            action="run",
            reason="goes on from its rows" if id in promotion.going_on else "inputs changed",
            conditional=id not in promotion.surely,
            source_version=promotion.map[id].source_version,
            takes=promotion.map[id] if id in taken else None,
            follows=id not in taken,
        )
        for id in execution.loaded.graph.order
        if id in promotion.build
    ]
    for id in promotion.going_on:
        # What it has of its own is gone on from.
        staged.snapshots[id] = before[id]
    for id in taken:
        # What the target has of it is brought up to what the other environment has.
        staged.snapshots.pop(id)
        if id in before:
            staged.snapshots[id] = before[id]
    results = partial.carry_out(steps, staged)
    failed = [result for result in results if not result.ok]
    if failed:
        execution.summarise(results)
        reason = f": {failed[0].error}" if failed[0].error else ""
        raise RunError(
            f"nothing was promoted: {failed[0].node} {failed[0].status}{reason}",
            code="SK0830",
            help=f"{promotion.target} is as it was",
        )
    partial.results += results
    return staged


def check_files(
    partial: PartialRun, nodes: Iterable[NodeId], snapshots: Mapping[NodeId, Snapshot]
) -> None:
    """Raise RunError where the files are not those that the environment was built from."""
    fingerprints = partial.opened().loaded.fingerprints()
    other = [
        id
        for id in nodes
        if id not in fingerprints or fingerprints[id].content != snapshots[id].fingerprint.content
    ]
    if other:
        raise RunError(
            f"the files define {', '.join(other)} otherwise than what is promoted",
            code="SK0825",
            help="check out the files that it was built from, or run the environment again",
        )


def with_accounts(
    partial: PartialRun, changes: Changes, before: Mapping[NodeId, Snapshot]
) -> dict[NodeId, Snapshot | None]:
    """The changes with what targets hold and are owed of nodes that the map did not have.

    Their outputs are gone, or they were removed; what was delivered of them was not.
    """
    state = partial.store.state
    done = dict(changes)
    for id, found in changes.items():
        account = state.account(partial.request.environment, id)
        if found is not None and id not in before and account is not None:
            done[id] = found.with_account(account)
    return done


def with_accounts_of_new(
    partial: PartialRun, changes: Changes, before: Mapping[NodeId, Snapshot]
) -> dict[NodeId, Snapshot | None]:
    """The same where outputs become current as a run makes them: built anew, so that targets
    which do not append are written again."""
    done = with_accounts(partial, changes, before)
    for id, found in done.items():
        if found is not None and found is not changes[id]:
            node = partial.opened().project.nodes.get(id)
            done[id] = found.with_account(carried_over(node, found.account)) if node else found
    return done


def with_places_handed_on(partial: PartialRun, changes: Changes) -> dict[NodeId, Snapshot | None]:
    """The changes with what is known of places that other nodes have delivered to."""
    done, environment = dict(changes), partial.request.environment
    if all(name != environment for name, _ in partial.store.state.accounts):
        return done
    run = partial.opened()
    here = [id for id, found in changes.items() if found and id in run.project.nodes]
    for found in run.hand_on(here):
        partial.reporter.warn(str(found))
        account = run.loaded.state.current_account(environment, found.heir)
        snapshot = done[found.heir]
        assert account is not None
        assert snapshot is not None
        done[found.heir] = snapshot.with_account(account)
    return done


def move_map(partial: PartialRun, changes: Changes, built_from: str | None, **head: object) -> int:
    """Change the map, and the stable names after it; gives the number of the generation.

    What targets are owed by that goes with it: the next move cannot overtake a batch.
    ``built_from`` is the commit that made what the map has now, and ``head`` what is noted of
    the generation.
    """
    environment, store = partial.request.environment, partial.store
    changes = _mark_owed(partial, changes)
    run_id = partial.run_id
    generation = store.move(
        environment,
        changes,
        command=partial.request.command,
        run_id=run_id,
        commit=commit_of(partial.root),
        **head,
    )
    if built_from is not None:
        store.annotate(environment, commit=built_from)
    artifacts = Artifacts(partial.root / "target")
    stored = {id: found.artifact for id, found in changes.items() if found and found.artifact}
    artifacts.link_all(environment, stored)
    for id in changes.keys() - stored.keys():
        artifacts.unlink_current(id, environment)
    store.end_generation(environment)
    _note_well(partial, [id for id, found in changes.items() if found is not None], run_id)
    return generation


def _mark_owed(partial: PartialRun, changes: Changes) -> dict[NodeId, Snapshot | None]:
    """The changes with the batches that targets are owed by them."""
    due = [id for id, found in changes.items() if found and found.delivers and found.artifact]
    if not due or not partial.opened().loaded.owes(partial.request):
        return dict(changes)
    with Batching(partial.opened(), partial.request) as batching:
        owed = {id: batching.mark_owed(found) for id in due if (found := changes[id]) is not None}
    return {**changes, **owed}


def _note_well(partial: PartialRun, moved: Iterable[NodeId], run_id: str) -> None:
    """Tell the history of nodes that failed here and got an output from elsewhere."""
    environment, history = partial.request.environment, History(partial.root / "target")
    well = history.unwell(environment) & set(moved)
    history.append(moved_records(environment, partial.request.command, run_id, well))
