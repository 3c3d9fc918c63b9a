"""What a command asks for, and the project with its state that it asks it of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, field, frozen

from seeknal.graph.dag import Graph, build_graph
from seeknal.graph.fingerprint import fingerprints
from seeknal.host import clock
from seeknal.host.garbage import uncollected
from seeknal.host.once import once
from seeknal.kernel.plugins import Plugins, load_plugins
from seeknal.project.loader import load_project
from seeknal.project.vanished import told_of
from seeknal.state.lock import project_lock
from seeknal.state.store import State, open_state, read_state
from seeknal.values.errors import UsageError, did_you_mean
from seeknal.values.names import PRODUCTION, NodeId
from seeknal.values.project import Project
from seeknal.values.snapshot import Fingerprint

if TYPE_CHECKING:
    from seeknal.project.profile.profiles import Profile
    from seeknal.state.store import StateStore
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.tracking import Spans

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
    schedules: tuple[str, ...] = ()
    """Only the nodes of these, as `intervals.timings.read_schedule` reads them."""
    missing_inputs: bool = False
    """Whether inputs of which no rows are stored run too, as for ``schedules``."""
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
    start: str | None = None
    end: str | None = None
    """The span of time that is processed of tracked nodes, as texts; None: what is due."""
    now: int | None = None
    """The moment that it is about, in seconds since 1970 UTC; None: that of the command."""
    yes: bool = False
    """Whether more batches are processed than anybody asks for by mistake."""
    lock_timeout: float = 0.0
    command: str = "run"
    beside: Mapping[str, str] = field(factory=dict)
    """Texts of files that are read as if they stood there, by their paths from the project."""


@frozen(kw_only=True)
class Loaded:
    """A project with its graph, the plugins it uses and its state.

    ``fingerprints`` gives those of all nodes, as of today, and ``connection`` the profile's
    connection of a name: both find out what they give once for a whole command.
    """

    project: Project
    graph: Graph
    plugins: Plugins
    fingerprints: Callable[[], Mapping[NodeId, Fingerprint]]
    connection: Callable[[str], Any]
    state: State = field(factory=State)
    folders: dict[Path, Path] = field(factory=dict, repr=False)
    """Where folders of the project really are, for `StepContext`."""

    def snapshots(self, environment: str) -> Mapping[NodeId, Snapshot]:
        """The current outputs of an environment; production's for one that is not made yet."""
        environments = self.state.environments
        found = environments.get(environment) or environments.get(PRODUCTION)
        return found.snapshots if found else {}

    def marks(self, environment: str) -> Mapping[NodeId, Spans]:
        """The ranges that were invalidated and not redone there, as `snapshots` tells."""
        environments = self.state.environments
        found = environments.get(environment) or environments.get(PRODUCTION)
        return found.marks if found else {}

    def described(self, environment: str) -> Mapping[NodeId, str]:
        """How nodes that are no step of a run were last defined there, as `snapshots` tells."""
        environments = self.state.environments
        found = environments.get(environment) or environments.get(PRODUCTION)
        return found.described if found else {}

    def owes(self, request: Request) -> bool:
        """Whether targets are owed what is built: an environment may be kept to artifacts alone."""
        isolated = request.environment != PRODUCTION
        return self.project.environments.materialize or not isolated

    def delivers(self, request: Request) -> bool:
        """Whether what targets are owed is attempted."""
        return self.owes(request) and not request.no_materialize


def is_narrowed(request: Request) -> bool:
    """Whether only some of the nodes were asked for."""
    asked = request
    named = (asked.select, asked.exclude, asked.types, asked.schedules)
    return any((*named, asked.tags, asked.exclude_tags))


def load(root: Path, request: Request) -> Loaded:
    """Read a project and its state. Raises ProjectError with everything that is wrong."""
    loaded = read_project(root, request)
    return evolve(loaded, state=read_state(loaded.project.target))


def read_project(root: Path, request: Request, *, keep: bool = True) -> Loaded:
    """Read a project without its state: a writer takes that from the store that it opens.

    Without ``keep`` no file is written, so that it is read anew the next time.
    """
    with uncollected(), told_of(root):
        plugins = load_plugins()
        project = load_project(
            root,
            plugins,
            variables=dict(request.variables),
            profile=request.profile,
            keep=keep,
            beside=request.beside,
        )
        profile = once(lambda: _profile_of(project, plugins))
        if request.target is not None:
            _check_engine(request.target, profile())
        graph = build_graph(project.nodes)
        today = clock.now().date().isoformat()
        return Loaded(
            project=project,
            graph=graph,
            plugins=plugins,
            fingerprints=once(lambda: _fingerprints(project, graph, today)),
            connection=_connections(profile, plugins),
        )


def _fingerprints(project: Project, graph: Graph, today: str) -> Mapping[NodeId, Fingerprint]:
    with told_of(project.root):
        return fingerprints(project.nodes, graph, today, project.root)


@contextmanager
def writing(target: Path, request: Request) -> Iterator[StateStore]:
    """The state below ``target``, as its one writer: nobody else can write during the block.

    Raises LockHeld when another command is writing for longer than ``request`` waits.
    """
    with project_lock(target, command=request.command, timeout=request.lock_timeout):
        with uncollected():
            store = open_state(target)
        try:
            yield store
        finally:
            store.close()


def _profile_of(project: Project, plugins: Plugins) -> Profile | None:
    # Most commands need no connection, and so neither the profile nor YAML.
    from seeknal.project.profile.profiles import load_profile

    return load_profile(project.root, project.profile, plugins)


def _connections(profile: Callable[[], Profile | None], plugins: Plugins) -> Callable[[str], Any]:
    @cache
    def connection(name: str) -> Any:
        found = profile()
        if found is None:
            from seeknal.project.build_context import NO_PROFILE, no_profile

            raise UsageError(no_profile(name), code="SK0603", help=NO_PROFILE)
        return found.connection(name, plugins)

    return connection


def _check_engine(target: str, profile: Profile | None) -> None:
    """Raise UsageError unless ``target`` names an engine that can be run on."""
    engines = {DEFAULT_TARGET: ENGINE}
    engines |= {name: entry.engine for name, entry in profile.targets.items()} if profile else {}
    if target not in engines:
        help = did_you_mean(target, engines) or f"engines: {', '.join(engines)}"
        raise UsageError(f"there is no engine {target!r}", code="SK0005", help=help)
    if engines[target] != ENGINE:
        raise UsageError(
            f"engine {target!r} runs on {engines[target]}, which no installed plugin provides",
            code="SK0006",
            help=f"engines that run on {ENGINE}: "
            + ", ".join(name for name, engine in engines.items() if engine == ENGINE),
        )
