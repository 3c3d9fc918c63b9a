"""``inspect``: a node's stored output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from seeknal.cli.app import Command
from seeknal.cli.common import (
    complete_nodes,
    environment_option,
    exclude_each_other,
    project_root,
)
from seeknal.cli.render import count, plain, print_json, print_table, size_text, time_text
from seeknal.cli.results import Wanted
from seeknal.cli.streams import say, warn
from seeknal.kernel.command_options import Option, format_option, limit_option
from seeknal.sql.quote import quote_name
from seeknal.values.errors import ProjectError, UsageError

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.query.stored import Stored
    from seeknal.values.columns import Column


@click.command("inspect", cls=Command)
@click.argument("node", required=False, shell_complete=complete_nodes)
@click.option("--list", "listed", is_flag=True, help="List all nodes and what is stored of them.")
@limit_option(10)
@click.option("--schema", is_flag=True, help="Show columns and types.")
@click.option(
    "--statistics",
    cls=Option,
    also=("--profile",),
    is_flag=True,
    help="Show statistics of each column.",
)
@environment_option
@format_option("table", "json", "csv")
def inspect_command(
    node: str | None,
    listed: bool,
    limit: int,
    schema: bool,
    statistics: bool,
    environment: str,
    format_: str,
) -> None:
    """Show a node's stored output: rows, columns or statistics.

    Reads stored outputs only: no source is touched and nothing runs.
    """
    from seeknal.plan.unstored import unstored
    from seeknal.query.stored import find_output, stored_outputs

    if node is None and not listed:
        raise UsageError(
            "which node?", code="SK0259", help="seeknal inspect NODE, or seeknal inspect --list"
        )
    exclude_each_other("node", "listed")
    exclude_each_other("listed", "schema", "statistics")
    root = project_root()
    loaded = _loaded(root)
    outputs = stored_outputs(root, environment, loaded)
    if node is None:
        _print_list(outputs, format_)
        return
    found = find_output(outputs, node, lambda id: unstored(id, environment, root / "target"))
    if schema:
        _print_schema(_columns(root, environment, found), format_)
        return
    if format_ == "table" and not statistics:
        _say_what_is_known(found, environment, loaded)
    _query(root, environment, found, _statement(found, statistics), format_, limit)


def _columns(root: Path, environment: str, found: Stored) -> tuple[Column, ...]:
    """The node's columns: a view has those that its query gives now."""
    from seeknal.query.database import open_views
    from seeknal.rows.scans import columns_of

    if found.rows is not None:
        return found.columns
    statement = _statement(found, statistics=False)
    with open_views(root, environment, about=statement) as views:
        return columns_of(views.sql(statement))


def _loaded(root: Path) -> Loaded | None:
    from seeknal.plan.session import Request, load

    try:
        return load(root, Request(command="inspect"))
    except ProjectError as error:
        warn(f"{error.message}; only stored outputs are shown (seeknal validate says more)")
        return None


def _statement(found: Stored, statistics: bool) -> str:
    name = quote_name(found.node.kind, found.node.name)
    return f"SUMMARIZE {name}" if statistics else f"FROM {name}"


def _query(
    root: Path, environment: str, found: Stored, statement: str, format_: str, limit: int
) -> None:
    from seeknal.cli.asking import interruptible
    from seeknal.cli.sql import answer
    from seeknal.query.database import open_views

    if not all((root / "target" / path).exists() for path in found.files):
        raise UsageError(
            f"the stored output of {found.node} is gone",
            code="SK0353",
            help=f"build it again: seeknal run --select +{found.node}",
        )
    rows = limit if statement.startswith("FROM") else 0
    if format_ == "table" and found.rows is not None and statement.startswith("FROM"):
        rows = min(rows or found.rows, found.rows)
    with open_views(root, environment, about=statement) as views:
        wanted = Wanted(format=format_, limit=rows)
        interruptible(
            lambda: answer(views, statement, wanted, (root, environment)),
            views.interrupt,
            said=None,
        )


def _say_what_is_known(found: Stored, environment: str, loaded: Loaded | None) -> None:
    """What people know of the rows before they see some."""
    if found.rows is not None:
        say(f"{found.node}: {count(found.rows, 'row')}, {count(len(found.columns), 'column')}")
        for line in (*([found.note] if found.note else []), *_ranges(found)):
            say(line)
    if loaded is not None:
        from seeknal.query.freshness import freshness_of

        for fresh in freshness_of(loaded, environment, {found.node}):
            say(f"freshness: {fresh.told}")


def _ranges(found: Stored) -> list[str]:
    """What of a node is done, for people, where its rows are processed by ranges of time."""
    return found.ranges.lines if found.ranges is not None else []


def _print_schema(columns: tuple[Column, ...], format_: str) -> None:
    rows = [(column.name, column.type, column.nullable) for column in columns]
    if format_ == "json":
        print_json(columns)
    elif format_ == "csv":
        _print_csv(("name", "type", "nullable"), rows)
    else:
        print_table(("column", "type"), [row[:2] for row in rows])


def _print_csv(headers: tuple[str, ...], rows: list[Any]) -> None:
    import csv

    from seeknal.cli.streams import DATA

    writer = csv.writer(DATA, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(rows)


def _print_list(outputs: list[Stored], format_: str) -> None:
    headers = ("node", "kind", "layer", "rows", "columns", "size", "last run", "status")
    if format_ == "json":
        print_json([_answer(entry) for entry in outputs])
        return
    numeric = (False, False, False, True, True, True, False, False)
    if format_ == "csv":
        _print_csv(headers, [_row(entry, exact=True) for entry in outputs])
        return
    print_table(headers, [_row(entry, exact=False) for entry in outputs], numeric)


def _row(entry: Stored, *, exact: bool) -> tuple[object, ...]:
    stored = entry.rows is not None
    return (
        entry.node,
        entry.kind,
        entry.layer,
        entry.rows if exact or not stored else f"{entry.rows:,}",
        len(entry.columns) if stored else None,
        entry.bytes if exact else size_text(entry.bytes),
        time_text(entry.last_run),
        entry.status,
    )


def _answer(entry: Stored) -> dict[str, Any]:
    ranges = entry.ranges.answer if entry.ranges is not None else None
    told = dict(plain(evolve(entry, ranges=None)))
    del told["files"]
    return {**told, "ranges": ranges}
