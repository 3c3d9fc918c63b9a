"""Dropping a table that nothing is delivered to any more: only one that is ours alone."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pyiceberg.table.refs import MAIN_BRANCH

from seeknal.plugin import DeliveryError, Fate, SeeknalError
from seeknal_iceberg.catalogs import open_catalog, options_of, said
from seeknal_iceberg.delivering import DELIVERY, ENVIRONMENT, PROJECT
from seeknal_iceberg.isolating import table_of
from seeknal_iceberg.ownership import HOLDS, MADE, MADE_BY, is_alone, is_made, told
from seeknal_iceberg.publishing import PREFIX

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog as PyCatalog
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

    from seeknal.plugin import Standing, Target, TargetContext
    from seeknal_iceberg.catalogs import TableName
    from seeknal_iceberg.options import IcebergTarget

_MODE, _COMPACTION = "seeknal.mode", "compaction"


def drop(
    target: Target,
    options: IcebergTarget,
    standing: Standing,
    context: TargetContext,
    *,
    dry_run: bool,
) -> Fate:
    """Drop the table with its files. Raises DeliveryError or ConnectionFailed."""
    name = table_of(target, options, context)
    catalog = open_catalog(
        options_of(target.connection, context), name.catalog, context.project_root
    )
    try:
        return _dropped(catalog, name, standing, context, dry_run=dry_run)
    except SeeknalError:
        raise
    except Exception as error:
        raise DeliveryError(f"{name}: {said(error)}", code="SK1441") from error


def _dropped(
    catalog: PyCatalog,
    name: TableName,
    standing: Standing,
    context: TargetContext,
    *,
    dry_run: bool,
) -> Fate:
    from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

    try:
        table = catalog.load_table(name.identifier)
        if why := _is_not_ours(table, standing, context):
            return Fate(verdict="kept", why=why)
        if not dry_run:
            # A catalog drops a table whatever it holds by then: this is as late as one can look.
            if catalog.load_table(name.identifier).metadata_location != table.metadata_location:
                return Fate(verdict="kept", why="somebody is writing to it")
            catalog.purge_table(name.identifier)
            if name.namespace[-1].endswith(f"__{context.environment}"):
                _tidy(catalog, name.namespace)
    except (NoSuchTableError, NoSuchNamespaceError):
        return Fate(verdict="gone")
    return Fate(verdict="dropped")


def _tidy(catalog: PyCatalog, namespace: tuple[str, ...]) -> None:
    """Drop a namespace that an environment has for itself, once it is empty."""
    from pyiceberg.exceptions import NamespaceNotEmptyError

    if catalog.load_namespace_properties(namespace).get(MADE) != MADE_BY:
        return
    if not catalog.list_tables(namespace) and not catalog.list_namespaces(namespace):
        with suppress(NamespaceNotEmptyError):
            catalog.drop_namespace(namespace)


def _is_not_ours(table: Table, standing: Standing, context: TargetContext) -> str | None:
    """What its own history says against it."""
    if not is_made(table):
        return "seeknal did not make it, or an earlier version did"
    refs = [name for name in table.metadata.refs if name != MAIN_BRANCH]
    if foreign := [name for name in refs if not name.startswith(PREFIX)]:
        return f"it has branches or tags of somebody else: {', '.join(sorted(foreign))}"
    for snapshot in table.snapshots():
        if (why := _is_of_others(snapshot, context)) is not None:
            return why
    if not is_alone(table):
        return "somebody else has written to it, or an earlier version of seeknal"
    newest = _newest(table)
    if newest not in (None, *standing.deliveries):
        return (
            f"its last delivery, {newest}, was not made from here: another copy of the project"
            " delivers to it"
        )
    return None


def _is_of_others(snapshot: Snapshot, context: TargetContext) -> str | None:
    if told(snapshot, _MODE) == _COMPACTION:
        return None
    if not told(snapshot, DELIVERY):
        return f"somebody else has written to it: snapshot {snapshot.snapshot_id} is not ours"
    project, environment = told(snapshot, PROJECT), told(snapshot, ENVIRONMENT)
    if (project, environment) != (context.project, context.environment):
        return (
            f"{project or 'another version of seeknal'} delivered to it too, from environment"
            f" {environment or 'prod'}"
        )
    return None


def _newest(table: Table) -> str | None:
    """The id of the delivery that the table holds; None for a table without rows."""
    head = table.current_snapshot()
    return told(head, DELIVERY) or told(head, HOLDS) if head is not None else None
