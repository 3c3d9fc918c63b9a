"""What a janitor does for Iceberg: `maintain` for each table that seeknal has written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seeknal.plugin import Garbage, SeeknalError
from seeknal_iceberg.options import IcebergSource, IcebergTarget
from seeknal_iceberg.typename import DEFAULT

if TYPE_CHECKING:
    from seeknal.plugin import Context, Project
    from seeknal_iceberg.options import Catalog


def collect(project: Project, context: Context, dry_run: bool) -> Iterator[Garbage]:
    """What is removed from the catalogs that a project uses, table by table.

    A catalog that does not answer, or a table that fails, is given with its error.
    """
    seen: list[Catalog] = []
    for connection, source in _used(project):
        try:
            options = _options_of(connection, source, context)
            if options in seen:
                continue
            seen.append(options)
            yield from _of_catalog(options, context, dry_run)
        except SeeknalError as error:
            yield Garbage(what=f"catalog of {connection or DEFAULT}", error=error.message)


def _used(project: Project) -> dict[tuple[str | None, IcebergSource | None], None]:
    """Connections that sources and targets name, each with what a source says in its place."""
    found: dict[tuple[str | None, IcebergSource | None], None] = {}
    for node in project.nodes.values():
        for target in node.targets:
            if isinstance(target.options, IcebergTarget):
                found[target.connection, None] = None
        if node.source is not None and isinstance(node.source.options, IcebergSource):
            found[node.source.connection, node.source.options] = None
    return found


def _options_of(connection: str | None, source: IcebergSource | None, context: Context) -> Catalog:
    from seeknal_iceberg.catalogs import options_of
    from seeknal_iceberg.reading import inlined

    options = options_of(connection, context)
    return inlined(options, source) if source is not None else options


def _of_catalog(options: Catalog, context: Context, dry_run: bool) -> Iterator[Garbage]:
    from seeknal_iceberg.catalogs import is_unmade, written_tables
    from seeknal_iceberg.keeping import keep_in_order
    from seeknal_iceberg.maintaining import Retention

    if is_unmade(options, context.project_root):
        return
    tables = written_tables(options, context.project_root)
    for name, outcome in keep_in_order(tables, Retention(), dry_run=dry_run):
        if outcome.failed:
            yield Garbage(what=name, error=outcome.error)
        elif outcome.done:
            yield Garbage(what=f"{name}: {outcome.what}", bytes=outcome.done.bytes)
