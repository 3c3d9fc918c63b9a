"""Steps carried out by workers: each with a cursor of its own, a failure being a result."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.model import NodeId, NodeResult, Step
from seeknal.run.attempt import Attempt
from seeknal.run.place import Services

if TYPE_CHECKING:
    import duckdb


class NodeRunner:
    """Executes steps; one instance serves all workers, each step with a cursor of its own.

    A step's temporary views and settings, and results that it did not read to the end, which
    would keep an old view of the catalogue, go with its cursor.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.cursors: dict[int, duckdb.DuckDBPyConnection] = {}
        self.reused: set[NodeId] = set()

    def execute(self, step: Step) -> NodeResult:
        """Carry out one step. Never raises: a failure is a result."""
        started = time.monotonic()
        attempt = Attempt(self.services, step, self.cursor, self.reused)
        try:
            result = attempt.carry_out()
        except BaseException as error:
            result = attempt.failed(error)
            if not isinstance(error, Exception):
                result = evolve(result, status="interrupted")
        finally:
            attempt.clean_up()
            self.close_cursor()
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
        cursor = self.cursors.pop(threading.get_ident(), None)
        if cursor is not None:
            cursor.close()

    def interrupt(self, thread: int | None = None) -> None:
        """Stop what a thread's cursor is running, or all of them."""
        for ident, cursor in list(self.cursors.items()):
            if thread is None or ident == thread:
                cursor.interrupt()
        if (own := sys.modules.get("seeknal.run.own")) is not None:
            own.interrupt(thread)
        if (uv := sys.modules.get("seeknal.project.uv")) is not None:
            uv.stop(thread)
