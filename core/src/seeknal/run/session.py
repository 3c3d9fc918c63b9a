"""Loading, planning and running a project: what the command line and Python callers use."""

from __future__ import annotations

import gc
import secrets
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, Protocol

from attrs import evolve, field, frozen

from seeknal.errors import ProjectError, SeeknalError, UsageError, did_you_mean
from seeknal.fingerprint import fingerprints
from seeknal.graph import Graph, build_graph
from seeknal.model import (
    PRODUCTION,
    Artifact,
    Fingerprint,
    Node,
    NodeId,
    NodeResult,
    Plan,
    Problem,
    Project,
    RunSummary,
    Snapshot,
    Step,
)
from seeknal.plan.environments import check_name, existing, refuse_pinned
from seeknal.plan.finding import Finder, Found, Health
from seeknal.plan.planner import Situation, is_fresh, make_plan
from seeknal.plan.stored import inlined_views
from seeknal.plugins import Plugins, load_plugins
from seeknal.project.commit import commit_of
from seeknal.project.loader import load_project
from seeknal.run.preparing import prepare_environment
from seeknal.run.reuse import reused, still_current
from seeknal.selection import select
from seeknal.state.artifacts import Artifacts
from seeknal.state.generations import Generations
from seeknal.state.history import History
from seeknal.state.lock import project_lock
from seeknal.state.pool import Pool
from seeknal.state.store import State, StateStore, open_state, read_state

if TYPE_CHECKING:
    from seeknal.run.context import NodeContext
    from seeknal.run.node import NodeRunner

ENGINE = "duckdb"
DEFAULT_TARGET = "dev"
"""The engine target that is in force when none is named; always DuckDB unless redefined."""


@frozen(kw_only=True)
class Request:
    """What a command was asked to do.

    ``refresh``: sources to read again, ``()`` for all of them, None for none. ``workers`` None
    leaves it to the project. ``command`` is what the lock tells others.
    """

    environment: str = PRODUCTION
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    full: bool = False
    refresh: tuple[str, ...] | None = None
    variables: Mapping[str, object] = field(factory=dict)
    profile: Path | None = None
    target: str | None = None
    workers: int | Literal["auto"] | None = None
    fail_fast: bool = False
    retries: int | None = None
    no_materialize: bool = False
    unpin: bool = False
    forward_only: tuple[str, ...] = ()
    verify: bool = False
    lock_timeout: float = 0.0
    command: str = "run"


@frozen(kw_only=True)
class Loaded:
    """A project with its graph, the plugins it uses and its state."""

    project: Project
    graph: Graph
    plugins: Plugins
    state: State

    def snapshots(self, environment: str) -> Mapping[NodeId, Snapshot]:
        """The current outputs of an environment; production's for one that is not made yet."""
        environments = self.state.environments
        found = environments.get(environment) or environments.get(PRODUCTION)
        return found.snapshots if found else {}

    def delivers(self, request: Request) -> bool:
        """Whether targets are written: an environment may be kept to artifacts alone."""
        isolated = request.environment != PRODUCTION
        allowed = self.project.environments.materialize or not isolated
        return allowed and not request.no_materialize


@frozen(kw_only=True)
class Planned:
    """A loaded project and what a run would do to it."""

    loaded: Loaded
    plan: Plan


@frozen(kw_only=True)
class Building:
    """Outputs that are built before any map shows them: what is read, and what is made."""

    snapshots: dict[NodeId, Snapshot]
    built: dict[NodeId, Snapshot] = field(factory=dict)

    def record(self, snapshot: Snapshot) -> None:
        self.built[snapshot.node] = snapshot


class Reporter(Protocol):
    """Told what happens; never by two threads at once."""

    def planned(self, plan: Plan, project: Project) -> None: ...
    def started(self, node: NodeId) -> None: ...
    def finished(self, result: NodeResult) -> None: ...
    def warn(self, message: str) -> None: ...
    def ended(self, summary: RunSummary) -> None: ...


def load(root: Path, request: Request) -> Loaded:
    """Read a project and its state. Raises ProjectError with everything that is wrong."""
    project, graph, plugins = _read(root, request)
    return Loaded(project=project, graph=graph, plugins=plugins, state=read_state(project.target))


def plan_project(root: Path, request: Request) -> Planned:
    """What a run would do, and why. Reads sources' versions; changes nothing."""
    check_name(request.environment)
    loaded = load(root, request)
    verified = Verified(Artifacts(loaded.project.target), request.verify)
    return Planned(loaded=loaded, plan=_plan(loaded, request, verified))


