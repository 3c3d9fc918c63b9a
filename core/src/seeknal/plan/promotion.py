"""What a promotion moves: an environment's own changes, laid over another one's map.

Three maps are compared, as in a merge: the environment's, the target's, and the definitions
that both had last in common. Only what the environment itself changed moves; what the target's
inputs make different is found elsewhere or built before the map moves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.intervals.spans import minus
from seeknal.plan.merging import goes_on_from, is_merged_into, with_inputs_in
from seeknal.plan.origins import common_base
from seeknal.plan.views import is_view, output_over
from seeknal.state.ledger import definitions_of
from seeknal.values.errors import RunError
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Snapshot

if TYPE_CHECKING:
    from seeknal.plan.origins import Definitions
    from seeknal.state.ledger import EnvironmentState
    from seeknal.values.deliveries import Delivery

Candidates = Callable[[NodeId, str], Iterable[Snapshot]]
"""Whole outputs of a node at a definition, wherever they are kept."""


@frozen(kw_only=True)
class Promotion:
    """What becomes of a target's map.

    ``moved``: nodes whose definition changes; ``followed``: those that only read other outputs,
    of which ``kept`` are those whose own rows stay as they are.
    ``map`` is the whole map as it will be but for ``build``, the nodes that are computed first,
    of which ``surely`` are those that do whatever their parents' new rows turn out to be.
    ``going_on`` are those of ``moved`` whose own rows in the target stay, and are what the new
    definition goes on from: they hold what the source's do not.
    """

    source: str
    target: str
    moved: tuple[NodeId, ...]
    removed: tuple[NodeId, ...]
    followed: tuple[NodeId, ...]
    kept: frozenset[NodeId]
    build: tuple[NodeId, ...]
    surely: frozenset[NodeId]
    going_on: tuple[NodeId, ...]
    map: Mapping[NodeId, Snapshot] = field(repr=False)

    def __bool__(self) -> bool:
        return bool(self.moved or self.removed)


def plan_promotion(
    source: EnvironmentState,
    target: EnvironmentState,
    candidates: Candidates = lambda node, definition: (),
    *,
    force: bool = False,
) -> Promotion:
    """What promoting ``source`` to ``target`` does; reads no file of the project.

    Raises RunError when the target's definitions changed since in what would be replaced or
    read, unless ``force``, and when an audit fails on what would be promoted.
    """
    mine, theirs = definitions_of(source.snapshots), definitions_of(target.snapshots)
    related = source.origin == target.name
    base = common_base(source, theirs) if related else {}
    differing = [id for id in mine if theirs.get(id) != mine[id]]
    moved = [
        id
        for id in differing
        if not related or base.get(id) != mine[id] or _is_its_own(source, theirs, id)
    ]
    removed = [
        id
        for id in theirs
        if id not in mine and (id in base or _was_taken_back(source, theirs, id))
    ]
    _refuse_failing(source, moved)
    if related and not force:
        _refuse_conflicts(source, target, base, [*moved, *removed])
    held = target.snapshots
    merged = {id: found for id, found in held.items() if id not in removed}
    merged |= {id: taken_over(source.snapshots[id], held.get(id)) for id in moved}
    _refuse_cut_off(source, target, merged)
    return _followed(source, target, moved, removed, merged, candidates)


def taken_over(snapshot: Snapshot, before: Snapshot | None) -> Snapshot:
    """``snapshot`` in place of ``before``: what targets hold does not change by that."""
    deliveries: Mapping[str, Delivery] = before.deliveries if before else {}
    return evolve(snapshot, deliveries=deliveries, backlog=before.backlog if before else ())


def _followed(
    source: EnvironmentState,
    target: EnvironmentState,
    moved: list[NodeId],
    removed: list[NodeId],
    merged: dict[NodeId, Snapshot],
    candidates: Candidates,
) -> Promotion:
    touched, followed = set(moved), []
    build: dict[NodeId, None] = {}
    surely: set[NodeId] = set()
    going_on: list[NodeId] = []
    outputs: dict[NodeId, str] = {}
    stored = _stored_from_now_on(source, target, moved)
    for id in _order(merged):
        snapshot = merged[id]
        inputs = {parent: outputs.get(parent, "") for parent in snapshot.inputs}
        # A view is read as it is now, also where its inputs changed since it was defined.
        view = is_view(snapshot)
        outputs[id] = output_over(snapshot, inputs) if view else snapshot.output_id
        if id not in touched and id not in stored and not touched.intersection(snapshot.inputs):
            continue
        unknown = not build.keys().isdisjoint(snapshot.inputs)
        if id in moved and _goes_on(
            snapshot, target.snapshots.get(id), None if unknown else inputs
        ):
            build[id] = None
            touched.add(id)
            surely.add(id)
            going_on.append(id)
            continue
        if unknown:
            build[id] = None
            touched.add(id)
            continue
        looked_at = snapshot.covered is not None and id in moved
        if inputs == dict(snapshot.inputs) and id not in stored and not looked_at:
            continue
        touched.add(id)
        if snapshot.covered is not None and not _is_all(
            id, snapshot, inputs, target.snapshots.get(id), moved
        ):
            build[id] = None
            surely.add(id)
            continue
        known = [source.snapshots[id]] if id in source.snapshots else []
        if view and id not in stored and any(_is_over(found, snapshot, inputs) for found in known):
            # It is what the source made of these inputs, with all that is told of that.
            snapshot = known[0]
        kept = candidates(id, snapshot.fingerprint.content)
        if snapshot.merged is not None and snapshot.merged.lasting and id not in moved:
            found = _gone_on(snapshot, inputs, known)
        elif snapshot.merged is not None:
            found = _merged_over(snapshot, inputs, chain(known, kept), moves=id in moved)
        else:
            found = _over(snapshot, inputs, chain(known, kept), rows=id in stored)
        if found is None:
            build[id] = None
            if snapshot.merged is None:
                surely.add(id)
        else:
            merged[id] = taken_over(found, target.snapshots.get(id))
            outputs[id] = found.output_id
            if id not in moved:
                followed.append(id)
    return Promotion(
        source=source.name,
        target=target.name,
        moved=tuple(moved),
        removed=tuple(removed),
        followed=tuple(followed),
        kept=frozenset(
            id for id in followed if _output(target.snapshots, id) == _output(merged, id)
        ),
        build=tuple(build),
        surely=frozenset(surely),
        going_on=tuple(going_on),
        map=merged,
    )


def _is_all(
    id: NodeId,
    snapshot: Snapshot,
    inputs: Mapping[NodeId, str],
    before: Snapshot | None,
    moved: Collection[NodeId],
) -> bool:
    """Whether a tracked node that moves is of these inputs, with all ranges that the target has.

    A source is looked at in any case: it may have rows without a time by now.
    """
    covered = snapshot.covered
    if covered is None or covered.follows or id not in moved or not inputs:
        return False
    done = before.covered.done if before is not None and before.covered is not None else ()
    return inputs == dict(snapshot.inputs) and not minus(done, covered.done)


def _stored_from_now_on(
    source: EnvironmentState, target: EnvironmentState, moved: Iterable[NodeId]
) -> set[NodeId]:
    """Views of the target whose rows a node that moves reads as a file, as in the source."""
    return {
        parent
        for id in moved
        for parent in source.snapshots[id].inputs
        if (mine := source.snapshots.get(parent)) and mine.artifact is not None
        if (theirs := target.snapshots.get(parent)) and is_view(theirs)
        if mine.fingerprint.content == theirs.fingerprint.content
    }


def _is_over(found: Snapshot, snapshot: Snapshot, inputs: Mapping[NodeId, str]) -> bool:
    """Whether a view is of the same definition, and over ``inputs``."""
    same = found.fingerprint.content == snapshot.fingerprint.content
    return is_view(found) and same and dict(found.inputs) == inputs and not found.failing


def _over(
    snapshot: Snapshot,
    inputs: Mapping[NodeId, str],
    candidates: Iterable[Snapshot],
    *,
    rows: bool,
) -> Snapshot | None:
    """The node's output over ``inputs``, where somebody built it or it stores no ``rows``."""
    content = snapshot.fingerprint.content
    if snapshot.artifact is None and not rows:
        return evolve(snapshot, inputs=inputs, output_id=output_over(snapshot, inputs))
    for found in candidates:
        same = found.fingerprint.content == content and dict(found.inputs) == inputs
        if same and found.artifact is not None and not (found.failing or found.forward_only):
            return found
    return None


