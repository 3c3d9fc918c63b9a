"""``catalog``: what is known of stored tables, and how their rows came from layer to layer."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command, Group
from seeknal.cli.common import (
    complete_nodes,
    environment_option,
    happened_in_run_option,
    happened_to_node_option,
    only_environment_option,
    project_root,
)
from seeknal.cli.render import print_json, print_table, size_text, time_text
from seeknal.cli.streams import say
from seeknal.kernel.command_options import format_option, limit_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seeknal.state.catalog import Document
    from seeknal.values.freshness import FreshnessResult


@click.group("catalog", cls=Group)
def catalog_command() -> None:
    """Look up stored tables, their columns, and how their rows came about."""


@catalog_command.command("list", cls=Command)
@click.option("--layer", metavar="LAYER", help="Only tables of this layer.")
@click.option("--domain", metavar="DOMAIN", help="Only tables of this domain.")
@environment_option
@format_option("table", "json")
def list_command(layer: str | None, domain: str | None, environment: str, format_: str) -> None:
    """List the stored tables with their layers."""
    from seeknal.query.catalog import tables

    found = tables(_documents(environment), layer, domain)
    if format_ == "json":
        from seeknal.cli.answers import catalog_answer

        print_json([catalog_answer(entry) for entry in found])
    elif not found:
        say("no table is stored" + (" of that layer and domain" if layer or domain else ""))
    else:
        _print_tables(found)


@catalog_command.command("show", cls=Command)
@click.argument("node", shell_complete=complete_nodes)
@environment_option
@format_option("table", "json")
def show_command(node: str, environment: str, format_: str) -> None:
    """Show what is known of one table and its columns."""
    from seeknal.query.catalog import table_named

    found = table_named(_documents(environment), node, environment, project_root())
    fresh = _freshness(found["table_name"], environment)
    if format_ == "json":
        from seeknal.cli.answers import answered, catalog_answer

        told = fresh.answer if fresh else None
        print_json(answered("success", **catalog_answer(found), freshness=told))
        return
    headers = ("column", "type", "nulls", "distinct", "min", "max", "description")
    shown = [(key.replace("_", " "), _text(key, found)) for key in found if key in _SHOWN]
    shown.append(("freshness", fresh.told if fresh else None))
    print_table(("what", ""), [row for row in shown if row[1]])
    print()
    rows = [
        (
            *(column["name"], column["type"], column["null_count"], column["approx_distinct"]),
            *(column["min"], column["max"], column["description"]),
        )
        for column in found["columns"]
    ]
    numeric = (False, False, True, True, False, False, False)
    print_table(headers, rows, numeric, prose=(headers[6],))


@catalog_command.command("search", cls=Command)
@click.argument("word")
@environment_option
@format_option("table", "json")
def search_command(word: str, environment: str, format_: str) -> None:
    """Find tables by a word in their names, descriptions and columns."""
    from seeknal.query.catalog import search

    found = search(_documents(environment), word)
    if format_ == "json":
        from seeknal.cli.answers import catalog_answer

        print_json([{**catalog_answer(entry), "found_in": places} for entry, places in found])
    elif not found:
        say(f"no table has {word!r} in a name, a description or a column")
    else:
        headers = ("table", "layer", "found in", "description")
        rows = [
            (entry["table_name"], entry["layer"], ", ".join(places), entry["description"])
            for entry, places in found
        ]
        print_table(headers, rows, (False,) * 4, prose=(headers[3],))


@catalog_command.command("lineage", cls=Command)
@happened_in_run_option
@happened_to_node_option
@only_environment_option
@limit_option(50)
@format_option("table", "json")
def lineage_command(
    run_id: str | None, node: str | None, environment: str | None, limit: int, format_: str
) -> None:
    """List layer transitions: which rows each node took from which layers, newest first."""
    from seeknal.cli.history import asked_records
    from seeknal.query.catalog import is_transition

    records = asked_records(run_id, node, environment)
    found = list(islice(filter(is_transition, records), limit or None))
    if format_ == "json":
        from seeknal.cli.answers import history_answer

        print_json([history_answer(record) for record in found])
    elif not found:
        say("nothing has run yet" if node is None else f"{node} has not run yet")
    else:
        _print_transitions(found)


def _documents(environment: str) -> list[Document]:
    """What is known of the stored tables; where files are wrong, as the last run left it."""
    from seeknal.cli.streams import warn
    from seeknal.query.catalog import catalog_of
    from seeknal.state.catalog import Catalog
    from seeknal.values.errors import ProjectError

    root = project_root()
    try:
        return catalog_of(root, environment).documents()
    except ProjectError as error:
        warn(f"{error.message}; the catalog is that of an earlier run (seeknal validate says more)")
        return Catalog(root / "target", environment).documents()


def _freshness(node: str, environment: str) -> FreshnessResult | None:
    """How fresh a table is, where its file says how old its rows may be."""
    from seeknal.plan.session import Request, load
    from seeknal.query.freshness import freshness_of
    from seeknal.values.errors import ProjectError
    from seeknal.values.names import NodeId

    try:
        loaded = load(project_root(), Request(command="catalog"))
    except ProjectError:
        # It has been said that its files are wrong.
        return None
    return next(iter(freshness_of(loaded, environment, {NodeId(node)})), None)


_SHOWN = (
    *("table_name", "layer", "domain", "description", "business_purpose", "owner", "tags"),
    *("row_count", "file_size_bytes", "upstream_tables", "environment", "generation"),
    *("batch_id", "updated_at", "ranges", "note"),
)


def _text(key: str, found: Document) -> str | None:
    value = found.get(key)
    if value is None or value == []:
        return None
    if isinstance(value, list):
        return ", ".join(value)
    if key == "ranges":
        from seeknal.intervals.wording import long

        done = f"{value['counts']['done']:,} of {long(value['unit'])}"
        return f"{done} ({value['timezone']}), by {value['time_column']}"
    if key == "row_count":
        return f"{value:,}"
    if key == "file_size_bytes":
        return size_text(value)
    return time_text(value) if key == "updated_at" else str(value)


def _print_tables(found: Sequence[Document]) -> None:
    headers = (
        *("table", "layer", "domain", "rows", "columns", "size", "updated (UTC)"),
        "description",
    )
    rows = [
        (
            entry["table_name"],
            entry["layer"],
            entry["domain"],
            None if entry["row_count"] is None else f"{entry['row_count']:,}",
            entry["column_count"],
            size_text(entry["file_size_bytes"]),
            time_text(entry["updated_at"]),
            entry["description"],
        )
        for entry in found
    ]
    empty = [header for n, header in enumerate(headers) if not any(row[n] for row in rows)]
    numeric = (False, False, False, True, True, True, False, False)
    print_table(headers, rows, numeric, spare=[*empty, headers[6]], prose=(headers[7],))


def _print_transitions(found: Sequence[Mapping[str, Any]]) -> None:
    headers = ("finished (UTC)", "node", "from", "to", "read", "rows in", "rows", "status", "run")
    rows = [
        (
            time_text(record.get("finished_at")),
            record["node"],
            ", ".join(record.get("source_layers") or ()),
            record.get("layer"),
            ", ".join(
                [read["node"] for read in record["reads"]] or record.get("source_files") or ()
            ),
            _number(record.get("rows_in")),
            _number(record.get("rows_out")),
            record.get("status"),
            record.get("batch_id"),
        )
        for record in found
    ]
    numeric = (False, False, False, False, False, True, True, False, False)
    print_table(headers, rows, numeric, spare=[headers[0], headers[8]], prose=(headers[4],))


def _number(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"
