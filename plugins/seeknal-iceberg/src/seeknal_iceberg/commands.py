"""``seeknal iceberg``: the tables' snapshots, and what keeps them in order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seeknal.plugin import connection_option, dry_run_option, format_option, this_command, to_option
from seeknal_iceberg.typename import DEFAULT

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

    from seeknal_iceberg.catalogs import Unreadable
    from seeknal_iceberg.keeping import Outcome

F = TypeVar("F", bound=Callable[..., Any])


def catalog_options(function: F) -> F:
    """Which catalog is meant, and how the answer is written."""
    return connection_option(format_option("text", "json")(function))


@click.group("iceberg")
def iceberg_command() -> None:
    """Look into Iceberg tables, go back to a snapshot, remove what is not needed.

    Without --connection the catalog is the project's own.
    """


@iceberg_command.command("snapshots")
@click.argument("table")
@catalog_options
def snapshots(table: str, connection: str | None, format_: str) -> None:
    """List a table's snapshots, newest first."""
    found = _table(table, connection)
    current = found.current_snapshot()
    listed = [
        _about(snapshot, current is not None and snapshot.snapshot_id == current.snapshot_id)
        for snapshot in reversed(found.snapshots())
    ]
    if format_ == "json":
        this_command().print_json(listed)
        return
    for entry in listed:
        mark = "*" if entry["current"] else " "
        at, rows = entry["at"].replace("T", " ")[:19], entry["rows"]
        words = f"{entry['operation'] or '':<9}  {rows} rows  {entry['node'] or ''}"
        click.echo(f"{mark} {entry['snapshot']}  {at}  {words}")


def _about(snapshot: Snapshot, current: bool) -> dict[str, Any]:
    summary = snapshot.summary
    rows = summary["total-records"] if summary else None
    return {
        "snapshot": snapshot.snapshot_id,
        "current": current,
        "at": _time(snapshot.timestamp_ms),
        "operation": summary.operation.value if summary else None,
        "rows": int(rows) if rows is not None else None,
        "node": summary["seeknal.node"] if summary else None,
    }


@iceberg_command.command("show")
@click.argument("table")
@catalog_options
def show(table: str, connection: str | None, format_: str) -> None:
    """Show a table's columns, partitions and place."""
    found = _table(table, connection)
    if format_ == "json":
        this_command().print_json(_described(table, found))
        return
    click.echo(f"{table}: {found.location()}")
    for field in found.schema().fields:
        click.echo(f"  {field.name}  {field.field_type}{'  required' if field.required else ''}")
    for part in found.spec().fields:
        source = found.schema().find_column_name(part.source_id)
        click.echo(f"  partitioned by {part.transform}({source})")


def _described(name: str, table: Table) -> dict[str, Any]:
    schema = table.schema()
    return {
        "status": "success",
        "table": name,
        "path": table.location(),
        "columns": [
            {"name": field.name, "type": str(field.field_type), "nullable": not field.required}
            for field in schema.fields
        ],
        "partitions": [
            {"column": schema.find_column_name(part.source_id), "transform": str(part.transform)}
            for part in table.spec().fields
        ],
    }


@iceberg_command.command("rollback")
@click.argument("table")
@to_option(required=True)
@catalog_options
def rollback(table: str, to: int, connection: str | None, format_: str) -> None:
    """Make an earlier snapshot the current one; nothing is removed.

    iceberg snapshots lists their numbers.
    """
    from seeknal_iceberg.maintaining import roll_back

    roll_back(_table(table, connection), to)
    if format_ == "json":
        this_command().print_json({"status": "success", "table": table, "snapshot": to})
    else:
        click.echo(f"{table} is at snapshot {to}")


keep_option = click.option(
    "--keep",
    metavar="N",
    type=click.IntRange(0),
    default=5,
    show_default=True,
    help="How many snapshots stay at least.",
)
older_option = click.option(
    "--older-than",
    "days",
    metavar="DAYS",
    type=click.FloatRange(0),
    default=7.0,
    show_default=True,
    help="How long snapshots stay.",
)


@iceberg_command.command("expire")
@click.argument("table")
@keep_option
@older_option
@catalog_options
def expire(table: str, keep: int, days: float, connection: str | None, format_: str) -> None:
    """Remove old snapshots, and the files that only they need."""
    from seeknal_iceberg.maintaining import Retention
    from seeknal_iceberg.maintaining import expire as act

    retention = Retention(keep=keep, days=days)
    snapshots, files, freed = act(_table(table, connection), retention)
    if format_ == "json":
        counts = {"snapshots": snapshots, "files": files, "bytes": freed}
        this_command().print_json({"status": "success", "table": table, **counts})
    else:
        click.echo(f"{snapshots} snapshots and {files} files removed, {freed:,} bytes")


