"""Reads sources of the plugin as core does, without a project."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import duckdb
from attrs import evolve
from tests.starrocks.live import Live
from tests.starrocks.mariadbs import PASSWORD, MariaDb

from seeknal.kernel.context import StepContext
from seeknal.testing.shared import fetch
from seeknal.values.columns import ColumnSpec
from seeknal.values.names import NodeId
from seeknal.values.secret import Secret
from seeknal.values.sources import Source
from seeknal_starrocks.mysqloptions import MySql, MySqlSource
from seeknal_starrocks.options import StarRocks, StarRocksSource
from seeknal_starrocks.plugin import load_source, source_horizon, source_version

NODE = NodeId("source.s")


def options_of(server: Any, **more: Any) -> StarRocks | MySql:
    """Those of a connection to StarRocks, or to MariaDB."""
    place: dict[str, Any] = {"host": server.host, "port": server.port, "database": "shop"}
    # To read the authorities of the machine takes longer than what most tests do.
    place["ssl"] = "disabled"
    if isinstance(server, MariaDb):
        return MySql(**{**place, "user": "reader", "password": Secret(PASSWORD), **more})
    if isinstance(server, Live):
        place |= {"user": server.user, "password": Secret(server.password)}
    return StarRocks(**{"user": "root", **place, **more})


class Asker:
    """Gives columns and rows of what it is asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.duckdb = duckdb.connect()
        self.pii: frozenset[str] = frozenset()

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *error: object) -> None:
        self.duckdb.close()

    def __call__(self, server: Any, sql: str, **more: Any) -> tuple[list[Any], list[Any]]:
        """(name, type) of each column, and the rows, of a query or, of one word, a table."""
        source, context = self.source(server, sql, **more)
        return fetch(load_source(source, context), context)

    def load(self, source: Source, context: StepContext, **more: Any) -> list[Any]:
        """The rows of a source of which something is changed."""
        return fetch(load_source(evolve(source, **more), context), context)[1]

    def version(self, server: Any, query: str) -> object:
        source, context = self.source(server, "t", version_query=query)
        return source_version(source, context)

    def horizon(self, server: Any, table: str, column: str, **more: Any) -> Any:
        source, context = self.source(server, table, **more)
        return source_horizon(source, column, context)

    def source(
        self,
        server: Any,
        sql: str,
        *,
        columns: dict[str, str] | None = None,
        connection: dict[str, Any] | None = None,
        **more: Any,
    ) -> tuple[Source, StepContext]:
        options = options_of(server, **(connection or {}))
        kind = "mysql" if isinstance(options, MySql) else "starrocks"
        own = {key: more.pop(key) for key in ("on_zero_date", "catalog") if key in more}
        given = {"query": sql} if " " in sql else {"table": (sql,)}
        source = Source(
            node=NODE,
            type=kind,
            options=(MySqlSource if kind == "mysql" else StarRocksSource)(**own),
            connection="dwh",
            columns=tuple(ColumnSpec(name=name, type=of) for name, of in (columns or {}).items()),
            **{**given, **more},
        )
        return source, self._context(options)

    def _context(self, options: object) -> StepContext:
        from seeknal.values.sources import Connection

        def find(name: str) -> Connection:
            return Connection(name=name, type="any", options=options)

        return StepContext(
            node=NODE,
            environment="prod",
            run_id="test",
            project_root=self.root,
            scratch=self.root,
            samples=self.root,
            log=logging.getLogger("seeknal.test"),
            cursor=lambda: self.duckdb,
            connections=find,
            relation_of=lambda node: None,
            row_counts=lambda limit: [],
            delivery_id="test-1",
            pii_of=lambda node: self.pii,
        )
