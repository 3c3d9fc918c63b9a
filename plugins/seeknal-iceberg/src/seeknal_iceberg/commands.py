"""``seeknal iceberg``: the tables' snapshots, and what keeps them in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seeknal.plugin import Command
from seeknal_iceberg.options import DEFAULT, Catalog

if TYPE_CHECKING:
    from pyiceberg.table import Table

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


@iceberg_command.command("expire")
@click.argument("table")
@click.option("--keep", default=5, show_default=True, help="How many snapshots stay at least.")
@click.option("--older-than", "days", default=7.0, show_default=True, help="Days.")
@connection_option
def expire(table: str, keep: int, days: float, connection: str) -> None:
    """Remove old snapshots, and the files that only they need."""
    from seeknal_iceberg.maintaining import expire as act

    snapshots, files = act(_table(table, connection), keep, days)
    click.echo(f"{snapshots} snapshots and {files} files removed")


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
