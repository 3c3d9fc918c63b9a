"""What a plan changes, with everything that is known of it: SQL, columns, durations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plan.categories import Before
from seeknal.plan.changes import Known, consequences
from seeknal.plan.described import definitions as described_now
from seeknal.plan.described import modified
from seeknal.plan.plugin_queries import told_by_plugins
from seeknal.plan.session import is_narrowed
from seeknal.project.commit import commit_of
from seeknal.state.definitions import Definitions
from seeknal.state.history import History
from seeknal.values.estimates import estimate
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.lineage.model import NodeLineage
    from seeknal.plan.changes import Consequences
    from seeknal.plan.session import Loaded, Request
    from seeknal.state.definitions import Built
    from seeknal.values.columns import Column
    from seeknal.values.estimates import Estimate
    from seeknal.values.names import NodeId
    from seeknal.values.plan import Plan
    from seeknal.values.snapshot import Snapshot


def explain_plan(loaded: Loaded, plan: Plan, request: Request) -> Consequences:
    """The consequences of a plan. Imports DuckDB only when a definition has changed."""
    project, snapshots = loaded.project, loaded.snapshots(plan.environment)
    definitions, history = Definitions(project.target), History(project.target)
    known = Known(
        sql_of=lambda definition: found.sql if (found := definitions.built(definition)) else None,
        durations=history.durations() if plan.to_run else {},
        estimates=_estimates(plan, history),
    )
    whole = not is_narrowed(request)
    edited = any(
        (found := snapshots.get(id)) is not None
        and found.fingerprint.content != fingerprint.content
        for id, fingerprint in plan.fingerprints.items()
    )
    described = loaded.described(plan.environment)
    edited = edited or not described.keys().isdisjoint(
        modified(described_now(project.nodes, plan.fingerprints, described), described)
    )
    told = partial(
        consequences,
        whole=whole,
        disabled=project.disabled,
        described=described,
    )
    if not edited:
        changes = told(plan, project.nodes, loaded.graph, snapshots, known)
        return _with_sections(loaded, plan, changes)
    with _Readings(loaded, plan, snapshots) as readings:
        known = evolve(
            known,
            before=lambda definition: _before(definitions.built(definition)),
            lineage=readings.lineage,
            lineage_before=readings.lineage_before,
            other_meaning=readings.other_meaning,
        )
        changes = told(plan, project.nodes, loaded.graph, snapshots, known)
    return _with_sections(loaded, plan, changes)


def _estimates(plan: Plan, history: History) -> dict[NodeId, Estimate]:
    """What the ranges that are known to be processed will take, by what earlier ones took."""
    counts = {step.node: step.ranges.count for step in plan.to_run if step.ranges is not None}
    if not any(counts.values()):
        return {}
    paces = history.paces()
    found = {id: estimate(count, paces.get(id, ())) for id, count in counts.items()}
    return {id: told for id, told in found.items() if told is not None}


def _with_sections(loaded: Loaded, plan: Plan, found: Consequences) -> Consequences:
    hook = loaded.plugins.hooks.plan_sections
    given = hook(project=loaded.project, environment=plan.environment, changes=found.changes)
    sections, warnings = told_by_plugins("plan_sections", given)
    return evolve(found, sections=sections, warnings=warnings)


def _before(built: Built | None) -> Before | None:
    return Before(executable=built.executable, frame=built.frame) if built else None


class _Readings:
    """What nodes read now, and whether that is what they read before."""

    def __init__(self, loaded: Loaded, plan: Plan, snapshots: Mapping[NodeId, Snapshot]) -> None:
        from seeknal.lineage.project import trace_project
        from seeknal.lineage.reader import Reader

        project = loaded.project
        self.nodes, self.snapshots = project.nodes, snapshots
        self.found = trace_project(
            project,
            loaded.graph,
            loaded.plugins,
            fingerprints=plan.fingerprints,
            snapshots=snapshots,
        ).nodes
        self.reader = Reader(project, loaded.plugins)

    def __enter__(self) -> _Readings:
        return self

    def __exit__(self, *error: object) -> None:
        self.reader.close()

    def lineage(self, node: NodeId) -> NodeLineage | None:
        return self.found.get(node)

    def lineage_before(self, node: NodeId) -> NodeLineage | None:
        """What the node's SQL as it is now reads of its inputs as they were."""
        snapshot, old = self.snapshots.get(node), self._stored(node)
        return self.reader.lineage(self.nodes[node], old, snapshot) if snapshot else None

    def other_meaning(self, node: NodeId) -> bool:
        """Whether the node's SQL means something else over the new columns of its inputs."""
        if self.nodes[node].does == "describes":
            # What it reads it names.
            return False
        snapshot, old = self.snapshots.get(node), self._stored(node)
        parents = self.nodes[node].parents
        new = {id: self.found[id].columns for id in parents if self.found[id].known}
        if snapshot is None or old.keys() != new.keys():
            return True
        if old == new:
            return False
        before = self.reader.lineage(self.nodes[node], old, snapshot)
        after = self.reader.lineage(self.nodes[node], new, snapshot)
        return before.unknown is not None or before != after

    def _stored(self, node: NodeId) -> dict[NodeId, tuple[Column, ...]]:
        """The columns that the node's inputs had."""
        known = [
            (id, self.snapshots[id]) for id in self.nodes[node].parents if id in self.snapshots
        ]
        return {id: found.artifact.columns for id, found in known if found.artifact is not None}


def other_commit(loaded: Loaded) -> str | None:
    """A warning when production was last built from another commit than the files are at."""
    production = loaded.state.environments.get(PRODUCTION)
    here = commit_of(loaded.project.root)
    if production is None or not production.commit or not here or production.commit == here:
        return None
    return (
        f"{PRODUCTION} was last built from commit {production.commit[:10]},"
        f" these files are at {here[:10]}"
    )
