"""Which step may start next: a ready queue over the DAG, the longest remaining path first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph
    from seeknal.values.names import NodeId

UNKNOWN_DURATION = 0.05
"""Seconds that a node without history is taken to need."""


class ReadyQueue:
    """Hands out nodes whose parents are done. Not thread-safe: one thread keeps it.

    Nodes queue in lanes, for each of which the caller knows how many may run at once.
    """

    def __init__(
        self,
        nodes: Sequence[NodeId],
        graph: Graph,
        durations: Mapping[NodeId, float],
        lane_of: Callable[[NodeId], str] = lambda id: "",
    ) -> None:
        chosen = set(nodes)
        self._lane_of = lane_of
        self._order = {id: position for position, id in enumerate(nodes)}
        self._children = {
            id: [child for child in graph.children[id] if child in chosen] for id in nodes
        }
        self._waiting = {id: sum(parent in chosen for parent in graph.parents[id]) for id in nodes}
        self._remaining = _remaining(nodes, self._children, durations)
        self._ready: dict[str, list[tuple[float, int, NodeId]]] = {}
        self._unfinished = len(nodes)
        for id in nodes:
            if not self._waiting[id]:
                self._push(id)

    def __bool__(self) -> bool:
        """Whether anything is unfinished."""
        return self._unfinished > 0

    def take(self, lane: str = "") -> NodeId | None:
        """The most urgent ready node of a lane, or None when it has none."""
        ready = self._ready.get(lane)
        return heapq.heappop(ready)[2] if ready else None

    def finish(self, id: NodeId) -> None:
        """The node's step ended, well or not; its children may become ready."""
        self._unfinished -= 1
        for child in self._children[id]:
            self._waiting[child] -= 1
            if not self._waiting[child]:
                self._push(child)

    def _push(self, id: NodeId) -> None:
        ready = self._ready.setdefault(self._lane_of(id), [])
        heapq.heappush(ready, (-self._remaining[id], self._order[id], id))


def _remaining(
    nodes: Sequence[NodeId],
    children: Mapping[NodeId, Sequence[NodeId]],
    durations: Mapping[NodeId, float],
) -> dict[NodeId, float]:
    """Seconds from the start of each node to the end of the longest path below it."""
    remaining: dict[NodeId, float] = {}
    for id in reversed(nodes):
        below = max((remaining[child] for child in children[id]), default=0.0)
        remaining[id] = below + durations.get(id, UNKNOWN_DURATION)
    return remaining
