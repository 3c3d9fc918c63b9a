"""What the contracts share: the plugin's module, a real context, and rows to give and to fetch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

if TYPE_CHECKING:
    from seeknal.kernel.contexts import Context
    from seeknal.values.relations import Relation


class Contract:
    """What the contracts share.

    ``plugin`` is the dotted name of the plugin's module. ``unsupported`` maps the name of a
    test to the reason why the plugin cannot pass it: that test must then fail.
    """

    plugin: ClassVar[str]
    unsupported: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(autouse=True)
    def _limits(self, request: pytest.FixtureRequest) -> None:
        reason = self.unsupported.get(request.function.__name__)
        if reason is not None:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))

    @pytest.fixture
    def module(self) -> ModuleType:
        """The plugin's module."""
        from importlib import import_module

        return import_module(self.plugin)

    @pytest.fixture
    def connections(self) -> Mapping[str, object]:
        """Options by connection name, as ``context.connection`` gives them. Override it."""
        return {}

    @pytest.fixture
    def context(self, tmp_path: Path, connections: Mapping[str, object]) -> Iterator[Context]:
        """A real context on an in-memory DuckDB, with ``tmp_path`` as the project."""
        import duckdb

        with duckdb.connect() as connection:
            yield _context(tmp_path, connection, connections)

    @pytest.fixture
    def relation(self, context: Context) -> Callable[[str], Relation]:
        """Makes a stored output of a query."""

        def make(query: str) -> Relation:
            return _relation(context, query)

        return make


def _context(root: Path, connection: Any, connections: Mapping[str, object]) -> Context:
    import logging

    from seeknal.kernel.context import StepContext
    from seeknal.values.names import NodeId
    from seeknal.values.sources import Connection

    def find(name: str) -> Connection:
        return Connection(name=name, type="contract", options=connections[name])

    workdir, samples = root / ".contract" / "workdir", root / ".contract" / "samples"
    for folder in (workdir, samples):
        folder.mkdir(parents=True)
    return StepContext(
        node=NodeId("transform.contract"),
        environment="prod",
        run_id="contract",
        project_root=root,
        scratch=workdir,
        samples=samples,
        log=logging.getLogger("seeknal.contract"),
        cursor=lambda: connection,
        connections=find,
        relation_of=lambda node: _parent(connection, node),
        row_counts=lambda limit: [],
        delivery_id="contract-1",
    )


def later(context: Context) -> Context:
    """The context of another delivery, not of the same one tried again."""
    import attrs

    changed: Any = context
    later: Context = attrs.evolve(changed, delivery_id="contract-2")
    return later


def _relation(context: Context, query: str) -> Relation:
    context.duckdb.execute(f"CREATE OR REPLACE TABLE contract AS {query}")
    return _parent(context.duckdb, "transform.contract")


def _parent(connection: Any, node: str) -> Relation:
    from seeknal.sql.quote import quote_identifier
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.relations import Relation

    name = NodeId(node).name
    described = connection.execute(f"DESCRIBE {quote_identifier(name)}").fetchall()
    columns = tuple(Column(row[0], row[1]) for row in described)
    count = connection.execute(f"SELECT count(*) FROM {quote_identifier(name)}").fetchone()
    return Relation(node=NodeId(node), scan=quote_identifier(name), columns=columns, rows=count[0])


def fetch(rows: Any, context: Context) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    """(name, type) of each column, and the rows, of what ``load_source`` returned."""
    from seeknal.run.engine import settle
    from seeknal.values.relations import ParquetFiles, Scan

    connection = context.duckdb
    rows = settle(connection, rows, context.workdir / "settled.parquet")
    if isinstance(rows, Scan):
        found = connection.sql(rows.sql)
    elif isinstance(rows, ParquetFiles):
        found = connection.read_parquet(list(rows.paths))
    elif hasattr(rows, "fetchall"):
        found = rows
    else:
        found = connection.from_arrow(rows)
    columns = [(name, str(type)) for name, type in zip(found.columns, found.types, strict=True)]
    return columns, found.fetchall()