def _goes_on(
    snapshot: Snapshot, before: Snapshot | None, inputs: Mapping[NodeId, str] | None
) -> bool:
    """Whether what the target has of such a node stays, and is gone on from.

    The source's rows are taken where they were made from those, over the ``inputs`` that the
    target is to have, None where these are not known.
    """
    if snapshot.merged is None or not snapshot.merged.lasting:
        return False
    if before is None or before.artifact is None:
        return False
    return not goes_on_from(snapshot, before.output_id) or inputs != dict(snapshot.inputs)


def _gone_on(
    snapshot: Snapshot, inputs: Mapping[NodeId, str], known: Iterable[Snapshot]
) -> Snapshot | None:
    """What the source has made of the target's rows over ``inputs``, of the same definition."""
    into = snapshot.output_id
    return _over(snapshot, inputs, (each for each in known if goes_on_from(each, into)), rows=True)


def _merged_over(
    snapshot: Snapshot,
    inputs: Mapping[NodeId, str],
    candidates: Iterable[Snapshot],
    *,
    moves: bool,
) -> Snapshot | None:
    """What a node that merges by key has over ``inputs``, where somebody merged them already.

    Raises RunError where they are in it, with others after them, and would be merged once more.
    """
    whole = (found for found in candidates if found.artifact is not None and not found.failing)
    if not moves:
        into = snapshot.output_id
        return _over(
            snapshot, inputs, (each for each in whole if is_merged_into(each, into)), rows=True
        )
    try:
        return with_inputs_in(snapshot, inputs, whole)
    except LookupError:
        raise RunError(
            f"{snapshot.node} has merged these inputs already, and newer ones after them",
            code="SK0763",
            help="run the environment that it is promoted to first, so that it has the newer"
            " inputs as well, then promote",
        ) from None


