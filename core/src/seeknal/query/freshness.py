"""How fresh the nodes of an environment are, by what is stored of them: nothing is run."""

from __future__ import annotations

from datetime import datetime
from math import inf
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.host import clock
from seeknal.plan.environments import existing
from seeknal.query.newest import Newest, newest_values, rows_are_gone
from seeknal.state.history import History
from seeknal.values.freshness import FreshnessResult, is_confirmed
from seeknal.values.names import PRODUCTION
from seeknal.values.pii import any_pii, pii_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from seeknal.plan.session import Loaded
    from seeknal.values.freshness import Freshness
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.tracking import Covered, Spans


def freshness_of(
    loaded: Loaded, environment: str = PRODUCTION, nodes: Collection[NodeId] | None = None
) -> tuple[FreshnessResult, ...]:
    """How fresh the nodes are whose files say how old rows may be; of ``nodes``, or of all.

    In the order of the graph, at this moment by `seeknal.host.clock`, as readers of the environment
    see them. Takes no lock and needs no connection. Raises UsageError for an unknown environment.
    """
    state = existing(loaded.state.environments, environment)
    asked = [
        id
        for id in loaded.graph.order
        if loaded.project.nodes[id].freshness is not None and (nodes is None or id in nodes)
    ]
    if not asked:
        return ()
    look = _Look(loaded, environment, state.snapshots, state.marks)
    return look.at(asked)


class _Look:
    """One look at the nodes of an environment."""

    def __init__(
        self,
        loaded: Loaded,
        environment: str,
        snapshots: Mapping[NodeId, Snapshot],
        marks: Mapping[NodeId, Spans],
    ) -> None:
        self.loaded = loaded
        self.environment = environment
        self.snapshots = snapshots
        self.marks = marks
        self.now = clock.now()

    def at(self, asked: list[NodeId]) -> tuple[FreshnessResult, ...]:
        nodes = self.loaded.project.nodes
        limits = {id: found for id in asked if (found := nodes[id].freshness) is not None}
        stored = {id: found for id, found in limits.items() if id in self.snapshots}
        by_column = {id: each for id, each in stored.items() if each.column}
        others = [id for id, each in stored.items() if not each.column]
        gone = self.gone(others)
        newest = {
            **newest_values(
                self.loaded.project.root, self.snapshots, by_column, self.unshown(by_column)
            ),
            **self.of_ranges_and_runs([id for id in others if id not in gone]),
            **{id: Newest(why=rows_are_gone(id)) for id in gone},
        }
        hidden = self.hidden(by_column)
        unstored = Newest(why="it has never run")
        return tuple(
            self.result(id, each, newest.get(id, unstored), id in hidden)
            for id, each in limits.items()
        )

    def result(
        self, id: NodeId, limits: Freshness, newest: Newest, hidden: bool
    ) -> FreshnessResult:
        age, why, moment = newest.age, newest.why, newest.moment
        if moment is not None:
            age = max(0.0, (self.now - moment).total_seconds())
            if moment > self.now:
                at = f"{moment:%Y-%m-%d %H:%M:%S}"
                why = f"{newest.of} is in the future, {at}: its age counts as 0"
        found = FreshnessResult(
            node=id,
            limits=limits,
            status="error" if age is None else limits.status_of(age),
            at=self.now,
            why=why,
            newest=moment,
            age=None if age == inf else age,
        )
        if not hidden or not newest.tells:
            return found
        why = f"the values of {limits.column} are shown to nobody (pii: true)"
        return evolve(found, newest=None, age=None, why=why)

    def unshown(self, limits: Mapping[NodeId, Freshness]) -> Mapping[NodeId, Collection[str]]:
        """The columns of nodes, or of what these read, whose values no message may hold."""
        nodes = self.loaded.project.nodes
        return {id: pii_columns(nodes, id) for id in limits} if any_pii(nodes) else {}

    def hidden(self, limits: Mapping[NodeId, Freshness]) -> set[NodeId]:
        """The nodes whose column is shown to nobody."""
        if not limits or not any_pii(self.loaded.project.nodes):
            return set()
        from seeknal.query.stored import lineage_of, private_in

        private = private_in(
            self.loaded, lineage_of(self.loaded, self.environment), self.environment
        )
        return {
            id
            for id, each in limits.items()
            if each.column is not None and (id not in private or private[id].hides(each.column))
        }

    def gone(self, ids: list[NodeId]) -> set[NodeId]:
        """The nodes of which readers find nothing, or not what was stored."""
        from seeknal.state.artifacts import Artifacts

        artifacts = Artifacts(self.loaded.project.target)
        stored = {id: self.snapshots[id].artifact for id in ids}
        return {
            id
            for id, artifact in stored.items()
            if artifact is not None and artifacts.verify(artifact, deep=False)[0] != "ok"
        }

    def of_ranges_and_runs(self, ids: list[NodeId]) -> dict[NodeId, Newest]:
        """By what is done of ranges, and of nodes that have none by their runs."""
        found = {
            id: self.of_ranges(covered, self.marks.get(id, ()))
            for id in ids
            if (covered := self.snapshots[id].covered) is not None
        }
        by_runs = {id: self.snapshots[id] for id in ids if id not in found}
        nodes = self.loaded.project.nodes
        # Of the others nothing is to be found: the history is not read for them to its start.
        rows = {
            id: (each.output_id, each.finished_at)
            for id, each in by_runs.items()
            if is_confirmed(nodes[id], each)
        }
        confirmed = History(self.loaded.project.target).confirmed(self.environment, rows)
        return found | {
            id: self.of_run(each, confirmed.get(id, "")) for id, each in by_runs.items()
        }

    def of_ranges(self, covered: Covered, marks: Spans) -> Newest:
        """The end of what is done without a gap: what comes after one is not complete."""
        from seeknal.intervals.clocks import in_utc
        from seeknal.intervals.spans import minus
        from seeknal.intervals.wording import told_span

        done = minus(covered.done, marks)
        if not done:
            return Newest(why="none of its ranges is done")
        end, zone = done[0][1], covered.timezone
        if covered.first < done[0][0]:
            end, done = covered.first, ((covered.first, covered.first), *done)
        why = "all ranges are done up to then"
        if len(done) > 1:
            missing = told_span(end, done[1][0], zone)
            why = f"ranges are missing from then on, before others that are done: {missing}"
        elif marks and done != covered.done:
            why = "ranges are invalidated from then on"
        return Newest(why=why, of="what is done", moment=in_utc(end))

    def of_run(self, snapshot: Snapshot, confirmed: str) -> Newest:
        """When its rows were computed, or last found to be what they would be again."""
        if not snapshot.finished_at:
            return Newest(why="it is not on record when its rows were computed")
        what, made = "the run", datetime.fromisoformat(snapshot.finished_at)
        again = datetime.fromisoformat(confirmed) if confirmed else made
        if again > made:
            why = "a run that began then found its rows current"
            return Newest(why=why, of=what, moment=again)
        return Newest(why="a run computed its rows then", of=what, moment=made)
