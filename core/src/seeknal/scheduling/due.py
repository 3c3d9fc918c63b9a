"""Which nodes are due now, and what is remembered after they ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import evolve, field, frozen

from seeknal.intervals.ticks import ticked, ticks_next
from seeknal.scheduling.memory import Standing
from seeknal.values.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from seeknal.graph.agenda import Entry
    from seeknal.scheduling.answers import Reading
    from seeknal.scheduling.memory import Memory
    from seeknal.values.names import NodeId
    from seeknal.values.schedule import Schedule

DAY = 86400
GONE = Fault(message="no schedule runs it any more")
"""Why a node that was removed, or lost its schedule, fails no longer."""


@frozen(kw_only=True)
class Wanted:
    """What one run is to do: ``due`` are nodes with a schedule, ``nodes`` all that it selects."""

    due: tuple[NodeId, ...] = ()
    nodes: tuple[NodeId, ...] = ()


@frozen(kw_only=True)
class Ended:
    """How a node's step of a run ended. ``waits``: ranges of it lack an input."""

    status: Literal["ok", "failed", "skipped"]
    fault: Fault | None = None
    waits: bool = False


@frozen
class Ticks:
    """The last tick of each schedule, looked for again only once the next one has come."""

    _known: dict[Schedule, tuple[int, int]] = field(factory=dict, init=False)

    def last(self, schedule: Schedule, now: int) -> int:
        """When a schedule has ticked last."""
        tick, next = self._known.get(schedule, (0, 0))
        if not tick <= now < next:
            tick, next = ticked(schedule, now), ticks_next(schedule, now)
            self._known[schedule] = tick, next
        return tick


def as_found(memory: Memory, reading: Reading) -> Memory:
    """What is remembered, as far as nodes are there, and what others have done since.

    Somebody else may have run a node since it was last due, such as a scheduler that was killed
    meanwhile, or have removed what is stored of it.
    """
    known, made_at = reading.known, reading.made_at
    kept = {id: standing for id, standing in memory.nodes.items() if id in known}
    # Who was told that a node fails is to hear that it does no longer, as it is gone.
    gone = (id for id, standing in memory.nodes.items() if id not in known and standing.told)
    kept |= {id: Standing(told=True, fault=GONE) for id in gone}
    for id, standing in list(kept.items()):
        if standing.fails and 0 < standing.failed_at < made_at.get(id, 0):
            kept[id] = Standing(tick=standing.tick, told=standing.told)
    for entry in reading.entries:
        made, standing = made_at.get(entry.node), kept.get(entry.node, Standing())
        if entry.node in reading.lacking:
            kept[entry.node] = evolve(standing, tick=None)
        elif made is not None and not standing.fails and made > (standing.tick or made - 1):
            kept[entry.node] = evolve(standing, tick=made)
    return evolve(memory, nodes=kept)


def put_right(
    memory: Memory, entries: Sequence[Entry], last: Callable[[Schedule, int], int], now: int
) -> Memory:
    """Without ticks that a clock has told which ran ahead by days: their nodes go on from now."""
    changed = {}
    for entry in entries:
        standing = memory.of(entry.node)
        if standing.tick is not None and standing.tick > now + DAY:
            changed[entry.node] = evolve(standing, tick=last(entry.schedule, now))
    return memory.with_nodes(changed) if changed else memory


def wanted(
    memory: Memory, entries: Sequence[Entry], last: Callable[[Schedule, int], int], now: int
) -> Wanted:
    """What is due: nodes whose schedule has ticked since they last ran, and what failed before.

    A node that fails is not due before its delay is over, unless one is that reads it: new rows
    are not made of old ones only because these could not be renewed.
    """
    scheduled = {entry.node: entry for entry in entries}
    due = {entry.node for entry in entries if _is_due(memory, entry, last, now)}
    again = {
        id
        for id, standing in memory.nodes.items()
        if standing.fails and id not in scheduled and standing.may_retry(now)
    }
    if not due and not again:
        return Wanted()
    failing = {id for id in scheduled if memory.of(id).fails}
    for id in list(due):
        due |= failing.intersection(scheduled[id].above)
    for entry in entries:
        if memory.of(entry.node).waits and due.intersection(entry.above):
            due.add(entry.node)
    ordered = tuple(id for id in scheduled if id in due)
    along = (other for id in ordered for other in scheduled[id].along)
    return Wanted(due=ordered, nodes=tuple(dict.fromkeys([*ordered, *along, *sorted(again)])))


def _is_due(memory: Memory, entry: Entry, last: Callable[[Schedule, int], int], now: int) -> bool:
    standing = memory.of(entry.node)
    if standing.fails:
        return standing.may_retry(now)
    return standing.tick is None or last(entry.schedule, now) > standing.tick


def after(
    memory: Memory,
    ran: Wanted,
    ended: Mapping[NodeId, Ended],
    ticks: Mapping[NodeId, int],
    now: int,
) -> Memory:
    """What is remembered after a run. ``ticks`` are the last ones of its nodes when it began."""
    changed = {}
    for id in ran.nodes:
        result, standing = ended.get(id), memory.of(id)
        if result is None:
            # Nothing is known of it: it is due as before.
            continue
        if result.status == "ok":
            changed[id] = Standing(tick=ticks.get(id), waits=result.waits, told=standing.told)
        else:
            fault = result.fault or Fault(message="failed")
            changed[id] = standing.failed(fault, now, follows=result.status == "skipped")
    return memory.with_nodes(changed)
