"""What a move of a map needs beside it: files to look at, nodes to build, targets to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plan.promotion import Promotion
from seeknal.plan.succession import account_of
from seeknal.project.commit import commit_of
from seeknal.run.delivery.addressing import Rows, addressed
from seeknal.run.delivery.owing import (
    carried_over,
    holds_newer,
    owed_again,
    settled_at,
    spans_at,
    taken_back,
    unsettled,
)
from seeknal.state.artifacts import Artifacts
from seeknal.state.store import StateStore
from seeknal.values.errors import ConnectionFailed, RunError, SeeknalError
from seeknal.values.model import (
    Account,
    Artifact,
    Delivery,
    Node,
    NodeId,
    NodeResult,
    Plan,
    RunSummary,
    Snapshot,
    Span,
    Step,
    Target,
)

if TYPE_CHECKING:
    from seeknal.plan.session import Request
    from seeknal.run.execution import Building, Reporter, Run


class Work:
    """What one move needs; the project is read only when something does."""

    def __init__(self, root: Path, request: Request, reporter: Reporter, store: StateStore) -> None:
        self.root = root
        self.request = request
        self.reporter = reporter
        self.store = store
        self.run: Run | None = None
        self.started_at = datetime.now(UTC)
        self.clock = monotonic()
        self.results: list[NodeResult] = []

    def opened(self) -> Run:
        if self.run is None:
            from seeknal.plan.session import read_project
            from seeknal.run.execution import Run

            loaded = evolve(read_project(self.root, self.request), state=self.store.state)
            self.run = Run(loaded, self.request, self.reporter, self.store)
        return self.run

    @cached_property
    def run_id(self) -> str:
        """What the history knows the move by; nothing of a run is needed for it."""
        from seeknal.run.execution import new_run_id

        return self.run.run_id if self.run else new_run_id(self.started_at)

    def refresh(self) -> None:
        """Let what follows see the state as it is now."""
        run = self.opened()
        run.loaded = evolve(run.loaded, state=self.store.state)

    def build(self, promotion: Promotion) -> dict[NodeId, Snapshot]:
        """Compute what no environment has yet, over the target's inputs; nothing moves."""
        if not promotion.build:
            return {}
        from seeknal.run.execution import Building

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
            reason = f": {failed[0].error}" if failed[0].error else ""
            raise RunError(
                f"nothing was promoted: {failed[0].node} {failed[0].status}{reason}",
                code="SK0830",
                help=f"{promotion.target} is as it was",
            )
        self.results += results
        return building.built

    def check_files(self, nodes: Iterable[NodeId], snapshots: Mapping[NodeId, Snapshot]) -> None:
        """Raise RunError where the files are not those that the environment was built from."""
        run = self.opened()
        marks = run.loaded.fingerprints()
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

        run = self.opened()
        project = run.project
        plan = Plan(
            environment=self.request.environment,
            steps=tuple(steps),
            fingerprints=run.loaded.fingerprints(),
            inlined=inlined_views(project.nodes, run.loaded.graph),
        )
        self.reporter.planned(plan, project)
        return run.carry_out(plan, building)

    def move(
        self, changes: Mapping[NodeId, Snapshot | None], built_from: str | None, **head: object
    ) -> int:
        """Change the map, and the stable names after it.

        What targets are owed by that goes with it: the next move cannot overtake a batch.
        ``built_from`` is the commit that made what the map has now.
        """
        environment = self.request.environment
        changes = self.owing(changes)
        run_id = self.run_id
        generation = self.store.move(
            environment,
            changes,
            command=self.request.command,
            run_id=run_id,
            commit=commit_of(self.root),
            **head,
        )
        if built_from is not None:
            self.store.annotate(environment, commit=built_from)
        artifacts = Artifacts(self.root / "target")
        stored = {id: found.artifact for id, found in changes.items() if found and found.artifact}
        artifacts.link_all(environment, stored)
        for id in changes.keys() - stored.keys():
            artifacts.unlink_current(id, environment)
        self.store.end_generation(environment)
        self.make_well([id for id, found in changes.items() if found is not None], run_id)
        return generation

    def make_well(self, moved: Iterable[NodeId], run_id: str) -> None:
        """Tell the history of nodes that failed here and got an output from elsewhere."""
        from seeknal.state.history import History
        from seeknal.state.records import moved_records

        environment, history = self.request.environment, History(self.root / "target")
        well = history.unwell(environment) & set(moved)
        history.append(moved_records(environment, self.request.command, run_id, well))

    def accounted(
        self, changes: Mapping[NodeId, Snapshot | None], before: Mapping[NodeId, Snapshot]
    ) -> dict[NodeId, Snapshot | None]:
        """The changes with what targets hold and are owed of nodes that the map did not have.

        Their outputs are gone, or they were removed; what was delivered of them was not.
        """
        state = self.store.state
        done = dict(changes)
        for id, found in changes.items():
            account = state.account(self.request.environment, id)
            if found is not None and id not in before and account is not None:
                done[id] = evolve(found, deliveries=account.deliveries, backlog=account.backlog)
        return done

    def carried(
        self, changes: Mapping[NodeId, Snapshot | None], before: Mapping[NodeId, Snapshot]
    ) -> dict[NodeId, Snapshot | None]:
        """The same where outputs become current as a run makes them."""
        done = self.accounted(changes, before)
        for id, found in done.items():
            if found is not None and found is not changes[id]:
                node = self.opened().project.nodes.get(id)
                account = Account(deliveries=found.deliveries, backlog=found.backlog)
                account = carried_over(node, account) if node else account
                done[id] = evolve(found, deliveries=account.deliveries, backlog=account.backlog)
        return done

    def handed_on(self, changes: Mapping[NodeId, Snapshot | None]) -> dict[NodeId, Snapshot | None]:
        """The changes with what is known of places that other nodes have delivered to."""
        done, environment = dict(changes), self.request.environment
        if all(name != environment for name, _ in self.store.state.accounts):
            return done
        run = self.opened()
        here = [id for id, found in changes.items() if found and id in run.project.nodes]
        for found in run.hand_on(here):
            self.reporter.warn(str(found))
            account, snapshot = account_of(run.loaded, environment, found.heir), done[found.heir]
            assert snapshot is not None
            done[found.heir] = evolve(
                snapshot, deliveries=account.deliveries, backlog=account.backlog
            )
        return done

    def owing(self, changes: Mapping[NodeId, Snapshot | None]) -> dict[NodeId, Snapshot | None]:
        """The changes with the batches that targets are owed by them."""
        due = [id for id, found in changes.items() if found and found.delivers and found.artifact]
        if not due or not self.opened().loaded.owes(self.request):
            return dict(changes)
        from seeknal.run.delivery.batching import Batching

        with Batching(self.opened(), self.request) as batching:
            owed = {id: batching.owed(found) for id in due if (found := changes[id]) is not None}
        return {**changes, **owed}

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
                account, stay = self.rolled_back(id, found, earlier[id].deliveries)
                done[id] = evolve(found, deliveries=account.deliveries, backlog=account.backlog)
                left += stay
        return done, tuple(left)

    def rolled_back(
        self, id: NodeId, found: Snapshot, wanted: Mapping[str, Delivery]
    ) -> tuple[Account, list[str]]:
        run = self.opened()
        account = Account(deliveries=found.deliveries, backlog=found.backlog)
        left: list[str] = []
        node = run.project.nodes.get(id)
        targets = {target.key: target for target in node.targets} if node else {}
        if node is not None:
            # What a mode that is no longer said was owed is newer than what is put back.
            gone = Rows(
                before=lambda output: None,
                kept=lambda artifact: artifact,
                same=lambda one, other: False,
            )
            account = addressed(node, account, self.request.environment, gone)
        places = {place for target in targets.values() for place in target.places}
        for key, known in account.deliveries.items():
            target = targets.get(key)
            if target is None and known.place in places:
                continue
            accumulates = target is not None and target.accumulates
            newer = accumulates and holds_newer(known, wanted.get(key))
            same = known.output_id == found.output_id
            if same and not newer and not owed_again(known, wanted.get(key)):
                continue
            if target is None or node is None:
                left.append(f"{known.label} (the files no longer say how it is written)")
                continue
            if target.accumulates:
                open = unsettled(account)
                account, known = taken_back(account, known, wanted.get(key), found.output_id)
                if self.may_have(target, node, open - unsettled(account)):
                    left.append(f"{known.label} (a run that was killed may have written to it)")
                if known.output_id == found.output_id and not newer:
                    continue
            delivery, stays = self.undone(target, node, known, wanted.get(key), found)
            account = evolve(account, deliveries={**account.deliveries, key: delivery})
            left += stays
        return account, left

    def may_have(self, target: Target, node: Node, ids: set[str]) -> bool:
        """Whether one of these deliveries was attempted, so that it may have arrived."""
        from seeknal.run.delivery.landing import attempted

        return bool(ids) and not ids.isdisjoint(
            attempted(self.opened().loaded, self.request, self.store, node, target)
        )

    def undone(
        self,
        target: Target,
        node: Node,
        known: Delivery,
        wanted: Delivery | None,
        found: Snapshot,
    ) -> tuple[Delivery, list[str]]:
        """What a target holds once its newest rows were taken back, and whether they stay."""
        left = []
        try:
            # What a table that is replaced held then may be of an earlier output yet.
            there = wanted is not None and wanted.output_id == found.output_id
            rolled = (target.accumulates or there) and self.ask_plugin(target, node, known, wanted)
        except ConnectionFailed:
            # What can be written later is owed; the rest is left as it is.
            rolled = False
        except SeeknalError as error:
            left.append(f"{known.label} ({error.message})")
            rolled = True
        in_ranges = target.mode == "incremental_by_time"
        held, spans = wanted.held if wanted else (), spans_at(known, wanted)
        if rolled and left:
            held = self.held_with(found, known) if target.mode == "append" else ()
            spans = known.spans
        elif not rolled and in_ranges and not _is_known(known, wanted, found):
            left.append(f"{known.label} (what it held before is not known)")
            spans, rolled = known.spans, True
        elif not rolled and target.mode in ("append", "upsert_by_key"):
            left.append(f"{known.label} ({target.mode} cannot be undone)")
            held = self.held_with(found, known) if target.mode == "append" else ()
            rolled = True
        if rolled:
            # It is not owed: delivering earlier rows once more would not undo later ones.
            id = _written_by(wanted or known)
            settled = settled_at(known, found.output_id)
            return evolve(settled, delivery_id=id, holds_as=id, held=held, spans=spans), left
        if in_ranges and known.status == "delivered":
            # Another output than it has: what is put back is owed.
            return evolve(_undoing(known, wanted), output_id="", rows=0, detail=""), left
        return evolve(known, rows=0, detail=""), left

    def held_with(self, found: Snapshot, known: Delivery) -> tuple[Artifact, ...]:
        """The batches that must not be appended again: that of the map, and what stays behind."""
        if found.artifact is None:
            return known.held
        from seeknal.state.batch_files import BatchFiles

        run = self.opened()
        kept = BatchFiles(run.project.root, run.artifacts).keep(found.node, found.artifact)
        return (kept, *known.held)

    def ask_plugin(
        self, target: Target, node: Node, known: Delivery, wanted: Delivery | None
    ) -> bool:
        from seeknal.plan.plugin_queries import context_of

        run = self.opened()
        if known.status != "delivered" or wanted is None or not run.loaded.delivers(self.request):
            return False
        context = context_of(run.loaded, self.request, node)
        answer = run.loaded.plugins.hooks.roll_back_target(
            target=target,
            delivered=_written_by(known),
            wanted=_written_by(wanted),
            context=context,
        )
        return bool(answer)

    def deliver(self, changes: Mapping[NodeId, Snapshot | None]) -> list[NodeResult]:
        """Write what targets are owed of the nodes that moved; what fails stays owed."""
        if not any(found is not None and found.delivers for found in changes.values()):
            return []
        from seeknal.plan.planner import owed_targets

        run = self.opened()
        if any(known.undoes for found in changes.values() for known in _deliveries(found)):
            # What is taken out is looked up in the generation that has just begun.
            self.store.generations()
        self.refresh()
        if not run.loaded.delivers(self.request):
            return []
        nodes, marks = run.project.nodes, run.loaded.fingerprints()
        steps = [
            Step(node=id, action="deliver", reason="target owed")
            for id in run.loaded.graph.order
            if (found := changes.get(id)) is not None
            and not found.failing
            and (found.artifact is not None or marks[id].content == found.fingerprint.content)
            and (owed_targets(nodes[id], found) or found.backlog)
        ]
        return self.carry_out(steps) if steps else []

    def summary(
        self,
        delivered: list[NodeResult],
        left: tuple[str, ...] = (),
        abandoned: tuple[NodeResult, ...] = (),
    ) -> RunSummary | None:
        if self.run is None:
            self.remember(left)
            return None
        return self.run.summarise([*self.results, *delivered], abandoned, left)

    def remember(self, left: tuple[str, ...]) -> None:
        """Tell the history of a move for which nothing had to run."""
        from seeknal.state.history import History
        from seeknal.state.records import run_record

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


