"""One run: carries out a plan, records what becomes of it and reports it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import nullcontext
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from attrs import evolve

from seeknal.host import clock
from seeknal.host.run_ids import new_run_id
from seeknal.plan.finding import Verified
from seeknal.plan.planning import finder_of, plan_of, pool_of
from seeknal.plan.plugin_queries import rowless_kinds
from seeknal.plan.session import is_narrowed
from seeknal.plan.succession import successions
from seeknal.plan.views import as_read
from seeknal.project.commit import commit_of
from seeknal.run.catalog import keep_catalog
from seeknal.run.delivery.addressing import reused
from seeknal.run.delivery.destinations import note_destinations
from seeknal.run.leaving import left_alone
from seeknal.run.signals import Stop, stopped_by_signals
from seeknal.state.artifacts import Artifacts
from seeknal.state.history import History, history_records
from seeknal.values.plan import Step
from seeknal.values.results import NodeResult, RunSummary

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded, Request
    from seeknal.plan.succession import Succession
    from seeknal.run.step_scope import Staged
    from seeknal.run.workers import NodeRunner
    from seeknal.state.store import StateStore
    from seeknal.values.names import NodeId
    from seeknal.values.plan import Plan
    from seeknal.values.project import Project
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.tracking import Batch


class Reporter(Protocol):
    """Told what happens; by one thread, but for ``logged`` and ``batched``, which any may call."""

    def planned(self, plan: Plan, project: Project) -> None: ...
    def started(self, node: NodeId) -> None: ...
    def finished(self, result: NodeResult) -> None: ...
    def stopping(self, nodes: Collection[NodeId]) -> None: ...
    def logged(self, node: NodeId, level: int, text: str) -> None: ...
    def batched(self, node: NodeId, batch: Batch) -> None: ...
    def warn(self, message: str) -> None: ...
    def ended(self, summary: RunSummary) -> None: ...


class Execution:
    """One run: its identity, its workers, what it reports and what it leaves behind."""

    def __init__(
        self, loaded: Loaded, request: Request, reporter: Reporter, store: StateStore | None
    ) -> None:
        self.loaded = loaded
        self.project = loaded.project
        self.request = request
        self.reporter = reporter
        self.store = store
        self.artifacts = Artifacts(self.project.target)
        self.verified = Verified(self.artifacts, request.verify)
        self.history = History(self.project.target)
        self.started_at = clock.now()
        self.clock = monotonic()
        self.run_id = new_run_id(self.started_at)
        self.warnings: list[str] = []
        self.told: set[tuple[NodeId, str]] = set()
        """Warnings of nodes that were passed on when they came."""
        self.stop = Stop()

    def plan(self) -> Plan:
        """What is to be done. Raises SeeknalError where that is refused; changes nothing."""
        for note in (*self.loaded.state.notes, *self.loaded.plugins.broken):
            self.warn(note)
        return plan_of(self.loaded, self.request, self.verified)

    def run(self, plan: Plan) -> RunSummary:
        """Carry out a plan, tell of it and put it into the history."""
        assert self.store is not None
        # The environment was made ready for it since it was planned.
        self.loaded = evolve(self.loaded, state=self.store.state)
        for warning in plan.warnings:
            self.warn(warning)
        self.reporter.planned(plan, self.project)
        self.loaded.plugins.hooks.before_run(self.warn, plan=plan)
        with stopped_by_signals(self.stop) if plan.to_run else nullcontext():
            return self.summarise(self.carry_out_generation(plan), self.abandoned())

    def carry_out_generation(self, plan: Plan) -> list[NodeResult]:
        """Carry out a plan as a generation of its environment."""
        assert self.store is not None
        self.expect_generation(plan.environment)
        note_destinations(self.loaded, self.request, self.store)
        self.hand_on([step.node for step in plan.steps])
        try:
            results = self.carry_out(plan) if plan.to_run else self.reuse_all(plan)
            self.forget_removed(plan.environment)
            self.note_described(plan)
        finally:
            self.store.end_generation(plan.environment)
            self.keep_catalog(plan.environment)
        if plan.to_run and not self.stop.at_once:
            self.keep_definitions(plan)
            self.tidy()
        return results

    def hand_on(self, nodes: Collection[NodeId]) -> list[Succession]:
        """Let nodes go on with the places that others have delivered to; gives which do."""
        if self.store is None or not self.loaded.owes(self.request):
            return []
        done = successions(self.loaded, self.request, nodes)
        if not done:
            return done
        from seeknal.run.delivery.handing_on import hand_on

        for found in done:
            with self.stop.recording():
                hand_on(self.loaded, self.store, self.request.environment, found)
            self.loaded = evolve(self.loaded, state=self.store.state)
        return done

    def keep_definitions(self, plan: Plan) -> None:
        """The SQL that was built, for later plans to show what changed."""
        from seeknal.state.definitions import Built, Definitions
        from seeknal.values.secret import holds_secret

        nodes = [self.project.nodes[step.node] for step in plan.to_run]
        built = {
            plan.fingerprints[node.id].content: Built(
                sql=node.sql.rendered, executable=node.sql.executable, frame=node.frame
            )
            for node in nodes
            # A text with a password in it is not kept: plans then name no clause that changed.
            if node.sql is not None and not holds_secret(node.sql.rendered)
        }
        Definitions(self.project.target).keep(built)

    def keep_catalog(self, environment: str) -> None:
        """Let the catalog's files say what the environment now has."""
        assert self.store is not None
        state = self.store.state.environments.get(environment)
        if state is None or self.stop.at_once:
            return
        try:
            keep_catalog(self.loaded, environment, state, anew=self.store.recorded)
        except OSError as error:
            self.warn(f"the catalog could not be written: {error}")

    def tidy(self) -> None:
        """Remove what the run has made needless, as long as that takes no time."""
        from seeknal.run.janitor import after_run

        for problem in after_run(self.loaded, self.store):
            self.warn(problem)

    def expect_generation(self, environment: str) -> None:
        """Begin a generation of the environment once something is recorded in it."""
        assert self.store is not None
        commit = commit_of(self.project.root)
        known = self.loaded.state.environments.get(environment)
        if commit is not None and known is not None and known.commit != commit:
            self.store.annotate(environment, commit=commit)
        self.store.expect_generation(
            environment, command=self.request.command, run_id=self.run_id, commit=commit
        )

    def forget_removed(self, environment: str) -> None:
        """Nodes that the files no longer define leave the map, when all of it was run."""
        gone = [id for id in self.loaded.snapshots(environment) if id not in self.project.nodes]
        if not gone or self.stop.is_set() or is_narrowed(self.request):
            return
        assert self.store is not None
        self.store.forget(environment, *gone)
        for id in gone:
            self.artifacts.unlink_current(id, environment)

    def note_described(self, plan: Plan) -> None:
        """How the nodes that are no steps are defined now, when all of the rest was run."""
        from seeknal.plan.described import definitions

        assert self.store is not None
        before = self.loaded.described(plan.environment)
        now = definitions(self.project.nodes, plan.fingerprints, before)
        if is_narrowed(self.request) or now == before:
            return
        self.store.annotate(plan.environment, described=now)

    def abandoned(self) -> tuple[NodeResult, ...]:
        """What is owed of nodes that the files no longer define, said when all of it was run."""
        if is_narrowed(self.request) or not self.loaded.delivers(self.request):
            return ()
        environment, nodes = self.request.environment, self.project.nodes
        gone = [id for name, id in self.loaded.state.accounts if name == environment]
        gone = [id for id in gone if id not in nodes]
        if not gone:
            return ()
        from seeknal.run.delivery.writing import without_node

        found = []
        for id in gone:
            account = self.loaded.state.account(environment, id)
            deliveries = without_node(account) if account is not None else ()
            if deliveries:
                reason = "no longer defined"
                found.append(
                    NodeResult(node=id, status="skipped", reason=reason, deliveries=deliveries)
                )
        return tuple(found)

    def stores(self, node: NodeId, plan: Plan) -> bool:
        """Whether the node keeps its rows in a file."""
        return node not in plan.inlined and node.kind not in rowless_kinds(self.loaded.plugins)

    def reuse_all(self, plan: Plan) -> list[NodeResult]:
        """A run without work: no engine, no workers, nothing of theirs imported."""
        snapshots = self.loaded.snapshots(plan.environment)
        results = []
        for step in plan.steps:
            if (snapshot := snapshots.get(step.node)) is not None:
                node, fingerprint = self.project.nodes[step.node], plan.fingerprints[step.node]
                current = reused(node, snapshot, step, fingerprint, self.verified.touched)
                if current is not snapshot and self.store is not None:
                    self.store.record(plan.environment, current, lazily=not node.targets)
            results.append(left_alone(step))
            self.finished(results[-1])
        return results

    def audit(self) -> RunSummary:
        """Every selected node that has audits and rows is audited; nothing else happens."""
        plan = plan_of(self.loaded, evolve(self.request, no_materialize=True), self.verified)
        audited = [step.node for step in plan.steps if self.project.nodes[step.node].audits]
        stored = self.loaded.snapshots(plan.environment)
        steps = tuple(
            Step(node=id, action="audit", reason="audit") for id in audited if id in stored
        )
        plan = evolve(plan, steps=steps, warnings=())
        self.reporter.planned(plan, self.project)
        without = [self.not_audited(id) for id in audited if id not in stored]
        return self.summarise([*self.carry_out(plan), *without])

    def not_audited(self, node: NodeId) -> NodeResult:
        """What becomes of the audits of a node of which nothing is stored."""
        from seeknal.plan.unstored import unstored

        why = unstored(node, self.request.environment, self.project.target)
        return NodeResult(
            node=node,
            status="failed",
            reason="audit",
            error=why.message,
            code=why.code,
            help=why.help,
        )

    def carry_out(self, plan: Plan, staged: Staged | None = None) -> list[NodeResult]:
        """The results of a plan's steps. ``staged``: elsewhere than on the map, and quietly."""
        import shutil

        from seeknal.lineage.hidden import Hidden
        from seeknal.lineage.reader import Reader
        from seeknal.run.content import Contents
        from seeknal.run.cutoff import Cutoff
        from seeknal.run.engine import Engine
        from seeknal.run.outputs import Outputs
        from seeknal.run.step_scope import Services
        from seeknal.run.workers import NodeRunner
        from seeknal.state.batch_files import BatchFiles

        if self.store is not None:
            self.artifacts.remove_leftovers()
            shutil.rmtree(self.project.target / "tmp", ignore_errors=True)
            stored = (step.node for step in plan.to_run if self.stores(step.node, plan))
            self.artifacts.prepare(stored)
        engine = Engine(self.project.target, self.project.execution.memory_limit)
        snapshots = staged.snapshots if staged else dict(self.loaded.snapshots(plan.environment))
        outputs = Outputs(snapshots, engine, self.artifacts)
        earlier, nodes = pool_of(self.loaded), self.project.nodes
        reader = Reader(self.project, self.loaded.plugins)
        contents = Contents(self.project.target)
        writes = self.store is not None and staged is None
        services = Services(
            project=self.project,
            plan=plan,
            plugins=self.loaded.plugins,
            engine=engine,
            artifacts=self.artifacts,
            batches=BatchFiles(self.project.root, self.artifacts),
            contents=contents,
            outputs=outputs,
            connections=self.loaded.connection,
            row_counts=self.history.row_counts,
            run_id=self.run_id,
            moment=self.started_at,
            touched=self.verified.touched,
            finder=finder_of(self.loaded, self.verified, self.started_at),
            cutoff=Cutoff(nodes, plan.fingerprints, reader, contents, earlier.output),
            hidden=Hidden(nodes, plan.fingerprints, reader, snapshots),
            output_of=earlier.output,
            outputs_of=earlier.ranged,
            account_of=partial(self.loaded.state.account, plan.environment),
            tell=self.tell,
            told_batch=self.reporter.batched,
            store=self.store,
            staged=staged,
            stop=self.stop,
            queues=writes and self.loaded.owes(self.request),
            deliver=writes and self.loaded.delivers(self.request),
        )
        try:
            with stopped_by_signals(self.stop):
                return self.dispatch(plan, NodeRunner(services), dict(snapshots))
        finally:
            reader.close()
            engine.close()

    def dispatch(
        self, plan: Plan, runner: NodeRunner, before: Mapping[NodeId, Snapshot]
    ) -> list[NodeResult]:
        """Hand the steps to workers; gives their results, in plan order."""
        from seeknal.run.dispatching import Events, run_plan

        events = Events(
            started=self.reporter.started,
            finished=self.finished,
            stopping=self.reporter.stopping,
        )
        durations = self.history.durations() if len(plan.to_run) > 1 else {}
        graph = as_read(self.loaded.graph, before, {step.node for step in plan.steps})
        self.make_audits(plan)
        return run_plan(plan, graph, runner, self.limits(), events, durations, self.stop)

    def make_audits(self, plan: Plan) -> None:
        """Make the options of the audits that run: plugins declare types in the main thread."""
        for step in plan.to_run:
            node = self.project.nodes.get(step.node)
            for audit in node.audits if node is not None else ():
                _ = audit.options

    def limits(self) -> Any:
        """How many steps run at once, by what the project and the command say."""
        from seeknal.run.dispatching import Limits, file_nodes, io_nodes

        execution = self.project.execution
        types = self.loaded.plugins.source_types

        def reads_files(name: str) -> bool:
            return name in types and types[name].reads_files

        workers = self.request.workers or (execution.max_workers if execution.parallel else 1)
        retries = self.request.retries
        return Limits(
            workers=workers,
            retries=execution.retries if retries is None else retries,
            timeout=execution.timeout,
            fail_fast=self.request.fail_fast,
            io_nodes=io_nodes(self.project.nodes, reads_files),
            file_nodes=file_nodes(self.project.nodes, reads_files),
        )

    def finished(self, result: NodeResult) -> None:
        """Tell plugins and people of a result, with the warnings that nobody has seen yet."""
        node = self.project.nodes[result.node]
        self.loaded.plugins.hooks.after_node(self.warn, node=node, result=result)
        for note in result.notes:
            text = f"{result.node}: {note}"
            self.warnings.append(text)
            if (result.node, note) not in self.told:
                self.reporter.warn(text)
        self.reporter.finished(result)

    def summarise(
        self,
        results: list[NodeResult],
        abandoned: tuple[NodeResult, ...] = (),
        left: tuple[str, ...] = (),
    ) -> RunSummary:
        """What came of the run: put into the history, and told."""
        summary = RunSummary(
            run_id=self.run_id,
            environment=self.request.environment,
            started_at=self.started_at.isoformat(),
            seconds=monotonic() - self.clock,
            results=tuple(results),
            interrupted=self.stop.is_set(),
            warnings=tuple(self.warnings),
            command=self.request.command,
            commit=commit_of(self.project.root),
            abandoned=abandoned,
            left=left,
        )
        if self.store is not None:
            self.remember(summary)
        self.loaded.plugins.hooks.after_run(self.warn, summary=summary)
        self.reporter.ended(summary)
        return summary

    def remember(self, summary: RunSummary) -> None:
        """Put the run into the history."""
        unwell = self.history.unwell(summary.environment)
        assert self.store is not None
        found = self.store.state.environments.get(summary.environment)
        snapshots = found.snapshots if found else {}
        self.history.append(history_records(summary, self.project, unwell, snapshots))

    def tell(self, node: NodeId, level: int, text: str) -> None:
        """Pass on what a node logs, at once."""
        from logging import WARNING

        if level >= WARNING:
            self.told.add((node, text))
        self.reporter.logged(node, level, text)

    def warn(self, message: str) -> None:
        """Tell of something that is no result of a node, now and in the summary."""
        self.warnings.append(message)
        self.reporter.warn(message)
