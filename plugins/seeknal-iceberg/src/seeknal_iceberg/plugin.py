"""The Iceberg plugin: what it declares and the hooks it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from seeknal.plugin import hookimpl
from seeknal_iceberg.typename import DEFAULT, SECTION, TYPE

if TYPE_CHECKING:
    from seeknal.plugin import (
        Column,
        Connection,
        ConnectionType,
        Context,
        Delivered,
        DeliveryContext,
        Fate,
        Garbage,
        Misfit,
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
    from seeknal_iceberg.options import Catalog, Defaults, IcebergSource, IcebergTarget


_OPTIONS = "seeknal_iceberg.options"


@hookimpl
def connection_types() -> Iterable[ConnectionType]:
    from seeknal.plugin import ConnectionType

    return [
        ConnectionType(
            name=TYPE,
            options=f"{_OPTIONS}:Catalog",
            summary="a catalog of Iceberg tables",
            implicit=DEFAULT,
            profile_section=(SECTION, "catalog"),
            section_type="catalog",
            server=_server,
        )
    ]


def _server(options: Catalog) -> str:
    from seeknal_iceberg.addresses import server_of

    return server_of(options)


@hookimpl
def source_types() -> Iterable[SourceType]:
    from seeknal.plugin import SourceType

    return [
        SourceType(
            name=TYPE,
            options=f"{_OPTIONS}:IcebergSource",
            summary="an Iceberg table",
            table="CATALOG.NAMESPACE.TABLE",
            selects_columns=True,
        )
    ]


@hookimpl
def target_types() -> Iterable[TargetType]:
    from seeknal.plugin import ProfileSection, TargetType

    return [
        TargetType(
            name=TYPE,
            options=f"{_OPTIONS}:IcebergTarget",
            summary="an Iceberg table",
            modes=(
                "full",
                "incremental_by_time",
                "upsert_by_key",
                "overwrite_partitions",
                "append",
            ),
            exposure=True,
            profile_section=ProfileSection(
                name=SECTION, options=f"{_OPTIONS}:Defaults", complete=_completed
            ),
            names=_names,
        )
    ]


def _names(target: Target, connection: object) -> Sequence[str]:
    from seeknal_iceberg.addresses import names_of

    return names_of(target, connection)


def _completed(
    defaults: Defaults, target: Mapping[str, object], node: str
) -> Mapping[str, object] | None:
    from seeknal_iceberg.options import completed

    return completed(defaults, target, node)


@hookimpl
def validate_project(project: Project) -> Iterable[Problem]:
    from seeknal_iceberg.checking import problems_of

    return problems_of(project)


@hookimpl
def target_misfits(target: Target, columns: Sequence[Column]) -> Iterable[Misfit] | None:
    if target.type != TYPE:
        return None
    from seeknal_iceberg.checking import misfits_of

    return list(misfits_of(target, cast("IcebergTarget", target.options), columns))


@hookimpl
def source_version(source: Source, context: SourceContext) -> object | None:
    if source.type != TYPE:
        return None
    from seeknal_iceberg.reading import version_of

    return version_of(source, cast("IcebergSource", source.options), context)


@hookimpl
def load_source(source: Source, context: SourceContext) -> Rows | None:
    if source.type != TYPE:
        return None
    from seeknal_iceberg.reading import read

    return read(source, cast("IcebergSource", source.options), context)


@hookimpl
def materialize(target: Target, relation: Relation, context: DeliveryContext) -> Delivered | None:
    if target.type != TYPE:
        return None
    from seeknal_iceberg.delivering import deliver

    return deliver(target, cast("IcebergTarget", target.options), relation, context)


@hookimpl
def isolate_target(target: Target, context: TargetContext) -> str | None:
    if target.type != TYPE:
        return None
    from seeknal_iceberg.isolating import table_of

    return str(table_of(target, cast("IcebergTarget", target.options), context))


@hookimpl
def drop_target(
    target: Target, standing: Standing, context: TargetContext, dry_run: bool
) -> Fate | None:
    if target.type != TYPE:
        return None
    from seeknal_iceberg.dropping import drop

    return drop(target, cast("IcebergTarget", target.options), standing, context, dry_run=dry_run)


@hookimpl
def roll_back_target(
    target: Target,
    delivered: str,
    wanted: str,
    context: TargetContext,
    going: Callable[[Sequence[str]], None],
) -> bool | None:
    if target.type != TYPE:
        return None
    from seeknal_iceberg.rollback import roll_back

    options = cast("IcebergTarget", target.options)
    return roll_back(target, options, delivered, wanted, context, going)


@hookimpl
def collect_garbage(project: Project, context: Context, dry_run: bool) -> Iterable[Garbage]:
    from seeknal_iceberg.garbage import collect

    return collect(project, context, dry_run)


@hookimpl
def open_session(connection: Connection, project_root: Path) -> Session | None:
    if connection.type != TYPE:
        return None
    from seeknal_iceberg.session import CatalogSession

    return CatalogSession(cast("Catalog", connection.options), project_root)
