"""The StarRocks plugin: what it declares and the hooks it answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from seeknal.plugin import hookimpl
from seeknal_starrocks.typename import MYSQL, MYSQL_ALIASES, MYSQL_NAMES, NAMES, TYPE, VIEW

if TYPE_CHECKING:
    from seeknal.plugin import (
        Column,
        Connection,
        ConnectionType,
        Delivered,
        DeliveryContext,
        EngineType,
        Fate,
        Horizon,
        Look,
        Misfit,
        Node,
        NodeContext,
        NodeInputs,
        Problem,
        Project,
        Relation,
        Rows,
        Session,
        Source,
        SourceContext,
        SourceType,
        Standing,
        Target,
        TargetContext,
        TargetType,
    )
    from seeknal_starrocks.addresses import Options
    from seeknal_starrocks.mysqloptions import MySql
    from seeknal_starrocks.options import StarRocks, StarRocksTarget
    from seeknal_starrocks.reading.dialects import Options as SourceOptions
    from seeknal_starrocks.serving.options import StarRocksView

_SOURCES = (*NAMES, *MYSQL_NAMES)


@hookimpl
def connection_types() -> Iterable[ConnectionType]:
    from seeknal.plugin import ConnectionType

    return [
        ConnectionType(
            name=TYPE,
            options="seeknal_starrocks.options:StarRocks",
            summary="a StarRocks frontend",
            check=_check_connection,
            server=_server,
        ),
        ConnectionType(
            name=MYSQL,
            options="seeknal_starrocks.mysqloptions:MySql",
            summary="a MySQL or MariaDB database, to read from",
            aliases=MYSQL_ALIASES,
            check=_check_connection,
            server=_server,
        ),
    ]


def _server(options: Options) -> str | None:
    from seeknal_starrocks.addresses import server_of

    return server_of(options)


def _check_connection(name: str, options: Options) -> None:
    from seeknal_starrocks.addresses import address_of

    address_of(name, options)


@hookimpl
def source_types() -> Iterable[SourceType]:
    from seeknal.plugin import SourceType

    return [
        SourceType(
            name=TYPE,
            options="seeknal_starrocks.options:StarRocksSource",
            summary="a table of StarRocks', or a query that runs there",
            table="[CATALOG.]DATABASE.TABLE",
            selects_columns=True,
            needs=("connection",),
        ),
        SourceType(
            name=MYSQL,
            options="seeknal_starrocks.mysqloptions:MySqlSource",
            summary="a table of a MySQL or MariaDB database, or a query that runs there",
            aliases=MYSQL_ALIASES,
            table="DATABASE.TABLE",
            selects_columns=True,
            needs=("connection",),
        ),
    ]


@hookimpl
def source_version(source: Source, context: SourceContext) -> object | None:
    if source.type not in _SOURCES:
        return None
    from seeknal_starrocks.reading.asking import version_of

    return version_of(source, cast("SourceOptions", source.options), context)


@hookimpl
def source_horizon(source: Source, column: str, context: SourceContext) -> Horizon | None:
    if source.type not in _SOURCES:
        return None
    from seeknal_starrocks.reading.asking import horizon_of

    return horizon_of(source, cast("SourceOptions", source.options), column, context)


@hookimpl
def load_source(source: Source, context: SourceContext) -> Rows | None:
    if source.type not in _SOURCES:
        return None
    from seeknal_starrocks.reading.source import read

    return read(source, cast("SourceOptions", source.options), context)


@hookimpl
def open_session(connection: Connection, project_root: Path) -> Session | None:
    if connection.type in MYSQL_NAMES:
        from seeknal_starrocks.mysqlsession import MySqlSession

        return MySqlSession(connection.name, cast("MySql", connection.options))
    if connection.type not in NAMES:
        return None
    from seeknal_starrocks.session import StarRocksSession

    return StarRocksSession(connection.name, cast("StarRocks", connection.options))


@hookimpl
def target_types() -> Iterable[TargetType]:
    from seeknal.plugin import TargetType

    return [
        TargetType(
            name=TYPE,
            options="seeknal_starrocks.options:StarRocksTarget",
            summary="a table of StarRocks",
            modes=("full", "incremental_by_time", "upsert_by_key"),
            exposure=True,
            check=_check_target,
            names=_names,
        ),
        TargetType(
            name=VIEW,
            options="seeknal_starrocks.serving.options:StarRocksView",
            summary="a materialized view of StarRocks that serves the exposure's query",
            label_field="view",
            exposure=True,
            own_keys=True,
            engine=TYPE,
            check=_check_view,
            names=_names_of_view,
        ),
    ]


def _names(target: Target, connection: object) -> Sequence[str]:
    from seeknal_starrocks.isolating import names_of

    return names_of(target, connection)


def _check_target(target: Target, connection: object) -> None:
    from seeknal_starrocks.checking import check_target

    check_target(target, connection)


def _check_view(target: Target, connection: object) -> None:
    from seeknal_starrocks.serving.places import place_with

    place_with(target, connection)


def _names_of_view(target: Target, connection: object) -> Sequence[str]:
    from seeknal_starrocks.serving.places import place_with

    return (str(place_with(target, connection)),)


@hookimpl
def engines() -> Iterable[EngineType]:
    from seeknal.plugin import EngineType

    return [EngineType(name=TYPE, summary="SQL of StarRocks", dialect=TYPE)]


@hookimpl
def validate_project(project: Project) -> Iterable[Problem]:
    from seeknal_starrocks.checking import problems_of
    from seeknal_starrocks.serving.checking import problems_of as problems_of_views

    return [*problems_of(project), *problems_of_views(project)]


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: NodeContext) -> Rows | None:
    if node.engine not in NAMES or node.sql is None:
        return None
    from seeknal_starrocks.engine import run_sql

    return run_sql(node, context)


@hookimpl
def materialize(target: Target, relation: Relation, context: DeliveryContext) -> Delivered | None:
    if target.type in NAMES:
        from seeknal_starrocks.delivering import deliver

        return deliver(target, cast("StarRocksTarget", target.options), relation, context)
    if target.type == VIEW:
        from seeknal_starrocks.serving.delivering import put_up

        return put_up(target, cast("StarRocksView", target.options), relation, context)
    return None


@hookimpl
def isolate_target(target: Target, context: TargetContext) -> str | None:
    if target.type in NAMES:
        from seeknal_starrocks.isolating import place_of

        return place_of(target, cast("StarRocksTarget", target.options), context)
    if target.type == VIEW:
        from seeknal_starrocks.serving.places import place_of as place_of_view

        return str(place_of_view(target, context))
    return None


@hookimpl
def delivered_rows(target: Target, columns: Sequence[Column], context: TargetContext) -> str | None:
    if target.type not in NAMES:
        return None
    from seeknal_starrocks.engine import delivered_rows as rows

    return rows(target, columns, context)


@hookimpl
def look_at_target(target: Target, context: NodeContext) -> Look | None:
    if target.type != VIEW:
        return None
    from seeknal_starrocks.serving.looking import look_at

    return look_at(target, cast("StarRocksView", target.options), context)


@hookimpl
def target_misfits(target: Target, columns: Sequence[Column]) -> Iterable[Misfit] | None:
    if target.type not in NAMES:
        return None
    from seeknal_starrocks.checking import misfits_of

    return list(misfits_of(target, cast("StarRocksTarget", target.options), columns))


@hookimpl
def drop_target(
    target: Target, standing: Standing, context: TargetContext, dry_run: bool
) -> Fate | None:
    if target.type in NAMES:
        from seeknal_starrocks.dropping import drop

        options = cast("StarRocksTarget", target.options)
        return drop(target, options, standing, context, dry_run=dry_run)
    if target.type == VIEW:
        from seeknal_starrocks.serving.dropping import drop as drop_view

        return drop_view(target, context, dry_run=dry_run)
    return None
