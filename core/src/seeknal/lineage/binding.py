"""Nodes bound against empty tables: their columns, and the SQL that their kind makes, unrun."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve

from seeknal.host.files import scratch_folder
from seeknal.kernel.plugin_types import NodeInputs
from seeknal.rows.scans import columns_of, to_scan
from seeknal.sql.quote import quote_identifier, quote_name
from seeknal.values.errors import NodeError
from seeknal.values.names import NodeId
from seeknal.values.provenance import with_provenance
from seeknal.values.relations import ParquetFiles, Relation, Scan

if TYPE_CHECKING:
    import duckdb

    from seeknal.kernel.plugins import Plugins
    from seeknal.values.columns import Column
    from seeknal.values.node import Node
    from seeknal.values.project import Project, Suffix
    from seeknal.values.relations import Interval
    from seeknal.values.targets import Target

OptionsT = TypeVar("OptionsT")
_UNCOUNTED = -1
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Unbound(Exception):
    """A node's columns cannot be told without running it; the message says why."""


class Binder:
    """A DuckDB of its own with an empty table for each node that is read."""

    def __init__(self, project: Project, plugins: Plugins) -> None:
        self.project = project
        self.root = project.root
        self.nodes = project.nodes
        self.plugins = plugins
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._scratch: Path | None = None
        self._open = ExitStack()
        self._defined: dict[NodeId, tuple[Column, ...]] = {}
        self._kinds: set[str] = set()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._open.close()

    @property
    def duckdb(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            import duckdb

            self._connection = duckdb.connect(
                ":memory:", config={"threads": 1, "python_enable_replacements": False}
            )
            self._connection.execute("SET TimeZone = 'UTC'")
        return self._connection

    @property
    def scratch(self) -> Path:
        """A folder that goes when the binder does."""
        if self._scratch is None:
            self._scratch = self._open.enter_context(scratch_folder())
        return self._scratch

    def define(self, id: NodeId, columns: Sequence[Column]) -> None:
        """Let ``"kind"."name"`` be an empty table with these columns."""
        if self._defined.get(id) == tuple(columns):
            return
        if id.kind not in self._kinds:
            self.duckdb.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(id.kind)}")
            self._kinds.add(id.kind)
        name = quote_name(id.kind, id.name)
        for what in ("TABLE", "VIEW") if id in self._defined else ():
            with suppress(Exception):
                self.duckdb.execute(f"DROP {what} IF EXISTS {name}")
        self.duckdb.execute(_definition(name, columns))
        self._defined[id] = tuple(columns)

    def columns(self, sql: str) -> tuple[Column, ...]:
        """The columns that a query gives. Raises Unbound when it does not bind."""
        import duckdb

        try:
            return columns_of(self.duckdb.sql(sql))
        except duckdb.Error as error:
            raise Unbound(f"it does not bind: {_first_line(error)}") from None

    def generated(
        self,
        node: Node,
        body: str | None,
        parents: Sequence[NodeId],
        *,
        earlier: bool = False,
        moment: datetime = _BEGINNING,
    ) -> str:
        """The SQL of a node whose kind makes it, as a run would make it from the same inputs.

        ``body`` is the node's own SQL. With ``earlier`` it goes on from the rows that are defined
        as the node's own, at ``moment``. Raises Unbound when the kind does more than that.
        """
        rows = _UNCOUNTED if earlier else 0
        relations = {id: self._relation(id, rows) for id in parents if id in self._defined}
        inputs = NodeInputs(
            parents=relations,
            body=None if body is None else Scan(body),
            earlier=self._relation(node.id, rows) if earlier else None,
            moment=moment,
        )
        rows = self._asked(
            lambda: self.plugins.hooks.run_node(
                node=node, inputs=inputs, context=BindContext(self, node.id)
            )
        )
        if not isinstance(rows, Scan):
            raise Unbound(f"what a {node.kind} computes is not known as SQL")
        return rows.sql

    def _relation(self, id: NodeId, rows: int) -> Relation:
        name = quote_name(id.kind, id.name)
        return Relation(node=id, scan=name, columns=self._defined[id], rows=rows)

    def loaded(self, node: Node) -> tuple[Column, ...]:
        """The columns of a source of files, as a run would load them."""
        source = node.source
        if source is None:
            raise Unbound("it loads nothing")
        rows = self._asked(
            lambda: self.plugins.hooks.load_source(
                source=evolve(source, provenance=False), context=BindContext(self, node.id)
            )
        )
        if not isinstance(rows, Scan | ParquetFiles):
            raise Unbound("its columns are not known until it has run")
        columns = to_scan(self.duckdb, rows, "seeknal_loaded")[1]
        return self._asked(lambda: with_provenance(columns)) if node.provenance else columns

    def _asked(self, ask: Any) -> Any:
        try:
            return ask()
        except Exception as error:
            # A plugin works for a run; that it cannot here says nothing about the project.
            raise Unbound(
                f"its columns are not known until it has run: {_first_line(error)}"
            ) from (error)


