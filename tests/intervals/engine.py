"""seeknal itself as an engine that is judged: a real project, run in this process.

What depends on how seeknal works inside stands in ``Inside``.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import shutil
import tempfile
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from seeknal import open_project
from seeknal.cli.progress import Silent
from seeknal.kernel.plugins import load_plugins
from seeknal.plan.session import Request
from seeknal.query.opened import OpenedProject
from seeknal.run.commands import run_project
from seeknal.run.environments.commands import create
from seeknal.run.environments.promoting import promote
from seeknal.run.environments.rolling_back import rollback
from seeknal.state.store import read_state
from seeknal.values.errors import NodeError, SeeknalError
from seeknal.values.names import NodeId
from tests.intervals.events import (
    Arrive,
    Away,
    Clock,
    Create,
    Edit,
    Event,
    History,
    Invalidate,
    Node,
    Promote,
    Remove,
    Rollback,
    Row,
    Run,
)
from tests.intervals.ranges import BEGINNING, Range
from tests.intervals.written import PROJECT, id_of, write_node, write_rows

Pairs = Iterable[tuple[int, int]]
Processed = dict[tuple[str, str], list[Range]]


class Inside:
    """The places of seeknal that this engine knows: where one moves, this class does."""

    CLOCK = ("seeknal.host.clock", "now")
    """What tells the time to all that knows of ranges."""
    BATCH = ("seeknal.run.intervals.ranged", "compute_batch")
    """Computes one batch, before it is put on record."""
    INVALIDATE = ("seeknal.run.intervals.invalidating", "invalidate")

    @staticmethod
    def batch(arguments: tuple[Any, ...], more: Mapping[str, Any]) -> tuple[NodeId, Pairs]:
        """The node and the spans of the batch that a call of BATCH computes."""
        scope, batch, *_ = arguments
        return scope.node.id, [(batch.start, batch.end)] if batch.looks else []

    @staticmethod
    def request(event: Run) -> Request:
        options: dict[str, object] = {"environment": event.env, "unpin": True}
        if event.start or event.end:
            options |= {"start": event.start, "end": event.end}
        return Request(**options)  # type: ignore[arg-type]

    @classmethod
    def invalidate(cls, root: Path, event: Invalidate, node: str) -> None:
        call = place(*cls.INVALIDATE)
        request = Request(
            environment=event.env, command="invalidate", start=event.start, end=event.end
        )
        call(root, request, node, downstream=event.downstream)

    @staticmethod
    def done(snapshot: Any) -> Pairs:
        return snapshot.covered.done if snapshot.covered else ()

    @staticmethod
    def marks(environment: Any, node: NodeId) -> Pairs:
        return getattr(environment, "marks", {}).get(node, ())

    @staticmethod
    def processed(result: Any) -> Pairs:
        return getattr(result, "processed", ())


def place(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


class SeeknalEngine:
    """A history's project in a folder of its own, which goes when this does."""

    def __init__(self, history: History) -> None:
        self.now = history.now
        self.root = Path(tempfile.mkdtemp(prefix="judged-"))
        weakref.finalize(self, shutil.rmtree, self.root, ignore_errors=True)
        self.nodes = {node.name: node for node in history.project}
        self.tables: dict[str, dict[int, Row]] = {
            node.name: {} for node in history.project if node.kind == "source"
        }
        self.generations: list[dict[str, int]] = []
        self.worked: Processed = {}
        self.made: set[str] = set()
        """Environments that commands have named; before production there are no others."""
        self.known: dict[object, tuple[Row, ...]] = {}
        self.readers: dict[str, OpenedProject] = {}
        self.definitions: dict[tuple[str, str], Node] = {}
        (self.root / "seeknal").mkdir()
        (self.root / "seeknal_project.yml").write_text(PROJECT)
        for node in history.project:
            self.write(node)
        for name in self.tables:
            write_rows(self.root, name, ())
        self.state = read_state(self.root / "target").environments

    # What happens.

    def apply(self, event: Event) -> None:
        self.worked = {}
        self.stop_reading()
        match event:
            case Clock(to):
                self.now = to
            case Arrive(source, rows):
                self.tables[source].update({row[1]: row for row in rows})
                write_rows(self.root, source, self.tables[source].values())
            case Remove(source, numbers):
                for number in numbers:
                    self.tables[source].pop(number, None)
                write_rows(self.root, source, self.tables[source].values())
            case Edit(name, key, value):
                self.nodes[name] = self.nodes[name]._replace(**{key: value})
                self.write(self.nodes[name])
            case Away(name, away):
                self.away(name, away)
            case Run(killed=None):
                self.act(event)
            case Run():
                self.forked(event)
            case _:
                self.act(event)
        self.state = read_state(self.root / "target").environments
        self.note_definitions()
        self.generations.append({name: each.generation for name, each in self.state.items()})

    def act(self, event: Event) -> Processed:
        """Let seeknal do something, as its command line would; gives what was processed."""
        reporter = Processing(event.env if isinstance(event, Run | Rollback) else "prod")
        with ExitStack() as held:
            for each in (plugins_once(), clock_at(self.now), self.breaking(event)):
                held.enter_context(each)
            try:
                self.command(event, reporter)
            except SeeknalError as error:
                self.refused(event, error)
        self.worked = reporter.found
        return self.worked

    def command(self, event: Event, reporter: Processing) -> None:
        root = self.root
        if isinstance(event, Run | Create):
            self.made.add(event.env)
        match event:
            case Run():
                request = Inside.request(event)
                more = {"select": event.select, "forward_only": event.forward}
                given = {key: (self.id(name),) for key, name in more.items() if name}
                run_project(root, evolved(request, **given), reporter)
            case Invalidate():
                Inside.invalidate(root, event, self.id(event.node))
            case Create(name):
                create(root, Request(environment=name), name, "prod", None)
            case Promote(name):
                request = Request(environment="prod", command=f"promote {name}", unpin=True)
                with self.files_of(name):
                    promote(root, request, name, "prod", reporter, force=True, agree=lambda _: True)
            case Rollback(name, back):
                self.roll_back(name, back, reporter)

    def note_definitions(self) -> None:
        """Remember what a definition was that an environment has: one that is new is today's."""
        for env in self.state.values():
            for node in self.nodes.values():
                found = env.snapshots.get(NodeId(self.id(node.name)))
                if found is not None:
                    key = node.name, found.fingerprint.content
                    self.definitions.setdefault(key, node)

    @contextmanager
    def files_of(self, env: str) -> Iterator[None]:
        """The files are those that an environment was built from, as a checkout makes them."""
        today = dict(self.nodes)
        known = self.state[env].snapshots if env in self.state else {}
        for name, node in today.items():
            found = known.get(NodeId(self.id(name)))
            if found is None:
                continue
            built = self.definitions[name, found.fingerprint.content]
            then = node._replace(version=built.version, schedule=built.schedule)
            if then != node:
                self.nodes[name] = then
                self.write(then)
        try:
            yield
        finally:
            for name, node in today.items():
                if self.nodes[name] != node:
                    self.nodes[name] = node
                    self.write(node)

    def roll_back(self, name: str, back: int, reporter: Processing) -> None:
        before = self.generations[max(0, len(self.generations) - back)] if self.generations else {}
        if before.get(name) and before[name] != self.generations[-1].get(name):
            request = Request(environment=name, command="rollback")
            rollback(self.root, request, before[name], reporter)

    def refused(self, event: Event, error: SeeknalError) -> None:
        """A command that is refused is no failure; those who look for one may want to see it."""
        if os.environ.get("JUDGED_TELL"):
            print(f"{event}: {error.code} {error}")

    def breaking(self, event: Event) -> AbstractContextManager[object]:
        """Fails, or dies, in the batch that an event says."""
        if not isinstance(event, Run) or not (event.fails or event.killed):
            return ExitStack()
        return broken_batches(event, self.id, self.root / "batches")

    def forked(self, event: Run) -> None:
        """Carry out an event in a process that may be killed."""
        report = self.root / "processed"
        report.unlink(missing_ok=True)
        (self.root / "batches").write_text("")
        arguments = (type(self), self.root, self.now, self.nodes, event)
        child = processes().Process(target=carry_out, args=arguments)
        child.start()
        child.join()
        died = child.exitcode
        assert died in (0, 9), f"exit {died}"
        self.worked = {}
        if died:
            batches = (self.root / "batches").read_text().splitlines()
            found = [json.loads(line) for line in batches]
        else:
            found = json.loads(report.read_text())
        for env, node, *pairs in found:
            self.worked.setdefault((env, node), []).extend(as_ranges(pairs))

    def away(self, node: str, away: bool) -> None:
        """Targets that are none cannot be away."""

    def target(self, node: Node) -> object:
        """Where a tracked node's rows are delivered, as its file says it."""
        return None

    # What there is.

    def environments(self) -> Iterable[str]:
        return {"prod", *self.state} if "prod" in self.state else {"prod", *self.state, *self.made}

    def done(self, env: str, node: str) -> Iterable[Range]:
        found = self.snapshot(env, node)
        return as_ranges(Inside.done(found)) if found else ()

    def pending(self, env: str, node: str) -> Iterable[Range]:
        found = self.state.get(env)
        return as_ranges(Inside.marks(found, NodeId(self.id(node)))) if found else ()

    def processed(self) -> Mapping[tuple[str, str], Iterable[Range]]:
        return self.worked

    def rows(self, env: str, node: str) -> Iterable[Row]:
        """What is read of a node that has other parts than when it was read before."""
        found = self.snapshot(env, node)
        if found is None:
            return ()
        key = env, node, found.output_id
        if key not in self.known:
            if env not in self.readers:
                self.readers[env] = open_project(self.root, env)
            query = f'SELECT "at", one, two FROM {self.id(node)}'
            self.known[key] = tuple(self.readers[env].sql(query).fetchall())
        return self.known[key]

    def delivered(self, node: str) -> Iterable[Row] | None:
        return None

    # How.

    def stop_reading(self) -> None:
        """No connection may be open while seeknal runs, or in a child."""
        for each in self.readers.values():
            each.close()
        self.readers.clear()

    def snapshot(self, env: str, node: str) -> Any:
        return self.state[env].snapshots.get(NodeId(self.id(node))) if env in self.state else None

    def write(self, node: Node) -> None:
        write_node(self.root, self.nodes, node, self.target(node) if node.schedule else None)

    def id(self, name: str) -> str:
        return id_of(self.nodes[name])


