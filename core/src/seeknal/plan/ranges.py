"""Which ranges of a tracked node are due, by what its environment has done and what is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.intervals.calendar import calendar_of
from seeknal.intervals.due import ALWAYS, Parent, Question, due, ready
from seeknal.intervals.holding import done_of
from seeknal.intervals.moments import end_in, moment_in, told
from seeknal.intervals.spans import common, minus, union
from seeknal.intervals.units import unit_of
from seeknal.intervals.wording import told_count, told_waiting
from seeknal.plan.asked_spans import noted
from seeknal.project.cuts import times_read
from seeknal.values.errors import UsageError
from seeknal.values.names import NodeId
from seeknal.values.tracking import Ranges, Reach

if TYPE_CHECKING:
    from seeknal.intervals.calendar import Calendar
    from seeknal.intervals.due import Due
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Part, Snapshot
    from seeknal.values.tracking import Asked, Spans, Tracking

DAYS, RANGES = 30, 1000
"""What a batch has unless its node says it: as many ranges as make so many days, or so many."""


@frozen(kw_only=True)
class Held:
    """What an environment has of a tracked node that holds under its definition of today.

    ``follows`` are the earlier definitions of which ``parts`` may be. ``continues``: what readers
    see grows with each batch; otherwise they see what was there until all is done again, which
    had been done up to ``rebuilt_to``.
    """

    parts: tuple[Part, ...] = ()
    follows: tuple[str, ...] = ()
    continues: bool = True
    rebuilt_to: int | None = None

    @property
    def done(self) -> Spans:
        """The moments that the parts are of."""
        return done_of(self.parts)


def held_of(
    node: Node,
    snapshot: Snapshot | None,
    definition: str,
    *,
    forward: bool = False,
    full: bool = False,
    is_whole: Callable[[Part], bool] = lambda part: True,
) -> Held:
    """What counts of a snapshot under a definition.

    ``forward``: the definition holds from now on alone, where ranges are the same; ``full``: all
    is done again.
    """
    if snapshot is None or (snapshot.artifact is None and snapshot.view is None):
        return Held()
    covered = snapshot.covered
    before = snapshot.fingerprint.content
    if covered is None:
        return Held(continues=False, rebuilt_to=ALWAYS[0])
    if not covered.done and before != definition:
        # Nobody has seen anything of it.
        return Held()
    follows: tuple[str, ...] = ()
    if before == definition:
        follows = covered.follows
    elif forward and _alike(node, snapshot):
        follows = tuple(dict.fromkeys((*covered.follows, before)))
    last = max((end for _, end in covered.done), default=None)
    if full:
        return Held(continues=False, rebuilt_to=last if last is not None else ALWAYS[0])
    allowed = {definition, *follows}
    assert snapshot.artifact is not None
    parts = tuple(
        part for part in snapshot.artifact.parts if part.definition in allowed and is_whole(part)
    )
    if before in allowed:
        return Held(parts=parts, follows=follows)
    rebuilt_to = last if last is not None else ALWAYS[0]
    return Held(parts=parts, follows=follows, continues=False, rebuilt_to=rebuilt_to)


def _alike(node: Node, snapshot: Snapshot) -> bool:
    """Whether a node's ranges are those of what is stored of it."""
    covered, tracking = snapshot.covered, tracking_of(node)
    assert covered is not None
    now = (tracking.column, str(unit_of(tracking.schedule)), tracking.timezone)
    return now == (covered.column, covered.unit, covered.timezone)


def tracking_of(node: Node) -> Tracking:
    """How a tracked node's rows lie in time."""
    assert node.tracking is not None
    return node.tracking


def node_calendar(node: Node) -> Calendar:
    """The ranges of a tracked node."""
    tracking = tracking_of(node)
    return calendar_of(str(unit_of(tracking.schedule)), tracking.timezone)


def first_of(node: Node, nodes: Mapping[NodeId, Node]) -> int:
    """When a tracked node's first range begins."""
    return node_calendar(node).begin(_start_of(node, nodes))


def _start_of(node: Node, nodes: Mapping[NodeId, Node]) -> int:
    tracking = tracking_of(node)
    if tracking.start:
        return moment_in(tracking.start, tracking.timezone)
    parents = (nodes[id] for id in node.parents if id in nodes)
    return min(_start_of(parent, nodes) for parent in parents if parent.tracking is not None)