def _definition(name: str, columns: Sequence[Column]) -> str:
    """An empty table, or a view where types are not known: NULL of no type fits everywhere."""
    if all(column.type for column in columns):
        listed = ", ".join(f"{quote_identifier(c.name)} {_type(c)}" for c in columns)
        return f"CREATE TABLE {name} ({listed})"
    values = ", ".join(f"{_null(c)} AS {quote_identifier(c.name)}" for c in columns)
    return f"CREATE VIEW {name} AS SELECT {values} WHERE false"


def _null(column: Column) -> str:
    return f"CAST(NULL AS {_type(column)})" if column.type else "NULL"


def _type(column: Column) -> str:
    # A column that is NULL throughout has a type of its own, which no table may have.
    return "INTEGER" if column.type.strip('"') == "NULL" else column.type


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


class BindContext:
    """What a plugin is given while nothing runs: an empty DuckDB and the project's paths."""

    environment = "prod"
    run_id = ""
    is_check = True
    project = ""
    suffix: Suffix = "schema"
    interval: Interval | None = None
    known_version: object | None = None
    refusals = ("SK0703", "SK0709")
    """Codes of what is refused here and not in a run."""

    def __init__(
        self, binder: Binder, node: NodeId, schemas: Mapping[NodeId, Any] | None = None
    ) -> None:
        self.binder = binder
        self.node = node
        self.schemas = schemas or {}
        self.log = logging.Logger(f"seeknal.lineage.{node}", logging.CRITICAL + 1)

    @property
    def duckdb(self) -> duckdb.DuckDBPyConnection:
        return self.binder.duckdb

    @property
    def project_root(self) -> Path:
        return self.binder.root

    @property
    def workdir(self) -> Path:
        return self.binder.scratch

    @property
    def samples(self) -> Path:
        return self.binder.scratch

    def connection(self, name: str, options: type[OptionsT]) -> OptionsT:
        raise NodeError(f"connection {name!r} is not opened for lineage", code="SK0709")

    def cancelled_by(self, cancel: Callable[[], None]) -> AbstractContextManager[None]:
        return nullcontext()

    def resolve(self, path: str) -> Path:
        full = (self.project_root / path).resolve()
        source = self.binder.nodes[self.node].source
        outside = bool(source and source.allow_outside) or full.is_relative_to(self.workdir)
        if not outside and not full.is_relative_to(self.project_root.resolve()):
            raise NodeError(f"{path!r} lies outside the project", code="SK0703")
        return full

    def parent(self, node: str) -> Relation:
        """No rows, of the columns that are known."""
        schema = self.schemas.get(NodeId(node))
        if schema is not None and schema.typed:
            id = NodeId(node)
            self.binder.define(id, schema.columns)
            scan = quote_name(id.kind, id.name)
            return Relation(node=id, scan=scan, columns=schema.columns, rows=0)
        raise NodeError(f"the rows of {node} are not read for lineage", code="SK0709")

    def definition(self, node: str) -> Node:
        return self.binder.nodes[NodeId(node)]

    def landing(self, target: Target) -> str:
        return target.label

    def holder(self, target: Target) -> str:
        return self.environment

    def history(self, limit: int) -> Sequence[int]:
        return ()

    def pii(self, node: str) -> frozenset[str]:
        """No rows are read here, so no message holds a value of theirs."""
        return frozenset()
