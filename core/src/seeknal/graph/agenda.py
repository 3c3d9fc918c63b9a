"""Which nodes of a project are due by a schedule, and which go along with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.values.errors import SelectionError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seeknal.graph.dag import Graph
    from seeknal.intervals.timings import Timing
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.schedule import Schedule


@frozen(kw_only=True)
class Entry:
    """A node with a schedule.

    ``along`` are nodes without one that run when it does, and ``above`` those with one whose rows
    it reads, directly or by others; both in the order in which they run.
    """

    node: NodeId
    schedule: Schedule
    along: tuple[NodeId, ...] = ()
    above: tuple[NodeId, ...] = ()


def agenda_of(nodes: Mapping[NodeId, Node], graph: Graph) -> tuple[Entry, ...]:
    """The nodes that are due by a schedule of their own, in the order in which they run.

    A node without one runs along with those that it reads and those that read it, directly or by
    others without one: where the rows of its inputs are new, and where its own are needed. Of two
    nodes with schedules neither is the other's affair.
    """
    free = frozenset(id for id, node in nodes.items() if node.schedule is None)
    steps = [id for id in graph.order if nodes[id].does != "describes"]
    found = []
    for id in graph.order:
        schedule = nodes[id].schedule
        if schedule is None:
            continue
        below = graph.descendants([id], through=free)
        along = below | graph.ancestors([id, *below], through=free)
        above = graph.ancestors([id, *along]) - free - {id}
        found.append(
            Entry(
                node=id,
                schedule=schedule,
                along=tuple(other for other in steps if other in along),
                above=tuple(other for other in steps if other in above),
            )
        )
    return tuple(found)


def by_timing(entries: Iterable[Entry]) -> dict[Timing, tuple[NodeId, ...]]:
    """The nodes of each schedule, those that run along with them last."""
    from seeknal.intervals.timings import timing_of

    found: dict[Timing, tuple[list[NodeId], list[NodeId]]] = {}
    for entry in entries:
        own, along = found.setdefault(timing_of(entry.schedule), ([], []))
        own.append(entry.node)
        along += entry.along
    return {timing: tuple(dict.fromkeys([*own, *along])) for timing, (own, along) in found.items()}


def nodes_of(
    schedules: Iterable[str], nodes: Mapping[NodeId, Node], graph: Graph
) -> frozenset[NodeId]:
    """The nodes of schedules as people write them, with those that run along with them.

    Raises SelectionError for a text that is no schedule, and for one that no node has.
    """
    from seeknal.intervals.timings import read_schedule, timing_of

    known = by_timing(agenda_of(nodes, graph))
    found: set[NodeId] = set()
    for text in schedules:
        try:
            timing = timing_of(read_schedule(text))
        except ValueError as error:
            raise SelectionError(str(error), code="SK0305") from None
        if timing not in known:
            raise _no_node(text, [str(timing) for timing in known])
        found.update(known[timing])
    return frozenset(found)


def _no_node(text: str, known: list[str]) -> SelectionError:
    listed = ", ".join(f"'{name}'" for name in known)
    return SelectionError(
        f"no node has the schedule {text!r}",
        code="SK0306",
        help=did_you_mean(text, known) or (f"schedules: {listed}" if known else NO_SCHEDULE),
    )


NO_SCHEDULE = 'no node has a schedule: write schedule: "@daily", "0 6 * * *" or 6 hours in one'
