"""Steps carried out by workers: each with a cursor of its own, a failure being a result."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.run.python import process
from seeknal.run.step import StepExecution

if TYPE_CHECKING:
    import duckdb

    from seeknal.run.step_scope import Services
    from seeknal.values.names import NodeId
    from seeknal.values.plan import Step
    from seeknal.values.results import NodeResult


class NodeRunner:
    """Executes steps; one instance serves all workers, each step with a cursor of its own.

    A step's temporary views and settings, and results that it did not read to the end, which
    would keep an old view of the catalogue, go with its cursor.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.cursors: dict[int, duckdb.DuckDBPyConnection] = {}
        self.reused: set[NodeId] = set()
        self.executions: dict[int, StepExecution] = {}
        self.given_up: set[int] = set()
        """Threads that are not waited for any more."""

    def execute(self, step: Step) -> NodeResult:
        """Carry out one step. Never raises: a failure is a result."""
        started = time.monotonic()
        execution = StepExecution(self.services, step, self.cursor, self.reused)
        self.executions[threading.get_ident()] = execution
        process.nodes[threading.get_ident()] = step.node
        try:
            result = execution.carry_out()
        except BaseException as error:
            # Whatever it is: signals reach the main thread alone, and this is the node's failure.
            result = execution.failed(error)
        finally:
            self.executions.pop(threading.get_ident(), None)
            execution.clean_up()
            self.close_cursor()
            process.nodes.pop(threading.get_ident(), None)
        if result.status == "reused":
            self.reused.add(step.node)
        return evolve(result, seconds=time.monotonic() - started)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The cursor of the step that this thread executes."""
        thread = threading.get_ident()
        if thread not in self.cursors:
            self.cursors[thread] = self.services.engine.cursor()
        return self.cursors[thread]

    def close_cursor(self) -> None:
        """Close the cursor of the step that this thread has executed."""
        cursor = self.cursors.pop(threading.get_ident(), None)
        if cursor is not None:
            cursor.close()

    def interrupt_step(self, node: NodeId, thread: int) -> None:
        """Stop what a thread runs for a node, if it has not gone on to another."""
        execution = self.executions.get(thread)
        if execution is not None and execution.node.id == node:
            self.interrupt(thread)

    def give_up(self, node: NodeId, thread: int) -> bool:
        """Leave a thread to itself whose node's function goes on: nothing of it is stored.

        False when the node has its rows already, so that its end is near.
        """
        execution = self.executions.get(thread)
        if execution is None or execution.node.id != node or not execution.give_up():
            return False
        self.given_up.add(thread)
        if (own := sys.modules.get("seeknal.run.python.database")) is not None:
            own.give_up(thread)
        return True

    def abandon(self, node: NodeId, thread: int) -> None:
        """Leave a thread to itself whatever it does: the process is about to end."""
        execution = self.executions.get(thread)
        self.given_up.add(thread)
        self.interrupt(thread)
        if execution is not None and execution.node.id == node:
            execution.discard()

    def end_children(self) -> None:
        """End the processes that nodes have started."""
        process.end_descendants()

    def interrupt(self, thread: int | None = None) -> None:
        """Stop what a thread's step is running, or all of them."""
        execution = self.executions.get(thread) if thread is not None else None
        if thread is None or execution is not None:
            self.services.calls.cancel(execution.node.id if execution else None)
        for ident, cursor in list(self.cursors.items()):
            if thread is None or ident == thread:
                cursor.interrupt()
        if (own := sys.modules.get("seeknal.run.python.database")) is not None:
            own.interrupt(thread)
        if (uv := sys.modules.get("seeknal.project.python.uv")) is not None:
            uv.stop(thread)
