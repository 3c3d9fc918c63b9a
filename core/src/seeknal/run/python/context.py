"""What a Python node's function is given: ``ctx``."""

from __future__ import annotations

import logging
import sys
from collections import ChainMap
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.run.python.traced import Traced
from seeknal.run.python.variables import with_variables
from seeknal.values.columns import Column
from seeknal.values.errors import NodeError, did_you_mean
from seeknal.values.names import NodeId
from seeknal.values.relations import Interval

if TYPE_CHECKING:
    from datetime import datetime

    from seeknal.run.python.tabular import Workspace


@frozen(kw_only=True)
class Call:
    """One call of a node's function: all that it depends on.

    ``inputs`` gives each input as what stands after FROM; ``source`` likewise the loaded rows of
    a source.
    """

    node: NodeId
    file: Path
    root: Path
    workdir: Path
    inputs: Mapping[NodeId, str]
    source: str | None = None
    columns: tuple[Column, ...] = ()
    contract: bool = False
    params: Mapping[str, object] = field(factory=dict)
    variables: Mapping[str, object] = field(factory=dict)
    interval: Interval | None = None
    this: str | None = None
    """The rows that the node has and new ones are merged into, as what stands after FROM."""
    frozen: datetime | None = None
    """What clocks say in a process of the function's own; None: the time."""
    environment: str = "prod"
    run_id: str = ""
    log: logging.Logger = field(factory=lambda: logging.getLogger("seeknal.node"))
    capture: Callable[[str], None] = field(default=lambda sql: None)
    function: str = ""
    traced: Callable[[Traced], None] = field(default=lambda found: None)
    """Told the query that the returned rows are, or why none is known."""


class PipelineContext:
    """``ctx``: the node's inputs, DuckDB, and what the run knows."""

    def __init__(self, call: Call, workspace: Workspace) -> None:
        self._call = call
        self._workspace = workspace
        self._relations: dict[str, Any] = {}
        self.duckdb = Database(workspace, call.capture)

    @property
    def params(self) -> Mapping[str, object]:
        """The node's own ``params``."""
        return self._call.params

    @property
    def vars(self) -> Mapping[str, object]:
        """The run's variables."""
        return self._call.variables

    @property
    def interval(self) -> Interval | None:
        """The range of time that is being computed, or None."""
        return self._call.interval

    @property
    def is_incremental(self) -> bool:
        """Whether the returned rows are merged into those that the node has."""
        return self._call.this is not None

    @property
    def this(self) -> Any:
        """These rows as a lazy DuckDB relation; None where there are none, or it starts over."""
        if self._call.this is None:
            return None
        return self._relation("", f"SELECT * FROM {self._call.this}")

    @property
    def environment(self) -> str:
        return self._call.environment

    @property
    def run_id(self) -> str:
        return self._call.run_id

    @property
    def log(self) -> logging.Logger:
        """Warnings show in the run's output at once, information with ``--verbose``."""
        return self._call.log

    def ref(self, id: str) -> Any:
        """An input as a lazy DuckDB relation: ``.df()``, ``.pl()``, ``.arrow()``."""
        found = self._find(id)
        return self._relation(found, self._workspace.input_select(found))

    def _relation(self, name: str, select: str) -> Any:
        if name not in self._relations:
            relation = self._workspace.cursor.sql(select)
            self._workspace.remember(relation, select)
            self._relations[name] = relation
        return self._relations[name]

    def _find(self, id: str) -> NodeId:
        scans = self._workspace.scans
        if id in scans:
            return NodeId(id)
        named = [known for known in scans if known.name == id]
        if len(named) == 1:
            return named[0]
        raise NodeError(
            f"{id!r} is not an input of {self._call.node}"
            if not named
            else f"{id!r} may be {' or '.join(named)}",
            code="SK0512",
            help=did_you_mean(id, scans) or f"add it to the decorator: inputs=[{id!r}]",
        )


class Database:
    """``ctx.duckdb``: the worker's connection, in whose SQL the caller's variables are tables."""

    def __init__(self, workspace: Workspace, capture: Callable[[str], None]) -> None:
        self._workspace = workspace
        self._capture = capture

    def sql(self, query: Any, *args: Any, **options: Any) -> Any:
        """A lazy relation of a query."""
        return self._workspace.cursor.sql(self._resolved(query), *args, **options)

    query = sql

    def execute(self, query: Any, *args: Any, **options: Any) -> Any:
        """Run a statement now."""
        return self._workspace.cursor.execute(self._resolved(query), *args, **options)

    def _resolved(self, query: Any) -> Any:
        if not isinstance(query, str):
            return query
        text = with_variables(query, _scope_of(sys._getframe(2)), self._workspace)
        self._capture(text)
        return text

    def close(self) -> None:
        """Nothing: the connection is the run's."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._workspace.cursor, name)


def _scope_of(frame: FrameType) -> Mapping[str, Any]:
    return ChainMap(dict(frame.f_locals), frame.f_globals)
