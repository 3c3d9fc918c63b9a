"""What a run says that is told to stop, whether or not its own code lets it."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from seeknal.cli.totals import STATUSES, counts_text
from seeknal.cli.watching import watch

if TYPE_CHECKING:
    from seeknal.cli.watching import Watch
    from seeknal.values.names import NodeId
    from seeknal.values.plan import Plan
    from seeknal.values.project import Project
    from seeknal.values.results import NodeResult


class Stopping:
    """Follows a run's steps. While nodes' functions run in this process, it has a `Watch`."""

    def __init__(self) -> None:
        self._functions: set[NodeId] = set()
        self._running: dict[NodeId, None] = {}
        self._counts = dict.fromkeys(STATUSES, 0)
        self._steps = 0
        self._began = time.time()
        self._watch: Watch | None = None

    def planned(self, plan: Plan, project: Project) -> None:
        python = ((step.node, project.nodes[step.node].python) for step in plan.to_run)
        self._functions = {id for id, found in python if found and found.script is None}
        self._steps = len(plan.steps)

    def started(self, node: NodeId) -> None:
        self._running[node] = None
        if node in self._functions and self._watch is None:
            self._watch = watch(self._began)
        if self._watch and node in self._functions:
            self._watch.arm()
        self._tell()

    def finished(self, result: NodeResult) -> None:
        self._running.pop(result.node, None)
        self._counts[result.status] += 1
        self._tell()

    def stopping(self, nodes: Collection[NodeId]) -> str | None:
        """What to say of a run that is to end; None where that is said already."""
        if self._watch is None or not self._watch.is_alive:
            return waiting_text(nodes)
        self._watch.arm()
        return None

    def ended(self) -> None:
        if self._watch is not None:
            self._watch.end()

    def _tell(self) -> None:
        if self._watch is not None:
            rest = self._steps - len(self._running) - sum(self._counts.values())
            counts = {
                **self._counts,
                "interrupted": self._counts["interrupted"] + len(self._running),
                "skipped": self._counts["skipped"] + rest,
            }
            self._watch.tell(waiting_text(self._running), counts_text(counts))


def waiting_text(nodes: Collection[NodeId]) -> str:
    """What a run that was told to stop still waits for, and how to end it sooner."""
    names = list(nodes)
    more = f" and {len(names) - 1} more" if names[1:] else ""
    waiting = f": waiting for {names[0]}{more}" if names else ""
    return f"stopping{waiting}; Ctrl-C again ends at once"
