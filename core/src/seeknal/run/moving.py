"""What a move of a map needs beside it: files to look at, nodes to build, targets to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.errors import RunError, SeeknalError
from seeknal.model import (
    Delivery,
    Node,
    NodeId,
    NodeResult,
    Plan,
    RunSummary,
    Snapshot,
    Step,
    Target,
)
from seeknal.plan.promotion import Promotion
from seeknal.state.artifacts import Artifacts
from seeknal.state.store import StateStore

if TYPE_CHECKING:
    from seeknal.run.running import Building, Reporter, Run
    from seeknal.run.session import Request


class Work:
    """What one move needs; the project is read only when something does."""

    def __init__(self, root: Path, request: Request, reporter: Reporter, store: StateStore) -> None:
        self.root = root
        self.request = request
        self.reporter = reporter
        self.store = store
        self.run: Run | None = None
        self.results: list[NodeResult] = []

    def opened(self) -> Run:
        if self.run is None:
            from seeknal.run.loading import load
            from seeknal.run.running import Run

            loaded = load(self.root, self.request)
            loaded = evolve(loaded, state=self.store.state)
            self.run = Run(loaded, self.request, self.reporter, self.store)
        return self.run

    def build(self, promotion: Promotion) -> dict[NodeId, Snapshot]:
        """Compute what no environment has yet, over the target's inputs; nothing moves."""
        if not promotion.build:
            return {}
        from seeknal.run.running import Building

        run = self.opened()
        self.check_files(promotion.build, promotion.map)
        steps = [
            Step(
                node=id,
                action="run",
                reason="inputs changed",
                conditional=id not in promotion.surely,
                source_version=promotion.map[id].source_version,
            )
            for id in run.loaded.graph.order
            if id in promotion.build
        ]
        building = Building(snapshots=dict(promotion.map))
        results = self.carry_out(steps, building)
        failed = [result for result in results if not result.ok]
        if failed:
            run.summarise(results)
            raise RunError(
                f"nothing was promoted: {failed[0].node} {failed[0].status}",
                code="SK0830",
                help=f"{promotion.target} is as it was",
            )
        self.results += results
        return building.built

    def check_files(self, nodes: Iterable[NodeId], snapshots: Mapping[NodeId, Snapshot]) -> None:
        """Raise RunError where the files are not those that the environment was built from."""
        from seeknal.run.planning import marks_of

        run = self.opened()
        marks = marks_of(run.loaded)
        other = [
            id
            for id in nodes
            if id not in marks or marks[id].content != snapshots[id].fingerprint.content
        ]
        if other:
            raise RunError(
                f"the files define {', '.join(other)} otherwise than what is promoted",
                code="SK0825",
                help="check out the files that it was built from, or run the environment again",
            )

    def carry_out(self, steps: list[Step], building: Building | None = None) -> list[NodeResult]:
        from seeknal.plan.stored import inlined_views
        from seeknal.run.planning import marks_of

        run = self.opened()
        project = run.project
        plan = Plan(
            environment=self.request.environment,
            steps=tuple(steps),
            fingerprints=marks_of(run.loaded),
            inlined=inlined_views(project.nodes, run.loaded.graph),
        )
        self.reporter.planned(plan, project)
        return run.carry_out(plan, building)

    def move(self, changes: Mapping[NodeId, Snapshot | None], **head: object) -> int:
        """Change the map, and the stable names after it."""
        environment = self.request.environment
        run_id = self.run.run_id if self.run else ""
        generation = self.store.move(
            environment,
            changes,
            command=self.request.command,
            run_id=run_id,
            **head,
        )
        artifacts = Artifacts(self.root / "target")
        stored = {id: found.artifact for id, found in changes.items() if found and found.artifact}
        artifacts.link_all(environment, stored)
        for id in changes.keys() - stored.keys():
            artifacts.unlink_current(id, environment)
        self.store.end_generation(environment)
        return generation

    def roll_back_targets(
        self,
        changes: Mapping[NodeId, Snapshot | None],
        before: Mapping[NodeId, Snapshot],
        earlier: Mapping[NodeId, Snapshot],
    ) -> tuple[dict[NodeId, Snapshot | None], tuple[str, ...]]:
        """The changes with what targets are owed by them, and the targets that stay as they are."""
        done, left = dict(changes), []
        for id, found in changes.items():
            if found is None:
                entries = before[id].deliveries.values()
                left += [f"{entry.label} ({id} is not part of it)" for entry in entries]
            elif found.deliveries:
                deliveries, stay = self.rolled_back(id, found, earlier[id].deliveries)
                done[id] = evolve(found, deliveries=deliveries, backlog=())
                left += stay
        return done, tuple(left)

    def rolled_back(
        self, id: NodeId, found: Snapshot, wanted: Mapping[str, Delivery]
    ) -> tuple[dict[str, Delivery], list[str]]:
        run = self.opened()
        deliveries, left = dict(found.deliveries), []
        node = run.project.nodes.get(id)
        targets = {target.key: target for target in node.targets} if node else {}
        for key, known in found.deliveries.items():
            if known.output_id == found.output_id:
                continue
            target = targets.get(key)
            if target is None or node is None:
                left.append(f"{known.label} (the files no longer say how it is written)")
                continue
            try:
                rolled = self.ask_plugin(target, node, known, wanted.get(key))
            except SeeknalError as error:
                left.append(f"{known.label} ({error.message})")
                rolled = True
            if not rolled and target.mode in ("append", "upsert_by_key"):
                left.append(f"{known.label} ({target.mode} cannot be undone)")
                rolled = True
            if rolled:
                # It is not owed: delivering earlier rows once more would not undo later ones.
                id_ = wanted[key].delivery_id if key in wanted else known.delivery_id
                deliveries[key] = evolve(
                    known, status="delivered", output_id=found.output_id, delivery_id=id_
                )
            elif known.status == "delivered":
                deliveries[key] = evolve(known, before=known.output_id)
        return deliveries, left

    def ask_plugin(
        self, target: Target, node: Node, known: Delivery, wanted: Delivery | None
    ) -> bool:
        from seeknal.run.asking import context_of

        run = self.opened()
        if known.status == "owed" or wanted is None or not run.loaded.delivers(self.request):
            return known.status == "owed" and target.mode == "append"
        context = context_of(run.loaded, self.request, node)
        answer = run.loaded.plugins.hooks.roll_back_target(
            target=target,
            delivered=known.delivery_id,
            wanted=wanted.delivery_id,
            context=context,
        )
        return bool(answer)

    def deliver(self, changes: Mapping[NodeId, Snapshot | None]) -> list[NodeResult]:
        """Write what targets are owed of the nodes that moved; what fails stays owed."""
        if not any(found is not None and found.delivers for found in changes.values()):
            return []
        from seeknal.plan.planner import owed_targets
        from seeknal.run.planning import marks_of

        run = self.opened()
        if any(known.before for found in changes.values() for known in _deliveries(found)):
            # What is taken out is looked up in the generation that has just begun.
            self.store.generations()
        run.loaded = evolve(run.loaded, state=self.store.state)
        if not run.loaded.delivers(self.request):
            return []
        nodes, marks = run.project.nodes, marks_of(run.loaded)
        steps = [
            Step(node=id, action="deliver", reason="target owed")
            for id in run.loaded.graph.order
            if (found := changes.get(id)) is not None
            and not found.failing
            and (found.artifact is not None or marks[id].content == found.fingerprint.content)
            and owed_targets(nodes[id], found)
        ]
        return self.carry_out(steps) if steps else []

    def summary(self, delivered: list[NodeResult]) -> RunSummary | None:
        if self.run is None:
            return None
        return self.run.summarise([*self.results, *delivered])


def _deliveries(snapshot: Snapshot | None) -> Iterable[Delivery]:
    return snapshot.deliveries.values() if snapshot else ()
