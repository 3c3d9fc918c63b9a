"""The PostgreSQL plugin: what it declares and the hooks it answers."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from seeknal.plugin import hookimpl
from seeknal_postgres.typename import ALIASES, NAMES, TYPE

if TYPE_CHECKING:
    from seeknal.plugin import (
        Column,
        Connection,
        ConnectionType,
        Context,
        Delivered,
        DeliveryContext,
        EngineType,
        Fate,
        Horizon,
        Misfit,
        Node,
        NodeContext,
        NodeInputs,
        OnlineStore,
        Problem,
        Project,
        Relation,
        Rows,
        RunSummary,
        Session,
        Source,
        SourceContext,
        SourceType,
        Standing,
        Target,
        TargetContext,
        TargetType,
        Warehouse,
    )
    from seeknal_postgres.options import Postgres, PostgresSource, PostgresTarget


_OPTIONS = "seeknal_postgres.options"


@hookimpl
def connection_types() -> Iterable[ConnectionType]:
    from seeknal.plugin import ConnectionType

    return [
        ConnectionType(
            name=TYPE,
            options=f"{_OPTIONS}:Postgres",
            summary="a PostgreSQL database",
            aliases=ALIASES,
            check=_check_connection,
            server=_server,
        )
    ]


def _server(options: Postgres) -> str | None:
    from seeknal_postgres.addresses import server_of

    return server_of(options)


def _check_connection(name: str, options: Postgres) -> None:
    from seeknal_postgres.connecting import check

    check(name, options)


@hookimpl
def source_types() -> Iterable[SourceType]:
    from seeknal.plugin import SourceType

    return [
        SourceType(
            name=TYPE,
            options=f"{_OPTIONS}:PostgresSource",
            summary="a table of a PostgreSQL database, or a query that runs there",
            aliases=ALIASES,
            table="SCHEMA.TABLE",
            selects_columns=True,
            needs=("connection",),
        )
    ]


@hookimpl
def target_types() -> Iterable[TargetType]:
    from seeknal.plugin import TargetType

    return [
        TargetType(
            name=TYPE,
            options=f"{_OPTIONS}:PostgresTarget",
            summary="a table of a PostgreSQL database",
            modes=("full", "incremental_by_time", "upsert_by_key", "append"),
            aliases=ALIASES,
            exposure=True,
            check=_check_target,
            names=_names,
        )
    ]


def _names(target: Target, connection: object) -> Sequence[str]:
    from seeknal_postgres.addresses import names_of

    return names_of(target, connection)


def _check_target(target: Target, connection: object) -> None:
    from seeknal_postgres.reserved import check_target

    check_target(target, connection)


@hookimpl
def engines() -> Iterable[EngineType]:
    from seeknal.plugin import EngineType

    return [
        EngineType(
            name=TYPE,
            summary="SQL that runs in a PostgreSQL database",
            aliases=ALIASES,
            dialect="postgres",
        )
    ]


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: NodeContext) -> Rows | None:
    if node.engine not in NAMES or node.sql is None:
        return None
    from seeknal_postgres.engine import run_sql

    return run_sql(node, context)


@hookimpl
def validate_project(project: Project) -> Iterable[Problem]:
    from seeknal_postgres.checking import problems_of

    return problems_of(project)


@hookimpl
def target_misfits(target: Target, columns: Sequence[Column]) -> Iterable[Misfit] | None:
    if target.type not in NAMES:
        return None
    from seeknal_postgres.reserved import misfits_of

    return list(misfits_of(target, cast("PostgresTarget", target.options), columns))


@hookimpl
def source_version(source: Source, context: SourceContext) -> object | None:
    if source.type not in NAMES:
        return None
    from seeknal_postgres.reading import version_of

    return version_of(source, cast("PostgresSource", source.options), context)


@hookimpl
def source_column_types(source: Source, context: SourceContext) -> Mapping[str, str] | None:
    if source.type not in NAMES:
        return None
    from seeknal_postgres.sourcing import types_of

    return types_of(source, cast("PostgresSource", source.options), context)


@hookimpl
def source_horizon(source: Source, column: str, context: SourceContext) -> Horizon | None:
    if source.type not in NAMES:
        return None
    from seeknal_postgres.sourcing import horizon_of

    return horizon_of(source, cast("PostgresSource", source.options), column, context)


@hookimpl
def load_source(source: Source, context: SourceContext) -> Rows | None:
    if source.type not in NAMES:
        return None
    from seeknal_postgres.reading import read

    return read(source, cast("PostgresSource", source.options), context)


@hookimpl
def materialize(target: Target, relation: Relation, context: DeliveryContext) -> Delivered | None:
    if target.type not in NAMES:
        return None
    from seeknal_postgres.delivering import deliver

    return deliver(target, cast("PostgresTarget", target.options), relation, context)


@hookimpl
def isolate_target(target: Target, context: TargetContext) -> str | None:
    if target.type not in NAMES:
        return None
    from seeknal_postgres.isolating import place_of

    return place_of(target, cast("PostgresTarget", target.options), context)


@hookimpl
def delivered_rows(target: Target, columns: Sequence[Column], context: TargetContext) -> str | None:
    if target.type not in NAMES:
        return None
    from seeknal_postgres.engine import delivered_rows as rows

    return rows(target, columns, context)


@hookimpl
def drop_target(
    target: Target, standing: Standing, context: TargetContext, dry_run: bool
) -> Fate | None:
    if target.type not in NAMES:
        return None
    from seeknal_postgres.dropping import drop

    return drop(target, cast("PostgresTarget", target.options), standing, context, dry_run=dry_run)


@hookimpl
def open_session(connection: Connection, project_root: Path) -> Session | None:
    if connection.type not in NAMES:
        return None
    from seeknal_postgres.session import PostgresSession

    return PostgresSession(connection.name, cast("Postgres", connection.options), project_root)


@hookimpl
def open_warehouse(connection: Connection, context: DeliveryContext) -> Warehouse | None:
    if connection.type not in NAMES:
        return None
    from seeknal_postgres.warehouse import PostgresWarehouse

    return PostgresWarehouse(connection, context)


@hookimpl
def open_online_store(connection: Connection, context: Context) -> OnlineStore | None:
    if connection.type not in NAMES:
        return None
    from seeknal_postgres.online import PostgresOnlineStore

    return PostgresOnlineStore(connection, context)


@hookimpl
def after_run(summary: RunSummary) -> None:
    # Nothing is open where no connection was ever asked for.
    if (pool := sys.modules.get("seeknal_postgres.pool")) is not None:
        pool.close_idle()