def parents_of(node: Node, snapshots: Mapping[NodeId, Snapshot]) -> tuple[Parent, ...]:
    """What tracked inputs of a node have done; one that has never run has done nothing."""
    cuts = tracking_of(node).cuts
    found = []
    for id in node.parents:
        snapshot = snapshots.get(id)
        if snapshot is not None and snapshot.covered is not None:
            covered, reach = snapshot.covered, cuts.get(id, Reach())
            found.append(Parent(first=covered.first, done=covered.done, reach=reach))
    return tuple(found)


def parents_then(
    node: Node,
    nodes: Mapping[NodeId, Node],
    snapshots: Mapping[NodeId, Snapshot],
    then: Mapping[NodeId, Spans],
) -> dict[NodeId, Parent]:
    """What tracked inputs will have done: what ``then`` says of them, else what they have."""
    cuts, found = tracking_of(node).cuts, {}
    for id in node.parents:
        snapshot, reach = snapshots.get(id), cuts.get(id, Reach())
        if id in then:
            found[id] = Parent(first=first_of(nodes[id], nodes), done=then[id], reach=reach)
        elif snapshot is not None and (covered := snapshot.covered) is not None:
            found[id] = Parent(first=covered.first, done=covered.done, reach=reach)
    return found


def question_of(
    node: Node,
    nodes: Mapping[NodeId, Node],
    snapshots: Mapping[NodeId, Snapshot],
    held: Held,
    asked: Asked,
) -> Question:
    """A node as it is at the moment of a command."""
    return Question(
        calendar=node_calendar(node),
        tracking=tracking_of(node),
        first=first_of(node, nodes),
        now=asked.now,
        done=held.done,
        rebuilt_to=held.rebuilt_to,
        asked=span_of(asked, tracking_of(node).timezone) if asked.names_span else None,
        marks=asked.marks.get(node.id, ()),
        parents=parents_of(node, snapshots),
    )


def span_of(asked: Asked, timezone: str) -> tuple[int, int]:
    """The span that a command names, in a zone. Raises UsageError for what is no moment."""
    try:
        start = moment_in(asked.start, timezone) if asked.start is not None else ALWAYS[0]
        end = end_in(asked.end, timezone) if asked.end is not None else asked.now
    except ValueError as error:
        raise UsageError(str(error), code="SK0254") from None
    if asked.end is not None and end < start:
        raise UsageError(
            f"--end {asked.end} is before --start {asked.start}",
            code="SK0275",
            help="put the earlier one first: a date as --end is that whole day",
        )
    return start, max(start, end)


