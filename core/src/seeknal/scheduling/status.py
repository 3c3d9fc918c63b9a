"""Whether a scheduler lives, and how the nodes are that it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen

from seeknal.scheduling.due import Ticks, put_right, wanted
from seeknal.scheduling.heartbeat import Heartbeat, last_beat
from seeknal.scheduling.memory import Memory, Standing, remembered
from seeknal.scheduling.outbox import take, waiting
from seeknal.state.lock import is_held
from seeknal.values.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from seeknal.graph.agenda import Entry
    from seeknal.scheduling.place import Place
    from seeknal.values.names import NodeId

Word = Literal["failing", "due", "waiting", "ok", "never"]


@frozen(kw_only=True)
class NodeStatus:
    """How one node is. ``entry`` None: it runs along with others."""

    node: NodeId
    entry: Entry | None
    standing: Standing
    status: Word


@frozen(kw_only=True)
class Status:
    """A scheduler as others see it. ``alive``: it holds its lock and was seen lately."""

    alive: bool
    heartbeat: Heartbeat | None
    nodes: tuple[NodeStatus, ...]
    pending: int
    failed: int


def status_of(place: Place, entries: Sequence[Entry], now: float) -> Status:
    """How the scheduler of a place is. Raises StateError where what it remembers is damaged."""
    heartbeat = last_beat(place.heartbeat)
    fresh = heartbeat is not None and abs(now - heartbeat.at) <= heartbeat.bound
    ticks = Ticks()
    memory = put_right(_memory(place), entries, ticks.last, int(now))
    due = wanted(memory, entries, ticks.last, int(now)).due
    messages = [take(path) for path in waiting(place.outbox)]
    return Status(
        alive=fresh and is_held(place.folder),
        heartbeat=heartbeat,
        nodes=tuple(_nodes(memory, entries, due)),
        pending=len(messages),
        failed=sum(message is not None and message.attempts > 0 for message in messages),
    )


def _memory(place: Place) -> Memory:
    try:
        return remembered(place.memory) or Memory()
    except (OSError, ValueError) as error:
        raise StateError(
            f"{place.memory} cannot be read: {error}",
            code="SK0860",
            help="the next scheduler sets it aside and begins as for the first time",
        ) from error


def _nodes(memory: Memory, entries: Sequence[Entry], due: Collection[NodeId]) -> list[NodeStatus]:
    """The nodes with a schedule, then those that fail where they run along."""
    known = {entry.node: entry for entry in entries}
    others = [id for id, kept in memory.nodes.items() if kept.fails and id not in known]
    return [
        NodeStatus(
            node=id,
            entry=known.get(id),
            standing=memory.of(id),
            status=_word(memory.of(id), id in due),
        )
        for id in (*known, *others)
    ]


def _word(standing: Standing, due: bool) -> Word:
    if standing.fails:
        return "failing"
    if due and standing.tick is not None:
        return "due"
    if standing.waits:
        return "waiting"
    return "never" if standing.tick is None else "ok"
