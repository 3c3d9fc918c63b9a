"""A run of chosen steps: what commands need that change a map, or send rows again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.host import clock
from seeknal.host.run_ids import new_run_id
from seeknal.plan.planning import asked_of
from seeknal.plan.session import read_project
from seeknal.plan.stored import inlined_views
from seeknal.project.commit import commit_of
from seeknal.run.execution import Execution
from seeknal.state.history import History, run_record
from seeknal.values.plan import Plan, Step
from seeknal.values.results import RunSummary

if TYPE_CHECKING:
    from seeknal.plan.session import Request
    from seeknal.run.execution import Reporter
    from seeknal.run.step_scope import Staged
    from seeknal.state.store import StateStore
    from seeknal.values.deliveries import Delivery
    from seeknal.values.names import NodeId
    from seeknal.values.results import NodeResult
    from seeknal.values.snapshot import Snapshot


class PartialRun:
    """Runs steps that no plan chose. The project is read only when something of it is needed."""

    def __init__(self, root: Path, request: Request, reporter: Reporter, store: StateStore) -> None:
        self.root = root
        self.request = request
        self.reporter = reporter
        self.store = store
        self.execution: Execution | None = None
        self.started_at = clock.now()
        self.clock = monotonic()
        self.results: list[NodeResult] = []

    def opened(self) -> Execution:
        """The run with its project, which is read when it is first asked for."""
        if self.execution is None:
            loaded = evolve(read_project(self.root, self.request), state=self.store.state)
            self.execution = Execution(loaded, self.request, self.reporter, self.store)
        return self.execution

    @cached_property
    def run_id(self) -> str:
        """What the history knows the command by; nothing of a run is needed for it."""
        return self.execution.run_id if self.execution else new_run_id(self.started_at)

    def refresh(self) -> None:
        """Let what follows see the state as it is now."""
        execution = self.opened()
        execution.loaded = evolve(execution.loaded, state=self.store.state)

    def carry_out(self, steps: list[Step], staged: Staged | None = None) -> list[NodeResult]:
        """The results of the steps. ``staged``: elsewhere than on the map."""
        execution = self.opened()
        project = execution.project
        plan = Plan(
            environment=self.request.environment,
            steps=tuple(steps),
            fingerprints=execution.loaded.fingerprints(),
            inlined=inlined_views(project.nodes, execution.loaded.graph),
            asked=asked_of(execution.loaded, self.request),
        )
        self.reporter.planned(plan, project)
        return execution.carry_out(plan, staged)

    def deliver(self, changes: Mapping[NodeId, Snapshot | None]) -> list[NodeResult]:
        """Write what targets are owed of nodes whose outputs changed; what fails stays owed."""
        if not any(found is not None and found.delivers for found in changes.values()):
            return []
        from seeknal.plan.planner import owed_targets

        execution = self.opened()
        looked_up = any(known.undoes for found in changes.values() for known in _deliveries(found))
        if looked_up or any(map(self._has_ranges, changes)):
            # What is taken out is looked up in the generation that has just begun.
            self.store.generations()
        self.refresh()
        if not execution.loaded.delivers(self.request):
            return []
        nodes, fingerprints = execution.project.nodes, execution.loaded.fingerprints()
        steps = [
            Step(node=id, action="deliver", reason="target owed")
            for id in execution.loaded.graph.order
            if (found := changes.get(id)) is not None
            and not found.failing
            and (
                found.artifact is not None or fingerprints[id].content == found.fingerprint.content
            )
            and (owed_targets(nodes[id], found) or found.backlog)
        ]
        return self.carry_out(steps) if steps else []

    def _has_ranges(self, id: NodeId) -> bool:
        node = self.opened().project.nodes.get(id)
        return node is not None and any(target.by_range for target in node.targets)

    def summarise(
        self,
        delivered: list[NodeResult],
        left: tuple[str, ...] = (),
        abandoned: tuple[NodeResult, ...] = (),
    ) -> RunSummary | None:
        """Tell the history and the reporter; None where nothing had to run.

        ``left``: targets that hold other rows than the map says. ``abandoned``: nodes that are
        gone, with what their targets are owed.
        """
        if self.execution is not None:
            self.execution.keep_catalog(self.request.environment)
            return self.execution.summarise([*self.results, *delivered], abandoned, left)
        history = History(self.root / "target")
        summary = RunSummary(
            run_id=self.run_id,
            environment=self.request.environment,
            started_at=self.started_at.isoformat(),
            seconds=monotonic() - self.clock,
            results=(),
            command=self.request.command,
            commit=commit_of(self.root),
            left=left,
        )
        history.append([run_record(summary, history.unwell(summary.environment))])
        return None


def _deliveries(snapshot: Snapshot | None) -> Iterable[Delivery]:
    return snapshot.deliveries.values() if snapshot else ()
