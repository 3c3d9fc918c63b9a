"""Commands that change an environment's map: promote, roll back, create, delete."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.errors import RunError, SeeknalError, StateError, UsageError
from seeknal.model import (
    PRODUCTION,
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
from seeknal.plan.environments import check_name, common_base, existing, moved_since
from seeknal.plan.promotion import Candidates, Promotion, plan_promotion, taken_over
from seeknal.run.preparing import create_environment, mend_names
from seeknal.state.artifacts import Artifacts
from seeknal.state.generations import Generations
from seeknal.state.ledger import EnvironmentState, definitions_of
from seeknal.state.lock import project_lock
from seeknal.state.pool import Pool
from seeknal.state.store import StateStore, open_state, read_state

if TYPE_CHECKING:
    from seeknal.run.running import Building, Reporter, Run
    from seeknal.run.session import Request


@frozen(kw_only=True)
class Moved:
    """What a command did to a map. ``left``: targets that hold other rows than the map says."""

    environment: str
    generation: int
    nodes: tuple[NodeId, ...] = ()
    summary: RunSummary | None = None
    left: tuple[str, ...] = ()


@contextmanager
def writing(root: Path, request: Request) -> Iterator[StateStore]:
    """The state of the project at ``root``, as its one writer. Raises LockHeld."""
    target = root / "target"
    # Thousands of values are made and all are kept: looking for garbage among them is in vain.
    gc.disable()
    try:
        with project_lock(target, command=request.command, timeout=request.lock_timeout):
            store = open_state(target)
            try:
                yield store
            finally:
                store.close()
    finally:
        gc.enable()


def create(root: Path, request: Request, name: str, origin: str, ttl: float | None) -> int:
    """Make an environment with the map of another; gives its number of nodes."""
    check_name(name)
    with writing(root, request) as store:
        environments = store.state.environments
        if name in environments or name == PRODUCTION:
            raise UsageError(f"environment {name!r} exists already", code="SK0822")
        existing(environments, origin)
        create_environment(store, root / "target", name, origin, ttl)
        return len(store.state.environments[name].snapshots)


def delete(root: Path, request: Request, name: str) -> None:
    """Remove an environment and its stable names; the janitor removes what only it had."""
    if name == PRODUCTION:
        raise UsageError(f"{PRODUCTION} is not deleted", code="SK0823", help="seeknal clean")
    with writing(root, request) as store:
        existing(store.state.environments, name)
        store.delete(name)
        Artifacts(root / "target").unlink_all(name)


def promote(
    root: Path,
    request: Request,
    source: str,
    target: str,
    reporter: Reporter,
    *,
    force: bool = False,
    agree: Callable[[Promotion], bool],
) -> Moved | None:
    """Point ``target`` at what ``source`` changed, and deliver it; None when not agreed to.

    Raises RunError when the target has changed since, or when what has to be built fails:
    then nothing has moved.
    """
    if source == target:
        raise UsageError(f"{source} cannot be promoted to itself", code="SK0829")
    request = evolve(request, environment=target)
    with writing(root, request) as store:
        environments = store.state.environments
        mend_names(store, root / "target", target)
        mine, theirs = existing(environments, source), existing(environments, target)
        promotion = plan_promotion(mine, theirs, _kept(root, store), force=force)
        if not promotion:
            return Moved(environment=target, generation=theirs.generation)
        if not agree(promotion):
            return None
        work = _Work(root, request, reporter, store)
        built = work.build(promotion)
        changes: dict[NodeId, Snapshot | None] = {
            id: found
            for id, found in {**promotion.map, **built}.items()
            if found != theirs.snapshots.get(id)
        }
        changes |= dict.fromkeys(promotion.removed)
        only_delivers = [id for id, found in changes.items() if found and _only_delivers(found)]
        if only_delivers:
            work.check_files(only_delivers, promotion.map)
        generation = work.move(changes, like=[source])
        _agree_on(store, source, target, theirs, changes)
        delivered = work.deliver(changes)
        return Moved(
            environment=target,
            generation=generation,
            nodes=tuple(changes),
            summary=work.summary(delivered),
        )


def _agree_on(
    store: StateStore,
    source: str,
    target: str,
    before: EnvironmentState,
    changes: Mapping[NodeId, Snapshot | None],
) -> None:
    """Source and target have in common what was promoted: later changes start from there."""
    environments = store.state.environments
    mine, theirs = environments[source], environments[target]
    if mine.origin == target:
        base = common_base(mine, theirs.snapshots)
        known = definitions_of(theirs.snapshots)
        seen = {id: text for id, text in mine.seen.items() if known.get(id) != base.get(id)}
        base = {id: text for id, text in base.items() if id in known or id in mine.snapshots}
        had, has = definitions_of(before.snapshots), known
        replaced = dict(mine.replaced)
        for id in changes:
            if (old := had.get(id, "")) != has.get(id, ""):
                replaced[id] = [old, *(text for text in replaced.get(id, ()) if text != old)][:30]
        store.annotate(source, base=base, seen=seen, replaced=replaced)


def rebase(root: Path, request: Request) -> tuple[NodeId, ...]:
    """Take note of the origin's definitions as they are now; gives those that have changed.

    Raises LockHeld when another command is writing.
    """
    if not _moved_since(read_state(root / "target").environments, request.environment):
        return ()
    with writing(root, request) as store:
        environments = store.state.environments
        moved = _moved_since(environments, request.environment)
        if moved:
            mine = environments[request.environment]
            known = definitions_of(environments[mine.origin or ""].snapshots)
            seen = {**mine.seen, **{id: known.get(id, "") for id in moved}}
            store.annotate(mine.name, seen=seen)
        return moved


def _moved_since(environments: Mapping[str, EnvironmentState], name: str) -> tuple[NodeId, ...]:
    mine = environments.get(name)
    origin = environments.get(mine.origin or "") if mine else None
    return moved_since(mine, origin.snapshots) if mine and origin else ()


def rollback(root: Path, request: Request, to: int | None, reporter: Reporter) -> Moved:
    """Put an environment back to an earlier generation, where it is pinned.

    Raises StateError when that generation, or an output of it, is no longer kept.
    """
    name = request.environment
    with writing(root, request) as store:
        mend_names(store, root / "target", name)
        environment = existing(store.state.environments, name)
        kept = store.generations()
        wanted = _wanted(environment.generation if to is None else to, to, environment.generation)
        before = environment.snapshots
        earlier = kept.earlier(name, before, environment.generation, wanted)
        _refuse_lost(root, earlier, wanted, name)
        changes: dict[NodeId, Snapshot | None] = {
            id: taken_over(found, before.get(id))
            for id, found in earlier.items()
            if found.output_id != _output(before, id)
            or found.fingerprint != before[id].fingerprint
            or found.inputs != before[id].inputs
        }
        changes |= {id: None for id in before if id not in earlier}
        work = _Work(root, request, reporter, store)
        changes, left = work.roll_back_targets(changes, before, earlier)
        generation = work.move(changes, note=f"generation {wanted}", pinned=wanted)
        delivered = work.deliver(changes)
        return Moved(
            environment=name,
            generation=generation,
            nodes=tuple(changes),
            summary=work.summary(delivered),
            left=left,
        )


def _wanted(number: int, to: int | None, newest: int) -> int:
    wanted = number - 1 if to is None else number
    if not 1 <= wanted < newest:
        raise UsageError(
            f"there is no earlier generation {wanted}" if to else "there is no earlier generation",
            code="SK0821",
            help="seeknal env history lists those that are kept",
        )
    return wanted


def _refuse_lost(root: Path, earlier: Mapping[NodeId, Snapshot], wanted: int, name: str) -> None:
    artifacts = Artifacts(root / "target")
    lost = [
        id
        for id, found in earlier.items()
        if found.artifact is not None and artifacts.verify(found.artifact)[0] != "ok"
    ]
    if lost:
        raise StateError(
            f"outputs of generation {wanted} of {name} are gone: {', '.join(sorted(lost)[:5])}",
            code="SK0821",
            help="run again with the files of that time",
        )


def _deliveries(snapshot: Snapshot | None) -> Iterable[Delivery]:
    return snapshot.deliveries.values() if snapshot else ()


def _only_delivers(snapshot: Snapshot) -> bool:
    """Whether its rows exist only while they are delivered, by what the files say."""
    return snapshot.delivers and snapshot.artifact is None


def _output(snapshots: Mapping[NodeId, Snapshot], id: NodeId) -> str | None:
    return snapshots[id].output_id if id in snapshots else None


def _kept(root: Path, store: StateStore) -> Candidates:
    """Finds whole outputs in every environment and every kept generation."""
    artifacts = Artifacts(root / "target")
    pool = Pool(store.state.environments, Generations(root / "target"))

    def candidates(node: NodeId, definition: str) -> Iterator[Snapshot]:
        for found, _ in pool.candidates(node, definition):
            if found.artifact is not None and artifacts.verify(found.artifact)[0] == "ok":
                yield found

    return candidates


class _Work:
    """What a move of a map needs beside it; the project is read only when something does."""

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
            environment, changes, command=self.request.command, run_id=run_id, **head
        )
        artifacts = Artifacts(self.root / "target")
        stored = {id: found.artifact for id, found in changes.items() if found}
        artifacts.link_all(environment, {id: found for id, found in stored.items() if found})
        for id in changes:
            if stored.get(id) is None:
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