def _written_by(known: Delivery) -> str:
    """The id of the delivery that made a target what it is known to be."""
    # One that was owed may have come since.
    held = known.number and known.status == "delivered" and known.holds_as
    return held or known.delivery_id


def _undoing(known: Delivery, wanted: Delivery | None) -> Delivery:
    """With the spans in which a target is to be what it was, by what it has come from since."""
    then, same = spans_at(known, wanted), _shared(known, wanted)
    return evolve(known, undoes=(*known.spans[same:], *then[same:]), back=then)


def _is_known(known: Delivery, wanted: Delivery | None, found: Snapshot) -> bool:
    """Whether all is known that a target's rows came from, then and now."""
    whole = known.spans[:1] == (Span(),) and _shared(known, wanted) > 0
    # A batch that was owed then and has never come is no part of what is put back.
    there = {span.output_id for span in spans_at(known, wanted)}
    came = wanted is None or wanted.status != "owed" or wanted.output_id in there
    return whole and (came or (found.artifact is not None and found.artifact.rows == 0))


def _shared(known: Delivery, wanted: Delivery | None) -> int:
    """How many spans are the same in both, from the first on."""
    pairs = zip(known.spans, spans_at(known, wanted), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _deliveries(snapshot: Snapshot | None) -> Iterable[Delivery]:
    return snapshot.deliveries.values() if snapshot else ()
