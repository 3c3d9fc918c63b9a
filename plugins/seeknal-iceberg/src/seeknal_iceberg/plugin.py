"""The Iceberg plugin: what it declares and the hooks it answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.plugin import (
    ConnectionType,
    ProfileSection,
    SourceType,
    TargetType,
    hookimpl,
)
from seeknal_iceberg.options import (
    DEFAULT,
    SECTION,
    TYPE,
    Catalog,
    Defaults,
    IcebergSource,
    IcebergTarget,
    completed,
)

if TYPE_CHECKING:
    from seeknal.plugin import (
        Column,
        Connection,
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
        Standing,
        Target,
        TargetContext,
    )


@hookimpl
def connection_types() -> Iterable[ConnectionType]:
    return [
        ConnectionType(
            name=TYPE,
            options=Catalog,
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
    return [
        SourceType(
            name=TYPE,
            options=IcebergSource,
            summary="an Iceberg table",
            table="CATALOG.NAMESPACE.TABLE",
        )
    ]


@hookimpl
def target_types() -> Iterable[TargetType]:
    return [
        TargetType(
            name=TYPE,
            options=IcebergTarget,
            summary="an Iceberg table",
            modes=(
                "full",
                "incremental_by_time",
                "upsert_by_key",
                "overwrite_partitions",
                "append",
            ),
            exposure=True,
            profile_section=ProfileSection(name=SECTION, options=Defaults, complete=completed),
            names=_names,
        )
    ]


def _names(target: Target, connection: object) -> Sequence[str]:
    from seeknal_iceberg.addresses import names_of

    return names_of(target, connection)


@hookimpl
def validate_project(project: Project) -> Iterable[Problem]:
    from seeknal_iceberg.checking import problems_of

    return problems_of(project)


@hookimpl
def target_misfits(target: Target, columns: Sequence[Column]) -> Iterable[Misfit] | None:
    if not isinstance(target.options, IcebergTarget):
        return None
    from seeknal_iceberg.checking import misfits_of

    return list(misfits_of(target, target.options, columns))


@hookimpl
def source_version(source: Source, context: SourceContext) -> object | None:
    if not isinstance(source.options, IcebergSource):
        return None
    from seeknal_iceberg.reading import version_of

    return version_of(source, source.options, context)


@hookimpl
def load_source(source: Source, context: SourceContext) -> Rows | None:
    if not isinstance(source.options, IcebergSource):
        return None
    from seeknal_iceberg.reading import read

    return read(source, source.options, context)


@hookimpl
def materialize(target: Target, relation: Relation, context: DeliveryContext) -> Delivered | None:
    if not isinstance(target.options, IcebergTarget):
        return None
    from seeknal_iceberg.delivering import deliver

    return deliver(target, target.options, relation, context)


@hookimpl
def isolate_target(target: Target, context: TargetContext) -> str | None:
    if not isinstance(target.options, IcebergTarget):
        return None
    from seeknal_iceberg.isolating import table_of

    return str(table_of(target, target.options, context))


@hookimpl
def drop_target(
    target: Target, standing: Standing, context: TargetContext, dry_run: bool
) -> Fate | None:
    if not isinstance(target.options, IcebergTarget):
        return None
    from seeknal_iceberg.dropping import drop

    return drop(target, target.options, standing, context, dry_run=dry_run)


@hookimpl
def roll_back_target(
    target: Target, delivered: str, wanted: str, context: TargetContext
) -> bool | None:
    if not isinstance(target.options, IcebergTarget):
        return None
    from seeknal_iceberg.rollback import roll_back

    return roll_back(target, target.options, delivered, wanted, context)


@hookimpl
def collect_garbage(project: Project, context: Context, dry_run: bool) -> Iterable[Garbage]:
    from seeknal_iceberg.garbage import collect

    return collect(project, context, dry_run)


@hookimpl
def open_session(connection: Connection, project_root: Path) -> Session | None:
    if not isinstance(connection.options, Catalog):
        return None
    from seeknal_iceberg.session import CatalogSession

    return CatalogSession(connection.options, project_root)