def _output(snapshots: Mapping[NodeId, Snapshot], id: NodeId) -> str:
    found = snapshots.get(id)
    return found.output_id if found else ""


def _order(snapshots: Mapping[NodeId, Snapshot]) -> Iterable[NodeId]:
    edges = {id: [p for p in found.inputs if p in snapshots] for id, found in snapshots.items()}
    try:
        return tuple(TopologicalSorter(edges).static_order())
    except CycleError as error:
        raise RunError(
            f"together they would read each other in a circle: {' -> '.join(error.args[1])}",
            code="SK0824",
            help="run the environment again with the files as they are to become",
        ) from None


def _was_taken_back(source: EnvironmentState, target: Definitions, id: NodeId) -> bool:
    """Whether the target is back at a definition that a promotion of ``source`` had replaced."""
    return target.get(id, "") in source.replaced.get(id, ())


def _is_its_own(source: EnvironmentState, target: Definitions, id: NodeId) -> bool:
    """Whether ``source`` promoted the node before: what others made of it since is a conflict."""
    return (id in source.replaced and bool(target.get(id))) or _was_taken_back(source, target, id)


def _refuse_failing(source: EnvironmentState, moved: Iterable[NodeId]) -> None:
    failing = [id for id in moved if source.snapshots[id].failing]
    if failing:
        raise RunError(
            f"audits of {source.name} fail: {', '.join(failing)}",
            code="SK0826",
            help=f"mend them, then seeknal run --env {source.name}",
        )


def _refuse_cut_off(
    source: EnvironmentState, target: EnvironmentState, merged: Mapping[NodeId, Snapshot]
) -> None:
    """Views keep no rows of what they read: without it, nobody could read them."""
    cut = [
        (id, parent)
        for id, snapshot in merged.items()
        if is_view(snapshot)
        for parent in snapshot.inputs
        if parent not in merged and (parent in source.snapshots or parent in target.snapshots)
    ]
    if cut:
        id, parent = cut[0]
        raise RunError(
            f"{target.name} would lose {parent}, which the view {id} reads",
            code="SK0751",
            help=f"change {id} in {source.name} too: seeknal run --env {source.name} with files"
            " that say what both are to be",
        )


def _refuse_conflicts(
    source: EnvironmentState,
    target: EnvironmentState,
    base: Mapping[NodeId, str],
    promoted: list[NodeId],
) -> None:
    """The target's definitions that somebody changed since, in what is replaced or read."""
    mine, theirs = definitions_of(source.snapshots), definitions_of(target.snapshots)
    reached = {*promoted, *_ancestors(source.snapshots, promoted)}
    reached |= _ancestors(target.snapshots, reached)
    changed = [
        id
        for id in sorted(reached)
        if (now := theirs.get(id, "")) != source.seen.get(id, base.get(id, ""))
        and now != mine.get(id, "")
        and not _was_taken_back(source, theirs, id)
    ]
    if changed:
        raise RunError(
            f"{target.name} has changed since {source.name} was made: {', '.join(changed)}",
            code="SK0824",
            help=f"look at seeknal plan --env {source.name}, which takes note of it, then promote"
            " again; --force replaces it unseen",
        )


def _ancestors(snapshots: Mapping[NodeId, Snapshot], start: Iterable[NodeId]) -> set[NodeId]:
    found: set[NodeId] = set()
    waiting = list(start)
    while waiting:
        snapshot = snapshots.get(waiting.pop())
        for parent in snapshot.inputs if snapshot else ():
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found
