"""Marking done ranges of tracked nodes, so that the next run does them once more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.host.garbage import uncollected
from seeknal.intervals.calendar import calendar_of
from seeknal.intervals.due import reading
from seeknal.intervals.spans import common, union
from seeknal.plan.environments import existing
from seeknal.plan.planning import asked_of
from seeknal.plan.ranges import span_of
from seeknal.plan.session import read_project, writing
from seeknal.values.errors import UsageError, did_you_mean
from seeknal.values.names import NodeId
from seeknal.values.tracking import Reach

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded, Request
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.tracking import Covered, Spans


@frozen(kw_only=True)
class Marked:
    """What was marked of a node: whole ranges, and how many they are."""

    node: NodeId
    spans: Spans
    count: int
    unit: str
    timezone: str


def invalidate(
    root: Path, request: Request, node: str, *, downstream: bool = False, steps: int = 0
) -> tuple[Marked, ...]:
    """Mark the done ranges of a node that hold a moment of the request's span.

    ``downstream``: also those of others that read something of a marked one; ``steps``: only of
    those that are so many steps away, at most. They stay as they are until a run has redone them.
    Raises UsageError for a node that has no ranges there, and for a request that names no span.
    """
    if request.start is None and request.end is None:
        raise UsageError(
            "invalidate is given no span of time",
            code="SK0250",
            help="say from when on: --start 2024-06-01; for all of it:"
            f" seeknal run --full --select {node}",
        )
    with uncollected(), writing(root / "target", request) as store:
        loaded = evolve(read_project(root, request), state=store.state)
        environment = existing(store.state.environments, request.environment)
        id = _named(node, loaded, environment.snapshots)
        covered = _covered(id, environment.snapshots[id])
        span = span_of(asked_of(loaded, request), covered.timezone)
        found = {id: _touched(covered, (span,) if span[0] < span[1] else ())}
        if downstream or steps:
            near = loaded.graph.descendants([id], None if downstream else steps)
            found = _with_descendants(loaded, environment.snapshots, found, near)
        found = {marked: spans for marked, spans in found.items() if spans}
        known = environment.marks
        if found:
            store.mark(
                request.environment,
                {marked: union(known.get(marked, ()), spans) for marked, spans in found.items()},
            )
            for marked, spans in found.items():
                store.renew(marked, spans)
        return tuple(
            _told(marked, environment.snapshots[marked], found[marked]) for marked in found
        )


def _named(node: str, loaded: Loaded, snapshots: Mapping[NodeId, Snapshot]) -> NodeId:
    tracked = [id for id, found in snapshots.items() if found.covered is not None]
    named = [id for id in snapshots if node in (id, id.name)]
    if len(named) == 1:
        return named[0]
    if named:
        help = f"say {' or '.join(named)}"
        raise UsageError(f"{node!r} means several nodes", code="SK0351", help=help)
    if any(node in (id, id.name) for id in loaded.project.nodes):
        raise UsageError(
            f"nothing is stored of {node}: it has never run here",
            code="SK0352",
            help="there is nothing to process again: a run does what is missing",
        )
    near = did_you_mean(node, [*tracked, *(id.name for id in tracked)])
    help = near or f"tracked nodes: {', '.join(tracked) or 'none'}"
    if node in loaded.state.environments:
        help = f"an environment is deleted by seeknal env delete {node}"
    raise UsageError(f"no node {node!r}", code="SK0350", help=help)


def _covered(id: NodeId, snapshot: Snapshot) -> Covered:
    if snapshot.covered is None:
        raise UsageError(
            f"{id} has no ranges of time: it is not tracked",
            code="SK0278",
            help="a node is tracked once it has a time_column and a schedule;"
            f" to compute all of it again: seeknal run --full --select {id}",
        )
    return snapshot.covered


def _touched(covered: Covered, spans: Spans) -> Spans:
    """The ranges that are done, at least in part, and hold a moment of spans."""
    calendar = calendar_of(covered.unit, covered.timezone)
    inside = common(spans, calendar.widened(covered.done))
    return calendar.widened(common(covered.done, calendar.widened(inside)))


def _with_descendants(
    loaded: Loaded,
    snapshots: Mapping[NodeId, Snapshot],
    marked: Mapping[NodeId, Spans],
    near: Collection[NodeId],
) -> dict[NodeId, Spans]:
    """What is marked, and node by node what of those that are ``near`` reads something of that."""
    found = dict(marked)
    for id in loaded.graph.order:
        node, snapshot = loaded.project.nodes[id], snapshots.get(id)
        tracking = node.tracking
        if id in marked or id not in near or tracking is None or not tracking.restates:
            continue
        if snapshot is None or snapshot.covered is None:
            continue
        spans: Spans = ()
        for parent in node.parents:
            reach = tracking.cuts.get(parent, Reach())
            spans = union(spans, reading(found.get(parent, ()), reach))
        if spans:
            found[id] = _touched(snapshot.covered, spans)
    return found


def _told(id: NodeId, snapshot: Snapshot, spans: Spans) -> Marked:
    covered = _covered(id, snapshot)
    calendar = calendar_of(covered.unit, covered.timezone)
    return Marked(
        node=id,
        spans=spans,
        count=calendar.count(spans),
        unit=covered.unit,
        timezone=covered.timezone,
    )
