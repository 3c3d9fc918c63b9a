"""Carries out a plan: ready nodes go to workers, failures skip only what depends on them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Literal

from attrs import evolve, field, frozen

from seeknal.run.failures import is_deterministic
from seeknal.run.ready_queue import ReadyQueue
from seeknal.values.errors import SeeknalError
from seeknal.values.names import NodeId
from seeknal.values.results import NodeResult

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph
    from seeknal.run.signals import Stop
    from seeknal.run.workers import NodeRunner
    from seeknal.values.node import Node
    from seeknal.values.plan import Plan, Step

IO_WORKERS = 8
CPU_WORKERS = 2
"""DuckDB uses every core inside one query: a second query fills its pauses, a third only memory."""

FILE_WORKERS = 1
"""Reading a large file keeps every core busy from its first byte to its last."""

LONG_QUERY = 1.0
"""Seconds after which a query is worth a second one beside it: short ones only get in the way."""

_POLL = 0.1

GRACE = 2.0
"""Seconds in which a Python node that was told to stop may end by itself."""


@frozen(kw_only=True)
class Limits:
    """How many steps run at once, and how patient a run is."""

    workers: int | Literal["auto"] = "auto"
    retries: int = 0
    timeout: float | None = None
    fail_fast: bool = False
    io_nodes: Collection[NodeId] = field(factory=frozenset)
    file_nodes: Collection[NodeId] = field(factory=frozenset)

    def total(self) -> int:
        """How many steps run at once."""
        return IO_WORKERS if self.workers == "auto" else self.workers

    def cpu(self) -> int:
        """How many of them compute."""
        return CPU_WORKERS if self.workers == "auto" else self.workers

    def files(self) -> int:
        """How many of those read files."""
        return FILE_WORKERS if self.workers == "auto" else self.workers


@frozen(kw_only=True)
class Events:
    """Whom a run tells; all are called by one thread."""

    started: Callable[[NodeId], None]
    finished: Callable[[NodeResult], None]
    stopping: Callable[[Collection[NodeId]], None]
    """The run is to end; these are waited for."""


_ENDED = {"failed": " failed", "interrupted": " was interrupted"}
"""Statuses that let no reader start, and what is said there of the node."""


def run_plan(
    plan: Plan,
    graph: Graph,
    runner: NodeRunner,
    limits: Limits,
    events: Events,
    durations: Mapping[NodeId, float],
    stop: Stop,
) -> list[NodeResult]:
    """The result of every step, in plan order. ``stop`` ends it: what runs is interrupted,

    and left to itself where it is to end at once.
    """
    return Dispatcher(plan, graph, runner, limits, events, durations, stop).carry_out()


class Dispatcher:
    """The main thread's view: it dispatches, workers execute, results come through a queue."""

    def __init__(
        self,
        plan: Plan,
        graph: Graph,
        runner: NodeRunner,
        limits: Limits,
        events: Events,
        durations: Mapping[NodeId, float],
        stop: Stop,
    ) -> None:
        self.steps = {step.node: step for step in plan.steps}
        self.graph = graph
        self.runner = runner
        self.limits = limits
        self.events = events
        self.stop = stop
        self.ready = ReadyQueue(tuple(self.steps), graph, durations, self.lane_of)
        self.results: dict[NodeId, NodeResult] = {}
        self.running: dict[NodeId, tuple[float, int]] = {}
        self.work: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
        # Not a SimpleQueue: one that a signal interrupts as its time ends waits for ever.
        self.done: queue.Queue[NodeResult] = queue.Queue()
        self.threads: list[threading.Thread] = []
        self.told: dict[NodeId, float] = {}
        """When each step was first told to stop."""
        self.closing: str | None = None
        self.is_stopping = False

    def carry_out(self) -> list[NodeResult]:
        """Dispatch until every step has a result."""
        try:
            while self.ready:
                self.start_ready()
                if self.running:
                    self.collect()
        finally:
            self.shut_down()
        return [self.results[id] for id in self.steps]

    def lane_of(self, id: NodeId) -> str:
        """The lane in which a step waits, by what it will be busy with."""
        if self.steps[id].action == "reuse":
            return "free"
        if id in self.limits.io_nodes:
            return "io"
        return "files" if id in self.limits.file_nodes else "cpu"

    def start_ready(self) -> None:
        """Start what may start; reused and skipped steps end here without a worker."""
        settled = True
        while settled:
            settled = False
            for lane in ("free", "io", "files", "cpu"):
                while self.has_room(lane) and (id := self.ready.take(lane)) is not None:
                    settled |= self.begin(id, lane)

    def begin(self, id: NodeId, lane: str) -> bool:
        """Start a ready node; True when its step ended at once, which may free others."""
        step = self.steps[id]
        if reason := self.skipped(id):
            self.settle(NodeResult(node=id, status="skipped", reason=reason))
            return True
        if lane == "free":
            self.settle(self.runner.execute(step))
            return True
        self.start(step)
        return False

    def skipped(self, id: NodeId) -> str | None:
        """Why a ready step must not start, or None."""
        for parent in self.graph.parents[id]:
            result = self.results.get(parent)
            if result is not None and result.status in _ENDED:
                return f"{parent}{_ENDED[result.status]}"
            if result is not None and result.status == "skipped":
                known = result.reason.endswith(tuple(_ENDED.values()))
                return result.reason if known else f"{parent} was skipped"
        return "interrupted" if self.stop.is_set() else self.closing

    def has_room(self, lane: str) -> bool:
        """Whether one more step of a lane may run beside those that do."""
        if lane == "free":
            return True
        if len(self.running) >= self.limits.total():
            return False
        if lane == "io":
            return True
        if lane == "files":
            reading = sum(id in self.limits.file_nodes for id in self.running)
            if reading >= self.limits.files():
                return False
        busy = [began for id, (began, _) in self.running.items() if id not in self.limits.io_nodes]
        if len(busy) >= self.limits.cpu():
            return False
        return self.limits.workers != "auto" or not busy or _is_long(max(busy))

    def start(self, step: Step) -> None:
        """Hand a step to a worker, a new one where all are busy."""
        if len(self.threads) <= len(self.running):
            thread = threading.Thread(target=self.serve, name="seeknal-worker", daemon=True)
            self.threads.append(thread)
            thread.start()
        self.running[step.node] = (time.monotonic(), 0)
        self.events.started(step.node)
        self.work.put(step)

    def serve(self) -> None:
        """A worker: steps from the queue until it is told to stop."""
        me = threading.get_ident()
        while (step := self.work.get()) is not None:
            self.running[step.node] = (time.monotonic(), me)
            try:
                result = self.with_retries(step)
            except BaseException as error:
                # Without a result the run would wait for this step for ever.
                result = _defect(step, error)
            if me in self.runner.given_up:
                return
            self.done.put(result)

    def with_retries(self, step: Step) -> NodeResult:
        """Execute a step, and again after failures that may pass."""
        result = self.runner.execute(step)
        for attempt in range(self.limits.retries):
            if result.status != "failed" or self.stop.is_set() or _is_final(result):
                break
            self.stop.wait(0.5 * 2**attempt)
            if step.node in self.told:
                break
            result = self.runner.execute(step)
            result = evolve(result, notes=(*result.notes, f"attempt {attempt + 2}"))
        return result

    def collect(self) -> None:
        """Wait for one result; meanwhile obey signals and time-outs."""
        if self.stop.is_set() and not self.is_stopping:
            self.is_stopping = True
            self.events.stopping(tuple(self.running))
        if self.stop.at_once:
            self.leave_all()
        self.interrupt_late()
        if not self.running:
            return
        try:
            result = self.done.get(timeout=_POLL)
        except queue.Empty:
            return
        self.take(result)

    def take(self, result: NodeResult) -> None:
        """Take the result of a step that ran."""
        del self.running[result.node]
        self.settle(self.judge(result))

    def interrupt_late(self) -> None:
        """Stop what takes too long, and all once the run is to end; give up what does not stop."""
        now = time.monotonic()
        for id, (started, thread) in list(self.running.items()):
            late = self.limits.timeout and now - started > self.limits.timeout
            if thread and (late or self.stop.is_set()):
                told = self.told.setdefault(id, now)
                self.runner.interrupt_step(id, thread)
                if now - told > GRACE and self.runner.give_up(id, thread):
                    self.leave(id, thread)

    def leave_all(self) -> None:
        """End every step as it is; what has its result already keeps it."""
        self.stop.end_recording()
        while not self.done.empty():
            self.take(self.done.get())
        for id, (_, thread) in list(self.running.items()):
            self.runner.abandon(id, thread)
            self.leave(id, thread)
        self.threads = []
        self.runner.end_children()

    def leave(self, id: NodeId, thread: int) -> None:
        """End the step of a function that cannot be stopped; its thread goes with the process."""
        self.threads = [entry for entry in self.threads if entry.ident != thread]
        started, _ = self.running.pop(id)
        result = NodeResult(
            node=id,
            status="failed",
            reason=self.steps[id].reason,
            code="SK0714",
            seconds=time.monotonic() - started,
        )
        self.settle(self.judge(result, still=True))

    def judge(self, result: NodeResult, still: bool = False) -> NodeResult:
        """A failure that a signal or the time-out caused is named as such.

        What a terminal sends reaches the processes that nodes have started as well.
        """
        if result.status != "failed" or not (result.node in self.told or self.stop.is_set()):
            return result
        if self.stop.is_set():
            return evolve(result, status="interrupted", error="interrupted", code="", help=None)
        text = f"took longer than execution.timeout ({self.limits.timeout:g} s)"
        if still:
            text += "; its code cannot be stopped and goes on until seeknal ends, for nothing"
        return evolve(result, error=text, code="SK0714", help=None)

    def settle(self, result: NodeResult) -> None:
        """Make a result known, so that the readers of its node may start or are skipped."""
        self.results[result.node] = result
        self.ready.finish(result.node)
        if result.status == "failed" and self.limits.fail_fast:
            self.closing = f"{result.node} failed (--fail-fast)"
        self.events.finished(result)

    def shut_down(self) -> None:
        """Let the workers end, and interrupt what they still do."""
        if self.running:
            self.runner.interrupt()
        for _ in self.threads:
            self.work.put(None)
        for thread in self.threads:
            thread.join(timeout=10)


def _defect(step: Step, error: BaseException) -> NodeResult:
    """The result of a step in which seeknal itself failed."""
    return NodeResult(
        node=step.node,
        status="failed",
        reason=step.reason,
        error=f"{type(error).__name__}: {error}",
        code=SeeknalError.default_code,
        help="this is a defect of seeknal; --debug shows where",
    )


def _is_long(began: float) -> bool:
    return time.monotonic() - began > LONG_QUERY


def _is_final(result: NodeResult) -> bool:
    from seeknal.values.errors import NodeError

    return is_deterministic(NodeError(result.error or "", code=result.code))


def io_nodes(nodes: Mapping[NodeId, Node], reads_files: Callable[[str], bool]) -> frozenset[NodeId]:
    """The nodes that mostly wait for others: databases, servers, Python sources."""
    sources = frozenset(id for id, node in nodes.items() if node.source is not None)
    return sources - file_nodes(nodes, reads_files)


def file_nodes(
    nodes: Mapping[NodeId, Node], reads_files: Callable[[str], bool]
) -> frozenset[NodeId]:
    """The nodes that read files."""
    return frozenset(
        id
        for id, node in nodes.items()
        if node.source is not None and not node.python and reads_files(node.source.type)
    )