def batch_size(node: Node, nodes: Mapping[NodeId, Node]) -> int:
    """The most ranges of a node that are processed at once."""
    tracking = tracking_of(node)
    if tracking.reads_itself:
        return 1
    if tracking.batch_size:
        return tracking.batch_size
    if _is_joint(node, nodes):
        return 1
    longest = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
    unit = unit_of(tracking.schedule)
    length = unit.size * longest.get(unit.name, 30 * 86400)
    return max(1, min(RANGES, DAYS * 86400 // length))


def batch_count(node: Node, nodes: Mapping[NodeId, Node], counts: Sequence[int]) -> int:
    """How many batches spans are that have so many ranges each."""
    if max(counts, default=0) <= 1:
        # The usual new day: nothing has to be known of its query.
        return len(counts)
    size = batch_size(node, nodes)
    return sum(-(-count // size) for count in counts)


def _is_joint(node: Node, nodes: Mapping[NodeId, Node]) -> bool:
    """Whether its query gives other rows for several ranges at once than for each of them."""
    if node.sql is None:
        return False
    from seeknal.sql.cuts.joint import is_joint

    return is_joint(node.sql.executable, tuple(times_read(node, nodes).items()))


@frozen(kw_only=True)
class Look:
    """A tracked node before a run: why it has something to do, and what.

    ``before``: what inputs that the same run processes will have done by then.
    """

    node: Node
    nodes: Mapping[NodeId, Node]
    snapshots: Mapping[NodeId, Snapshot]
    asked: Asked
    definition: str
    forward: bool = False
    full: bool = False
    before: Mapping[NodeId, Spans] = field(factory=dict)

    @property
    def reason(self) -> str | None:
        """Why it is processed whatever its inputs hold, or None."""
        return self._of_definition() or self._of_ranges()

    @property
    def waits(self) -> str | None:
        """What is said where all that is due waits for an input."""
        waiting = self.due.waiting
        if not waiting or self.due.wanted:
            return None
        return told_waiting(self._count(waiting))

    @property
    def ranges(self) -> Ranges:
        """What a plan says of it."""
        found, calendar = self.due, node_calendar(self.node)
        wanted = found.wanted
        counts = [self._count(((start, end),)) for start, end in wanted]
        again = minus(found.again, found.new)
        named = found.named is not None
        return Ranges(
            new=found.new,
            again=again,
            invalidated=() if named else common(again, self._marks),
            waiting=found.waiting,
            waits_for=blocking(found.waiting, calendar, self._parents),
            count=sum(counts),
            batches=batch_count(self.node, self.nodes, counts),
            unit=str(calendar.unit),
            timezone=calendar.timezone,
            asked=named,
        )

    @property
    def _marks(self) -> Spans:
        return self.asked.marks.get(self.node.id, ())

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the span that is asked for is processed otherwise, or not at all."""
        tracking, found = tracking_of(self.node), self.due
        if not self.asked.names_span:
            first = first_of(self.node, self.nodes) if tracking.start else self.asked.now
            if first <= self.asked.now:
                return ()
            return (f"nothing is due before its start, {told(first, tracking.timezone)}",)
        if found.named is None:
            return ("its definition has changed: all of it is processed, not the span alone",)
        span = span_of(self.asked, tracking.timezone)
        return noted(
            span,
            found,
            first=first_of(self.node, self.nodes),
            timezone=tracking.timezone,
            bounded=self.asked.end is not None,
            keeps=() if tracking.restates else common(found.named, self.held.done),
        )

    @cached_property
    def held(self) -> Held:
        """What of the node's rows holds under its definition."""
        snapshot = self.snapshots.get(self.node.id)
        return held_of(self.node, snapshot, self.definition, forward=self.forward, full=self.full)

    @cached_property
    def due(self) -> Due:
        """What is due, as far as it is known before the run."""
        question = question_of(self.node, self.nodes, self.snapshots, self.held, self.asked)
        return due(evolve(question, parents=tuple(self._parents.values())))

    @property
    def then(self) -> Spans:
        """What the node will have done once it has done what is due."""
        return union(self.held.done, self.due.wanted)

    @cached_property
    def _parents(self) -> dict[NodeId, Parent]:
        return parents_then(self.node, self.nodes, self.snapshots, self.before)

    def _of_definition(self) -> str | None:
        snapshot = self.snapshots.get(self.node.id)
        if self.full:
            return "forced (--full)"
        if snapshot is None:
            return "first run"
        if snapshot.covered is None:
            return "its ranges are tracked from now on"
        if snapshot.fingerprint.content != self.definition:
            if self.held.continues or self.held.follows:
                return "new from now on (--forward-only)"
            return (
                "date changed" if snapshot.dated == self.node.definition else "definition changed"
            )
        if first_of(self.node, self.nodes) != snapshot.covered.first:
            return "start changed"
        return None

    def _of_ranges(self) -> str | None:
        found = self.due
        if not found.wanted:
            return None
        if found.named is not None:
            return f"{told_count(self._count(found.wanted))} asked for"
        marked = common(found.again, self._marks)
        parts = (
            (found.new, "new"),
            (marked, "invalidated"),
            (minus(minus(found.again, marked), found.new), "looked back at"),
        )
        told = [f"{told_count(self._count(spans))} {what}" for spans, what in parts if spans]
        return ", ".join(told)

    def _count(self, spans: Spans) -> int:
        calendar = node_calendar(self.node)
        return calendar.count(calendar.widened(spans))


def blocking(
    waiting: Spans, calendar: Calendar, parents: Mapping[NodeId, Parent]
) -> tuple[NodeId, ...]:
    """The inputs that ranges wait for."""
    return tuple(
        id for id, parent in parents.items() if ready(waiting, calendar, (parent,)) != waiting
    )
