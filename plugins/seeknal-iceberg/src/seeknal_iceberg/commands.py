"""``seeknal iceberg``: the tables' snapshots, and what keeps them in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seeknal.plugin import Command
from seeknal_iceberg.options import DEFAULT, Catalog

if TYPE_CHECKING:
    from pyiceberg.table import Table

    from seeknal_iceberg.catalogs import Unreadable

connection_option = click.option(
    "--connection", default="", help="The connection of the catalog; else the project's own."
)


@click.group("iceberg")
def iceberg_command() -> None:
    """Look into Iceberg tables, go back to a snapshot, remove what is not needed."""


@iceberg_command.command("snapshots")
@click.argument("table")
@connection_option
def snapshots(table: str, connection: str) -> None:
    """List a table's snapshots, newest first."""
    found = _table(table, connection)
    current = found.current_snapshot()
    for snapshot in reversed(found.snapshots()):
        mark = "*" if current and snapshot.snapshot_id == current.snapshot_id else " "
        summary = snapshot.summary
        rows = summary["total-records"] if summary else None
        operation = summary.operation.value if summary else ""
        node = (summary["seeknal.node"] if summary else None) or ""
        at = _time(snapshot.timestamp_ms)
        click.echo(f"{mark} {snapshot.snapshot_id}  {at}  {operation:<9}  {rows} rows  {node}")


@iceberg_command.command("show")
@click.argument("table")
@connection_option
def show(table: str, connection: str) -> None:
    """Show a table's columns, partitions and place."""
    found = _table(table, connection)
    click.echo(f"{table}: {found.location()}")
    for field in found.schema().fields:
        click.echo(f"  {field.name}  {field.field_type}{'  required' if field.required else ''}")
    for part in found.spec().fields:
        source = found.schema().find_column_name(part.source_id)
        click.echo(f"  partitioned by {part.transform}({source})")


@iceberg_command.command("rollback")
@click.argument("table")
@click.option("--to", "snapshot", type=int, required=True, help="The snapshot to go back to.")
@connection_option
def rollback(table: str, snapshot: int, connection: str) -> None:
    """Make an earlier snapshot the current one; nothing is removed."""
    from seeknal_iceberg.maintaining import roll_back

    roll_back(_table(table, connection), snapshot)
    click.echo(f"{table} is at snapshot {snapshot}")


keep_option = click.option(
    "--keep", default=5, show_default=True, help="How many snapshots stay at least."
)
older_option = click.option(
    "--older-than", "days", default=7.0, show_default=True, help="Days that snapshots stay."
)


@iceberg_command.command("expire")
@click.argument("table")
@keep_option
@older_option
@connection_option
def expire(table: str, keep: int, days: float, connection: str) -> None:
    """Remove old snapshots, and the files that only they need."""
    from seeknal_iceberg.maintaining import Retention
    from seeknal_iceberg.maintaining import expire as act

    retention = Retention(keep=keep, days=days)
    snapshots, files, freed = act(_table(table, connection), retention)
    click.echo(f"{snapshots} snapshots and {files} files removed, {freed:,} bytes")


@iceberg_command.command("maintain")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@keep_option
@older_option
@click.option(
    "--orphans-older-than",
    "orphan_days",
    default=3.0,
    show_default=True,
    help="Days that files which no snapshot names stay: a writer may be about to name them.",
)
@click.option("--no-compact", is_flag=True, help="Leave small files as they are.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@connection_option
def maintain(
    tables: tuple[str, ...],
    keep: int,
    days: float,
    orphan_days: float,
    no_compact: bool,
    dry_run: bool,
    connection: str,
) -> None:
    """Compact tables, expire snapshots, remove files that nobody names.

    Without TABLE: every table of the catalog that seeknal has written.
    """
    from seeknal_iceberg.keeping import keep_in_order
    from seeknal_iceberg.maintaining import Retention

    retention = Retention(keep=keep, days=days, orphan_days=orphan_days, compacts=not no_compact)
    chosen = [_table(name, connection) for name in tables] or _written_tables(connection)
    failed = False
    for name, outcome in keep_in_order(chosen, retention, dry_run=dry_run):
        click.echo(f"{name}: {outcome}")
        failed = failed or outcome.failed
    if not chosen:
        click.echo("no tables yet: there is nothing to maintain")
    if failed:
        raise click.exceptions.Exit(1)


@iceberg_command.command("validate")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@connection_option
def validate(tables: tuple[str, ...], connection: str) -> None:
    """Check that the catalog answers, and that every file its tables name is there and readable.

    Each is as large as it was written, and has the table's columns by id or by name mapping.

    Without TABLE: every table of the catalog that seeknal has written.
    """
    from seeknal_iceberg.catalogs import Unreadable, full_name
    from seeknal_iceberg.naming import damages
    from seeknal_iceberg.resolving import unreadable

    chosen = [_table(name, connection) for name in tables] or _written_tables(connection)
    failed = False
    for table in chosen:
        found = (
            [table.error]
            if isinstance(table, Unreadable)
            else [*damages(table), *unreadable(table)]
        )
        click.echo(f"{full_name(table)}: {len(found) or 'no'} problem{'s' * (len(found) != 1)}")
        for line in found:
            click.echo(f"  {line}")
        failed = failed or bool(found)
    if not chosen:
        click.echo("no tables yet; the catalog answers")
    if failed:
        raise click.exceptions.Exit(1)


def _written_tables(connection: str) -> list[Table | Unreadable]:
    from seeknal_iceberg.catalogs import written_tables

    command: Command = click.get_current_context().obj
    options = command.connections(Catalog).get(connection or DEFAULT, Catalog())
    return written_tables(options, command.project_root())


def _table(text: str, connection: str) -> Table:
    from seeknal_iceberg.catalogs import load_table, open_catalog, table_name

    command: Command = click.get_current_context().obj
    known = command.connections(Catalog)
    options = known.get(connection or DEFAULT, Catalog())
    name = table_name(text)
    return load_table(open_catalog(options, name.catalog, command.project_root()), name)


def _time(milliseconds: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S}"
