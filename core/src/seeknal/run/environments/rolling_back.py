"""Rolling back: an environment gets the outputs of an earlier generation, and stays there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial as bound
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.host.garbage import uncollected
from seeknal.plan.environments import existing
from seeknal.plan.promotion import taken_over
from seeknal.plan.session import writing
from seeknal.run.delivery.owing import holds_newer, owed_again
from seeknal.run.environments.moving import (
    Moved,
    move_map,
    with_accounts,
)
from seeknal.run.environments.preparing import (
    mend_names,
)
from seeknal.run.environments.taking import bring_back
from seeknal.run.environments.targets import TargetRollback
from seeknal.run.partial_run import PartialRun
from seeknal.state.artifacts import Artifacts
from seeknal.values.errors import StateError, UsageError
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.plan.session import Request
    from seeknal.run.execution import Reporter
    from seeknal.state.generations import Generations
    from seeknal.values.snapshot import Snapshot


@frozen(kw_only=True)
class Return:
    """What a rollback does: the generation that it goes back to, and the nodes it changes."""

    environment: str
    generation: int
    changed: tuple[NodeId, ...] = ()
    removed: tuple[NodeId, ...] = ()


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
        changes = _changes(before, earlier)
        asked = Return(
            environment=name,
            generation=wanted,
            changed=tuple(id for id, found in changes.items() if found is not None),
            removed=tuple(id for id, found in changes.items() if found is None),
        )
        if not agree(asked) or dry_run:
            return None
        partial = PartialRun(root, request, reporter, store)
        before = bring_back(partial, before)
        past = bound(_past, kept, name, before, environment.generation, wanted)
        changes = with_accounts(partial, _changes(before, earlier), before)
        changes, left = TargetRollback(partial, past).roll_back(changes, before, earlier)
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


def _changes(
    before: Mapping[NodeId, Snapshot], earlier: Mapping[NodeId, Snapshot]
) -> dict[NodeId, Snapshot | None]:
    """What becomes of each node that differs, or whose targets do."""
    changes: dict[NodeId, Snapshot | None] = {
        id: taken_over(found, before.get(id))
        for id, found in earlier.items()
        if found.output_id != _output(before, id)
        or found.fingerprint != before[id].fingerprint
        or found.inputs != before[id].inputs
        or _any_newer(before[id], found)
        or _owes_newest(before[id])
    }
    return changes | {id: None for id in before if id not in earlier}


def _past(
    kept: Generations, name: str, now: Mapping[NodeId, Snapshot], newest: int, wanted: int
) -> list[Mapping[NodeId, Snapshot]]:
    """The maps from that of generation ``newest`` back to that of ``wanted``."""
    numbers = range(newest - 1, wanted - 1, -1)
    return [now, *(kept.earlier(name, now, newest, number) for number in numbers)]


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
        if found.artifact is not None and not artifacts.is_whole(found.artifact)
    ]
    if lost:
        raise StateError(
            f"outputs of generation {wanted} of {name} are gone: {', '.join(sorted(lost)[:5])}",
            code="SK0821",
            help=f"seeknal rollback {name} --to N goes further back: seeknal env history lists what"
            " is kept; or run again with the files of that time",
        )


def _any_newer(now: Snapshot, then: Snapshot) -> bool:
    """Whether a target that accumulates has more than it had, or is owed it, for one output."""
    pairs = ((known, then.deliveries.get(key)) for key, known in now.deliveries.items())
    return any(
        known.number and (holds_newer(known, wanted) or owed_again(known, wanted))
        for known, wanted in pairs
    )


def _owes_newest(now: Snapshot) -> bool:
    """Whether a target that is replaced as a whole has yet to get the rows of the map."""
    return any(known.status == "owed" and not known.number for known in now.deliveries.values())


def _output(snapshots: Mapping[NodeId, Snapshot], id: NodeId) -> str | None:
    return snapshots[id].output_id if id in snapshots else None
