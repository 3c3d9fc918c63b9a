"""Views of SQLite files: a target whose exposures' SQL runs where it is, over delivered tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing

from attrs import frozen

from seeknal.plugin import (
    ConnectionType,
    Context,
    Delivered,
    DeliveryContext,
    EngineType,
    Node,
    NodeContext,
    NodeError,
    NodeInputs,
    Relation,
    Rows,
    Scan,
    Target,
    TargetContext,
    TargetType,
    hookimpl,
    option,
    quote_identifier,
    quote_literal,
    quote_name,
)


@frozen(kw_only=True)
class Outlook:
    """Keys of a connection."""

    path: str = option(role="location", summary="the SQLite file, relative to the project")


@frozen(kw_only=True)
class OutlookTable:
    """Options of a table."""

    table: str = option(role="table", summary="the table that is written")


@frozen(kw_only=True)
class Look:
    """What a view is like."""

    columns: tuple[str, ...] = option((), summary="other names of its columns")


@frozen(kw_only=True)
class OutlookView:
    """Keys of an exposure."""

    table: str = option(role="table", summary="what the view is called")
    config: Look = option(factory=Look, summary="what it is like")


@hookimpl
def connection_types() -> Iterable[ConnectionType]:
    return [ConnectionType(name="outlook", options=Outlook, summary="an SQLite file")]


@hookimpl
def engines() -> Iterable[EngineType]:
    return [EngineType(name="outlook", summary="SQL of an SQLite file", dialect="sqlite")]


@hookimpl
def target_types() -> Iterable[TargetType]:
    return [
        TargetType(name="outlook_table", options=OutlookTable, summary="a table"),
        TargetType(
            name="outlook_view",
            options=OutlookView,
            summary="a view",
            exposure=True,
            own_keys=True,
            engine="outlook",
        ),
    ]


@hookimpl
def isolate_target(target: Target, context: TargetContext) -> str | None:
    if not isinstance(target.options, OutlookTable | OutlookView):
        return None
    suffix = "" if context.environment == "prod" else f"__{context.environment}"
    return f"{target.options.table}{suffix}"


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: NodeContext) -> Rows | None:
    """The text of the view, over the tables that hold what it reads."""
    if node.engine != "outlook" or node.sql is None:
        return None
    sql = node.sql.executable
    for id in node.parents:
        targets = context.definition(id).targets
        tables = [target for target in targets if isinstance(target.options, OutlookTable)]
        if not tables:
            raise NodeError(f"{id} is not delivered to the file")
        place = quote_identifier(context.landing(tables[0]))
        sql = sql.replace(quote_name(id.kind, id.name), place)
    return Scan(f"SELECT {quote_literal(sql)} AS query")


@hookimpl
def materialize(target: Target, relation: Relation, context: DeliveryContext) -> Delivered | None:
    name = quote_identifier(context.landing(target))
    if isinstance(target.options, OutlookTable):
        rows = context.duckdb.execute(f"SELECT * FROM {relation.scan}").fetchall()
        return Delivered(rows=_fill(target, name, relation.names, rows, context))
    if not isinstance(target.options, OutlookView):
        return None
    (query,) = context.duckdb.execute(f"SELECT query FROM {relation.scan}").fetchone() or ("",)
    names = ", ".join(map(quote_identifier, target.options.config.columns))
    with _opened(target, context) as file, file:
        file.execute(f"DROP VIEW IF EXISTS {name}")
        file.execute(f"CREATE VIEW {name} {f'({names})' if names else ''} AS {query}")
    return Delivered(rows=1)


def _fill(
    target: Target,
    name: str,
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    context: Context,
) -> int:
    columns = ", ".join(map(quote_identifier, names))
    with _opened(target, context) as file, file:
        file.execute(f"DROP TABLE IF EXISTS {name}")
        file.execute(f"CREATE TABLE {name} ({columns})")
        marks = ", ".join("?" * len(names))
        file.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
    return len(rows)


def _opened(target: Target, context: Context) -> closing[sqlite3.Connection]:
    options = context.connection(str(target.connection), Outlook)
    return closing(sqlite3.connect(context.project_root / options.path, timeout=0.1))