def apply_project(
    root: Path, request: Request, reporter: Reporter, agree: Callable[[Loaded, Plan], bool]
) -> RunSummary | None:
    """Plan, and run the plan as it is when it is agreed to; None when it is not.

    Nothing else can write meanwhile. Raises LockHeld when another command is writing.
    """
    check_name(request.environment)
    project, graph, plugins = _read(root, request)
    with project_lock(project.target, command=request.command, timeout=request.lock_timeout):
        store = open_state(project.target)
        try:
            loaded = Loaded(project=project, graph=graph, plugins=plugins, state=store.state)
            if found := loaded.state.environments.get(request.environment):
                refuse_pinned(found)
            verified = Verified(Artifacts(project.target), request.verify)
            plan = _plan(loaded, request, verified)
            if not agree(loaded, plan):
                return None
            prepare_environment(store, project, request)
            loaded = evolve(loaded, state=store.state)
            return Session(loaded, request, reporter, store).run(plan)
        finally:
            store.close()


def run_project(root: Path, request: Request, reporter: Reporter) -> RunSummary:
    """Plan and run a project, as its one writer. Raises LockHeld when there is another."""
    check_name(request.environment)
    project, graph, plugins = _read(root, request)
    with project_lock(project.target, command=request.command, timeout=request.lock_timeout):
        store = open_state(project.target)
        try:
            loaded = Loaded(project=project, graph=graph, plugins=plugins, state=store.state)
            check_isolation(loaded, request)
            prepare_environment(store, project, request)
            loaded = evolve(loaded, state=store.state)
            return Session(loaded, request, reporter, store).run()
        finally:
            store.close()


def audit_project(root: Path, request: Request, reporter: Reporter) -> RunSummary:
    """Run the audits of the last published artifacts; nothing else runs and nothing is kept."""
    loaded = load(root, request)
    existing(loaded.state.environments, request.environment)
    return Session(loaded, request, reporter, None).audit()


def _read(root: Path, request: Request) -> tuple[Project, Graph, Plugins]:
    # Thousands of values are made and all are kept: looking for garbage among them is in vain.
    gc.disable()
    try:
        return _read_all(root, request)
    finally:
        gc.enable()


def _read_all(root: Path, request: Request) -> tuple[Project, Graph, Plugins]:
    plugins = load_plugins()
    project = load_project(
        root, plugins, variables=dict(request.variables), profile=request.profile
    )
    if request.target is not None:
        _check_engine(project, request.target)
    return project, build_graph(project.nodes), plugins


def _check_engine(project: Project, target: str) -> None:
    """Raise UsageError unless ``target`` names an engine that can be run on."""
    from seeknal.project.profiles import load_profile

    profile = load_profile(project.root, project.profile)
    engines = {DEFAULT_TARGET: ENGINE}
    engines |= {name: entry.engine for name, entry in profile.targets.items()} if profile else {}
    if target not in engines:
        help = did_you_mean(target, engines) or f"targets: {', '.join(engines)}"
        raise UsageError(f"there is no target {target!r}", code="SK0005", help=help)
    if engines[target] != ENGINE:
        raise UsageError(
            f"target {target!r} runs on {engines[target]}, which no installed plugin provides",
            code="SK0006",
            help=f"targets that run on {ENGINE}: "
            + ", ".join(name for name, engine in engines.items() if engine == ENGINE),
        )


def _plan(loaded: Loaded, request: Request, verified: Verified) -> Plan:
    project, graph = loaded.project, loaded.graph
    now = datetime.now(UTC)
    marks = marks_of(loaded)
    snapshots = loaded.snapshots(request.environment)
    check_isolation(loaded, request)
    chosen = _selected(loaded, request, marks, snapshots)
    return make_plan(
        Situation(
            environment=request.environment,
            nodes=project.nodes,
            graph=graph,
            fingerprints=marks,
            snapshots=snapshots,
            selected=chosen,
            inlined=inlined_views(project.nodes, graph),
            rowless_kinds=_rowless(loaded.plugins),
            now=now,
            version_of=lambda node, known: _version_of(loaded, request, node, known),
            refresh_default=lambda node: _refresh_default(loaded.plugins, node),
            health_of=verified.health,
            full=request.full,
            refresh=_refreshed(loaded, request),
            deliver=loaded.delivers(request),
            forward_only=_forward_only(loaded, request),
            finder=_finder(loaded, verified, now),
        )
    )


