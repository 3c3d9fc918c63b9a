"""What tracked nodes have done and lack, as state and files tell it: nothing is read or run."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.intervals.calendar import calendar_of
from seeknal.intervals.due import due
from seeknal.intervals.spans import common, minus, union
from seeknal.plan.environments import existing
from seeknal.plan.planning import asked_of
from seeknal.plan.ranges import (
    blocking,
    held_of,
    node_calendar,
    parents_then,
    question_of,
    tracking_of,
)
from seeknal.plan.session import load
from seeknal.query.stored import find_node
from seeknal.values.errors import UsageError
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded, Request
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.tracking import Asked, Spans


@frozen(kw_only=True)
class Standing:
    """How far a tracked node has come in one environment.

    ``gaps`` are ranges that are due and lie before others that are done; ``behind`` come after
    all of these. ``waiting`` cannot be processed even when ``waits_for``, its inputs, have done
    what is due of them. ``invalidated``: done ranges that were so. ``rebuilds``: its
    definition has changed since, so that all is done again.
    """

    node: NodeId
    unit: str
    timezone: str
    schedule: str
    first: int
    done: Spans
    gaps: Spans
    behind: Spans
    waiting: Spans
    waits_for: tuple[NodeId, ...]
    invalidated: Spans
    rebuilds: bool

    @property
    def sorts(self) -> dict[str, Spans]:
        """What is told of its ranges, by name."""
        return {
            "done": self.done,
            "gaps": self.gaps,
            "behind": self.behind,
            "waiting": self.waiting,
            "invalidated": self.invalidated,
        }

    @property
    def counts(self) -> dict[str, int]:
        """How many ranges there are of each sort."""
        calendar = calendar_of(self.unit, self.timezone)
        return {what: calendar.count(calendar.widened(told)) for what, told in self.sorts.items()}


def standings(root: Path, request: Request, names: Collection[str] = ()) -> tuple[Standing, ...]:
    """How far the tracked nodes of an environment have come, or those that are named.

    Raises UsageError for a name that no node has, and for a node that is not tracked.
    """
    loaded = load(root, request)
    environments = loaded.state.environments
    if request.environment != PRODUCTION or PRODUCTION in environments:
        existing(environments, request.environment)
    nodes = loaded.project.nodes
    named = {_tracked(find_node(name, nodes)).id for name in names}
    found = _Standings(loaded, request.environment, asked_of(loaded, request))
    told = [found.of(id) for id in loaded.graph.order if nodes[id].tracking is not None]
    return tuple(each for each in told if not named or each.node in named)


def _tracked(node: Node) -> Node:
    if node.tracking is None:
        raise UsageError(
            f"{node.id} has no ranges of time: it is not tracked",
            code="SK0278",
            location=node.location,
            help="a node is tracked once it has a time_column and a schedule",
        )
    return node


class _Standings:
    """Looks at nodes in the order in which they run: what one waits for, an earlier one does."""

    def __init__(self, loaded: Loaded, environment: str, asked: Asked) -> None:
        self.nodes = loaded.project.nodes
        self.fingerprints = loaded.fingerprints()
        self.snapshots = loaded.snapshots(environment)
        self.asked = asked
        self.then: dict[NodeId, Spans] = {}
        """What nodes have done once they have done what is due."""

    def of(self, id: NodeId) -> Standing:
        node, snapshot = self.nodes[id], self.snapshots.get(id)
        content = self.fingerprints[id].content
        held = held_of(node, snapshot, content)
        calendar = node_calendar(node)
        question = question_of(node, self.nodes, self.snapshots, held, self.asked)
        parents = parents_then(node, self.nodes, self.snapshots, self.then)
        found = due(evolve(question, parents=tuple(parents.values())))
        self.then[id] = union(held.done, found.wanted)
        # What readers see of it.
        shown = snapshot.covered.done if snapshot is not None and snapshot.covered else ()
        has = union(held.done, shown)
        lacking = minus(found.expected, has)
        missing = calendar.widened(lacking)
        last = has[-1][1] if has else question.first
        before = ((question.first, last),) if question.first < last else ()
        gaps = calendar.widened(common(lacking, before))
        return Standing(
            node=id,
            unit=str(calendar.unit),
            timezone=calendar.timezone,
            schedule=tracking_of(node).schedule,
            first=question.first,
            done=shown,
            gaps=gaps,
            behind=minus(missing, gaps),
            waiting=found.waiting,
            waits_for=blocking(found.waiting, calendar, parents),
            invalidated=self.asked.marks.get(id, ()),
            rebuilds=not held.continues and snapshot is not None,
        )