@iceberg_command.command("maintain")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@keep_option
@older_option
@click.option(
    "--orphans-older-than",
    "orphan_days",
    metavar="DAYS",
    type=click.FloatRange(0),
    default=3.0,
    show_default=True,
    help="How long files which no snapshot names stay: a writer may be about to name them.",
)
@click.option("--no-compact", is_flag=True, help="Leave small files as they are.")
@dry_run_option
@catalog_options
def maintain(
    tables: tuple[str, ...],
    keep: int,
    days: float,
    orphan_days: float,
    no_compact: bool,
    dry_run: bool,
    connection: str | None,
    format_: str,
) -> None:
    """Compact tables, expire snapshots, remove files that nobody names.

    Without TABLE: every table of the catalog that seeknal has written.
    """
    from seeknal_iceberg.keeping import keep_in_order
    from seeknal_iceberg.maintaining import Retention

    retention = Retention(keep=keep, days=days, orphan_days=orphan_days, compacts=not no_compact)
    chosen = [_table(name, connection) for name in tables] or _written_tables(connection)
    done = []
    for name, outcome in keep_in_order(chosen, retention, dry_run=dry_run):
        done.append((name, outcome))
        if format_ == "text":
            click.echo(f"{name}: {outcome}")
    failed = any(outcome.failed for _, outcome in done)
    if format_ == "json":
        shown = [_maintained(name, outcome) for name, outcome in done]
        this_command().print_json({"status": _status(failed), "dry_run": dry_run, "tables": shown})
    elif not chosen:
        click.echo("no tables yet: there is nothing to maintain")
    if failed:
        raise click.exceptions.Exit(1)


def _maintained(name: str, outcome: Outcome) -> dict[str, Any]:
    from seeknal.plugin import Problem

    done = outcome.done
    return {
        "table": name,
        "compacted": done.compacted.before,
        "branches": done.branches,
        "snapshots": done.snapshots,
        "files": done.files,
        "bytes": done.bytes,
        "error": Problem(code="SK1462", message=outcome.error) if outcome.failed else None,
    }


def _status(failed: bool) -> str:
    return "failed" if failed else "success"


@iceberg_command.command("validate")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@catalog_options
def validate(tables: tuple[str, ...], connection: str | None, format_: str) -> None:
    """Check that the catalog answers, and that every file its tables name is there and readable.

    Each is as large as it was written, and has the table's columns by id or by name mapping.

    Without TABLE: every table of the catalog that seeknal has written.
    """
    from seeknal.plugin import Problem
    from seeknal_iceberg.catalogs import Unreadable, full_name
    from seeknal_iceberg.referenced_files import damages
    from seeknal_iceberg.resolving import unreadable

    chosen = [_table(name, connection) for name in tables] or _written_tables(connection)
    wrong: dict[str, list[str]] = {}
    for table in chosen:
        found = (
            [table.error]
            if isinstance(table, Unreadable)
            else [*damages(table), *unreadable(table)]
        )
        wrong[full_name(table)] = found
        if format_ == "text":
            click.echo(f"{full_name(table)}: {len(found) or 'no'} problem{'s' * (len(found) != 1)}")
            for line in found:
                click.echo(f"  {line}")
    failed = any(wrong.values())
    if format_ == "json":
        checked = [
            {"table": name, "problems": [Problem(code="SK1461", message=line) for line in lines]}
            for name, lines in wrong.items()
        ]
        this_command().print_json({"status": _status(failed), "tables": checked})
    elif not chosen:
        click.echo("no tables yet; the catalog answers")
    if failed:
        raise click.exceptions.Exit(1)


def _written_tables(connection: str | None) -> list[Table | Unreadable]:
    from seeknal_iceberg.catalogs import written_tables
    from seeknal_iceberg.options import Catalog

    command = this_command()
    options = command.connections(Catalog).get(connection or DEFAULT, Catalog())
    return written_tables(options, command.project_root())


def _table(text: str, connection: str | None) -> Table:
    from seeknal_iceberg.catalogs import all_tables, load_table, open_catalog, table_name
    from seeknal_iceberg.options import Catalog

    command = this_command()
    known = command.connections(Catalog)
    options, root = known.get(connection or DEFAULT, Catalog()), command.project_root()
    name = table_name(text)
    catalog = open_catalog(options, name.catalog, root)
    return load_table(catalog, name, others=partial(all_tables, options, root))


def _time(milliseconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