def _pool(loaded: Loaded) -> Pool:
    return Pool(loaded.state.environments, Generations(loaded.project.target))


def _finder(loaded: Loaded, verified: Verified, now: datetime) -> Finder:
    pool = _pool(loaded)
    return Finder(
        candidates=lambda node, definition: (
            Found(*found) for found in pool.candidates(node, definition)
        ),
        is_fresh=lambda node, snapshot, version: is_fresh(
            node, snapshot, version, _refresh_default(loaded.plugins, node), now
        ),
        health_of=verified.health,
    )


def _selected(
    loaded: Loaded, request: Request, marks: Mapping[NodeId, Any], snapshots: Mapping[NodeId, Any]
) -> frozenset[NodeId]:
    nodes = loaded.project.nodes
    if not is_narrowed(request):
        return frozenset(nodes)
    changed = [
        id
        for id in nodes
        if id not in snapshots or snapshots[id].fingerprint.content != marks[id].content
    ]
    return select(
        request.select,
        nodes,
        loaded.graph,
        exclude=request.exclude,
        types=request.types,
        tags=request.tags,
        exclude_tags=request.exclude_tags,
        changed=changed,
    )


def check_isolation(loaded: Loaded, request: Request) -> None:
    """Raise ProjectError for each target that an environment cannot have of its own."""
    if request.environment == PRODUCTION or not loaded.delivers(request):
        return
    problems = []
    for node in loaded.project.nodes.values():
        for target in node.targets:
            context = context_of(loaded, request, node)
            try:
                loaded.plugins.hooks.isolate_target(target=target, context=context)
            except SeeknalError as error:
                problems.append(
                    Problem(
                        code=error.code,
                        message=f"{node.id}: {error.message}",
                        location=target.location or node.location,
                        help=error.help,
                        node=node.id,
                    )
                )
    if problems:
        raise ProjectError(problems)


def _forward_only(loaded: Loaded, request: Request) -> frozenset[NodeId]:
    if not request.forward_only:
        return frozenset()
    return select(request.forward_only, loaded.project.nodes, loaded.graph)


def is_narrowed(request: Request) -> bool:
    """Whether only some of the nodes were asked for."""
    options = (request.select, request.exclude, request.types, request.tags, request.exclude_tags)
    return any(options)


def _refreshed(loaded: Loaded, request: Request) -> frozenset[NodeId]:
    sources = {id: node for id, node in loaded.project.nodes.items() if node.source}
    if request.refresh is None:
        return frozenset()
    if not request.refresh:
        return frozenset(sources)
    return select(request.refresh, loaded.project.nodes, loaded.graph) & frozenset(sources)


def _rowless(plugins: Plugins) -> frozenset[str]:
    return frozenset(name for name, kind in plugins.kinds.items() if not kind.produces_rows)


def _refresh_default(plugins: Plugins, node: Node) -> str:
    source = node.source
    kind = plugins.source_types.get(source.type) if source else None
    return kind.refresh if kind else "always"


class Verified:
    """Looks at each artifact once, and remembers those whose stat moved without their content."""

    def __init__(self, artifacts: Artifacts, deep: bool) -> None:
        self._artifacts = artifacts
        self._deep = deep
        self._seen: dict[str, Health] = {}
        self.moved: dict[str, Artifact] = {}

    def health(self, artifact: Artifact) -> Health:
        """Whether the stored file is what was published."""
        if artifact.path not in self._seen:
            health, found = self._artifacts.verify(artifact, deep=self._deep)
            self._seen[artifact.path] = health
            if found.stat != artifact.stat:
                self.moved[artifact.path] = found
        return self._seen[artifact.path]


def marks_of(loaded: Loaded) -> dict[NodeId, Fingerprint]:
    """Every node's fingerprint, as of today."""
    today = datetime.now(UTC).date().isoformat()
    return fingerprints(loaded.project.nodes, loaded.graph, today)


def context_of(
    loaded: Loaded, request: Request, node: Node | None, known: object = None
) -> NodeContext:
    """What a plugin is given that is asked about a node, or the project, without rows at hand."""
    from seeknal.run.context import NodeContext, node_logger

    project = loaded.project
    id = node.id if node else NodeId("")
    return NodeContext(
        node=id,
        environment=request.environment,
        run_id="",
        project_root=project.root,
        scratch=project.target / "tmp",
        samples=project.target / "tmp",
        log=node_logger(id, "")[0],
        cursor=_no_cursor,
        connections=_connections(loaded),
        relation_of=_no_cursor,
        row_counts=lambda limit: [],
        known_version=known,
        allow_outside=bool(node and node.source and node.source.allow_outside),
        variables=project.variables,
        params=node.params if node else {},
        suffix=project.environments.suffix,
    )