@cache
def processes() -> multiprocessing.context.ForkServerContext:
    """Makes processes from one that has never run DuckDB, whose threads no fork outlives."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "tests.intervals.delivering"])
    return context


def carry_out(
    kind: type[SeeknalEngine], root: Path, now: datetime, nodes: dict[str, Node], event: Run
) -> None:
    """What a process does that may be killed."""
    engine = kind.__new__(kind)
    engine.root, engine.now, engine.nodes, engine.made = root, now, nodes, set()
    found = engine.act(event)
    report = [(*key, *spans_of(found[key])) for key in found]
    (root / "processed").write_text(json.dumps(report))


class Processing(Silent):
    """Hears what was processed."""

    def __init__(self, env: str) -> None:
        super().__init__()
        self.env = env
        self.found: Processed = defaultdict(list)

    def planned(self, plan, project): ...

    def finished(self, result):
        super().finished(result)
        spans = as_ranges(Inside.processed(result))
        self.found[self.env, result.node.name].extend(spans)
        if result.error and os.environ.get("JUDGED_TELL"):
            print(f"{result.node}: {result.code} {result.error}")

    def warn(self, message): ...


def evolved(request: Request, **given: object) -> Request:
    from attrs import evolve

    return evolve(request, **given)


def as_ranges(pairs: Pairs) -> list[Range]:
    return [
        (BEGINNING + timedelta(seconds=start), BEGINNING + timedelta(seconds=end))
        for start, end in pairs
    ]


def spans_of(found: Iterable[Range]) -> list[tuple[int, int]]:
    return [tuple((each - BEGINNING) // timedelta(seconds=1) for each in span) for span in found]


@contextmanager
def plugins_once() -> Iterator[None]:
    """Installed plugins are looked for once, as in the one process of a command."""
    with patch("seeknal.plan.session.load_plugins", _plugins):
        yield


_plugins = cache(load_plugins)


@contextmanager
def clock_at(now: datetime) -> Iterator[None]:
    """It is a moment of UTC for all that asks which ranges are due."""
    module, name = Inside.CLOCK
    with patch.object(importlib.import_module(module), name, lambda: now.replace(tzinfo=UTC)):
        yield


@contextmanager
def broken_batches(event: Run, id: Callable[[str], str], told: Path) -> Iterator[None]:
    """Let the batch fail or die that holds the moment; others are written down."""
    name, moment = event.fails or event.killed or ("", BEGINNING)
    second = (moment - BEGINNING) // timedelta(seconds=1)
    compute = place(*Inside.BATCH)

    def watched(*arguments: Any, **more: Any) -> Any:
        found = compute(*arguments, **more)
        node, spans = Inside.batch(arguments, more)
        if node == id(name) and any(start <= second < end for start, end in spans):
            if event.killed:
                os._exit(9)
            raise NodeError(f"{moment} is in the batch")
        with told.open("a") as file:
            file.write(json.dumps((event.env, node.name, *spans)) + "\n")
        return found

    module, attribute = Inside.BATCH
    with patch.object(importlib.import_module(module), attribute, watched):
        yield