def _version_of(loaded: Loaded, request: Request, node: Node, known: object) -> object:
    project = loaded.project
    context = context_of(loaded, request, node, known)
    if node.source is None or node.source.type == "python":
        from seeknal.fileversion import version_of

        files = [context.resolve(path) for path in node.files]
        return version_of(files, known, root=project.root)
    return loaded.plugins.hooks.source_version(source=node.source, context=context)


def _no_cursor(*arguments: object) -> Any:
    raise RuntimeError("a source's version is asked for without DuckDB")


def _connections(loaded: Loaded) -> Callable[[str], Any]:
    """Connections of the profile by name, each read once, when it is first used."""

    @cache
    def profile() -> Any:
        from seeknal.project.profiles import load_profile

        return load_profile(loaded.project.root, loaded.project.profile)

    @cache
    def connection(name: str) -> Any:
        found = profile()
        if found is None:
            raise UsageError(
                f"connection {name!r} is used, but there is no profiles.yml",
                code="SK0603",
                help="write one beside seeknal_project.yml, or say --profile PATH",
            )
        return found.connection(name, loaded.plugins)

    return connection


class Session:
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
        self.started_at = datetime.now(UTC)
        self.clock = monotonic()
        self.run_id = f"{self.started_at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        self.warnings: list[str] = []
        self.stop = threading.Event()

    def run(self, plan: Plan | None = None) -> RunSummary:
        assert self.store is not None
        for note in (*self.loaded.state.notes, *self.loaded.plugins.broken):
            self.warn(note)
        plan = plan or _plan(self.loaded, self.request, self.verified)
        for warning in plan.warnings:
            self.warn(warning)
        self.reporter.planned(plan, self.project)
        self.observe("before_run", plan=plan)
        self.expect_generation(plan.environment)
        try:
            results = self.carry_out(plan) if plan.to_run else self.reuse_all(plan)
            self.forget_removed(plan.environment)
        finally:
            self.store.end_generation(plan.environment)
        if plan.to_run:
            self.keep_definitions(plan)
            self.tidy()
        return self.summarise(results)

    def keep_definitions(self, plan: Plan) -> None:
        """The SQL that was built, for later plans to show what changed."""
        from seeknal.state.definitions import Built, Definitions

        nodes = [self.project.nodes[step.node] for step in plan.to_run]
        built = {
            plan.fingerprints[node.id].content: Built(
                sql=node.sql.rendered, executable=node.sql.executable, frame=node.frame
            )
            for node in nodes
            if node.sql is not None
        }
        Definitions(self.project.target).keep(built)

    def tidy(self) -> None:
        from seeknal.run.janitor import after_run

        for problem in after_run(self.loaded, self.store):
            self.warn(problem)

    def expect_generation(self, environment: str) -> None:
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

    def stores(self, node: NodeId, plan: Plan) -> bool:
        return node not in plan.inlined and node.kind not in _rowless(self.loaded.plugins)

    def reuse_all(self, plan: Plan) -> list[NodeResult]:
        """A run without work: no engine, no workers, nothing of theirs imported."""
        snapshots = self.loaded.snapshots(plan.environment)
        results = []
        for step in plan.steps:
            if (snapshot := snapshots.get(step.node)) is not None:
                mark = plan.fingerprints[step.node]
                current = still_current(snapshot, step, mark, self.verified.moved)
                if current is not snapshot:
                    self.record(plan.environment, current)
            results.append(reused(step))
            self.finished(results[-1])
        return results

    def audit(self) -> RunSummary:
        plan = self.audit_plan()
        self.reporter.planned(plan, self.project)
        return self.summarise(self.carry_out(plan))

    def audit_plan(self) -> Plan:
        """Every selected node that has audits and rows is audited; nothing else happens."""
        plan = _plan(self.loaded, evolve(self.request, no_materialize=True), self.verified)
        snapshots = self.loaded.snapshots(plan.environment)
        steps = tuple(
            Step(node=step.node, action="audit", reason="audit")
            for step in plan.steps
            if self.project.nodes[step.node].audits and step.node in snapshots
        )
        return evolve(plan, steps=steps, warnings=())

    def carry_out(self, plan: Plan, building: Building | None = None) -> list[NodeResult]:
        """The results of a plan's steps. ``building``: elsewhere than on the map, and quietly."""
        from seeknal.lineage.reader import Reader
        from seeknal.run.content import Contents
        from seeknal.run.cutoff import Cutoff
        from seeknal.run.engine import Engine
        from seeknal.run.node import NodeRunner, Services
        from seeknal.run.outputs import Outputs

        if self.store is not None:
            self.artifacts.remove_leftovers()
            shutil.rmtree(self.project.target / "tmp", ignore_errors=True)
            stored = (step.node for step in plan.to_run if self.stores(step.node, plan))
            self.artifacts.prepare(stored)
        engine = Engine(self.project.target, self.project.execution.memory_limit)
        snapshots = (
            building.snapshots if building else dict(self.loaded.snapshots(plan.environment))
        )
        outputs = Outputs(self.project, plan, snapshots, engine, self.artifacts)
        reader = Reader(
            self.project.root, self.project.target, self.project.nodes, self.loaded.plugins
        )
        services = Services(
            project=self.project,
            plan=plan,
            plugins=self.loaded.plugins,
            engine=engine,
            artifacts=self.artifacts,
            outputs=outputs,
            record=building.record
            if building
            else lambda snapshot: self.record(plan.environment, snapshot),
            connections=_connections(self.loaded),
            row_counts=self.history.row_counts,
            run_id=self.run_id,
            moved=self.verified.moved,
            finder=_finder(self.loaded, self.verified, self.started_at),
            cutoff=Cutoff(reader, Contents(self.artifacts.path), _pool(self.loaded).output),
            deliver=self.store is not None
            and building is None
            and self.loaded.delivers(self.request),
            links=building is None,
        )
        try:
            with self.signals():
                return self.schedule(plan, NodeRunner(services))
        finally:
            reader.close()
            engine.close()

    def schedule(self, plan: Plan, runner: NodeRunner) -> list[NodeResult]:
        from seeknal.run.runner import Events, run_plan

        events = Events(started=self.reporter.started, finished=self.finished)
        durations = self.history.durations() if len(plan.to_run) > 1 else {}
        graph = self.loaded.graph
        return run_plan(plan, graph, runner, self.limits(), events, durations, self.stop)

    def limits(self) -> Any:
        from seeknal.run.runner import Limits, io_nodes

        execution = self.project.execution
        types = self.loaded.plugins.source_types
        workers = self.request.workers or (execution.max_workers if execution.parallel else 1)
        retries = self.request.retries
        return Limits(
            workers=workers,
            retries=execution.retries if retries is None else retries,
            timeout=execution.timeout,
            fail_fast=self.request.fail_fast,
            io_nodes=io_nodes(
                self.project.nodes, lambda name: name in types and types[name].reads_files
            ),
        )

    def record(self, environment: str, snapshot: Snapshot) -> None:
        if self.store is not None:
            lazily = not self.project.nodes[snapshot.node].targets
            self.store.record(environment, snapshot, lazily=lazily)

    def finished(self, result: NodeResult) -> None:
        self.observe("after_node", node=self.project.nodes[result.node], result=result)
        for note in result.notes:
            self.warn(f"{result.node}: {note}")
        self.reporter.finished(result)

    def summarise(self, results: list[NodeResult]) -> RunSummary:
        summary = RunSummary(
            run_id=self.run_id,
            environment=self.request.environment,
            started_at=self.started_at.isoformat(),
            seconds=monotonic() - self.clock,
            results=tuple(results),
            interrupted=self.stop.is_set(),
            warnings=tuple(self.warnings),
        )
        if self.store is not None:
            self.remember(summary)
        self.observe("after_run", summary=summary)
        self.reporter.ended(summary)
        return summary

    def remember(self, summary: RunSummary) -> None:
        from seeknal.run.records import history_records

        self.history.append(history_records(summary, self.project, self.loaded.plugins))

    def warn(self, message: str) -> None:
        self.warnings.append(message)
        self.reporter.warn(message)

    def observe(self, hook: str, **arguments: object) -> None:
        self.loaded.plugins.observe(hook, self.warn, **arguments)

    @contextmanager
    def signals(self) -> Iterator[None]:
        """While a run works, SIGINT and SIGTERM stop it cleanly; a second one is immediate."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        names = (signal.SIGINT, signal.SIGTERM)
        before = {name: signal.getsignal(name) for name in names}

        def stop(number: int, frame: object) -> None:
            self.stop.set()
            for name in names:
                signal.signal(name, signal.SIG_DFL)

        for name in names:
            signal.signal(name, stop)
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)
