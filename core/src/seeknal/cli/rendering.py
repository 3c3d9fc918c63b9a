"""``render``: a node's SQL as it is executed, or as another database would take it."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import complete_nodes, project_options, project_root, request
from seeknal.cli.streams import warn
from seeknal.kernel.command_options import Option, format_option
from seeknal.values.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.values.location import Location
    from seeknal.values.node import Node


@click.command("render", cls=Command)
@click.argument("node", shell_complete=complete_nodes)
@click.option(
    "--dialect",
    cls=Option,
    also=("--target",),
    metavar="DIALECT",
    help="Transpile: snowflake, bigquery, trino, ...",
)
@click.option("--pretty", is_flag=True, help="Lay the SQL out anew.")
@click.option("--strict", is_flag=True, help="Exit 1 when something could not be transpiled.")
@format_option("text", "json")
@project_options
def render_command(
    node: str, dialect: str | None, pretty: bool, strict: bool, format_: str, **options: Any
) -> int:
    """Print a node's SQL as it is executed.

    It is the node's own, or what its kind makes, as for an aggregation.
    With --dialect it is transpiled; what that database has no equivalent for is listed on stderr.
    """
    from seeknal.plan.session import load
    from seeknal.query.stored import find_node

    loaded = load(project_root(), request(command="render", **options))
    found = find_node(node, loaded.project.nodes)
    sql = _without_gap(_executed(loaded, found).strip())
    missing: list[str] = []
    if dialect is not None or pretty:
        place = found.sql.location if found.sql else found.location
        sql, missing = _transpiled(sql, place, dialect or "duckdb", pretty)
    good = not (missing and strict)
    if format_ == "json":
        from seeknal.cli.answers import answered, outcome
        from seeknal.cli.render import print_json

        shown = {"node": found.id, "dialect": dialect or "duckdb", "sql": sql}
        print_json(answered(outcome(good), **shown, warnings=missing))
    else:
        print(sql)
        for line in missing:
            warn(f"{found.id}: {line}")
    return 0 if good else 1


def _without_gap(sql: str) -> str:
    """SQL without blank lines among the comments above it: a front block leaves such a gap."""
    lines = sql.split("\n")
    head = list(takewhile(lambda line: not line.strip() or line.lstrip().startswith("--"), lines))
    return "\n".join([*(line for line in head if line.strip()), *lines[len(head) :]])


def _executed(loaded: Loaded, node: Node) -> str:
    """The SQL that a run would execute. Raises UsageError for a node that has none."""
    from seeknal.lineage.binding import Unbound
    from seeknal.query.stored import generated_sql

    if node.python is not None or node.source is not None:
        what = "is a Python function" if node.python else "has no SQL"
        raise UsageError(f"{node.id} {what}", code="SK0483", location=node.location)
    try:
        return generated_sql(loaded, node)
    except Unbound as error:
        if node.sql is not None:
            return node.sql.executable
        raise UsageError(
            f"{node.id} has no SQL of its own, and {error}",
            code="SK0483",
            location=node.location,
            help=f"seeknal run --select +{node.id}"
            if loaded.plugins.kinds[node.kind].produces_rows
            else f"seeknal lineage {node.id} shows what it reads",
        ) from None


def _transpiled(sql: str, location: Location, dialect: str, pretty: bool) -> tuple[str, list[str]]:
    """The SQL in another dialect, and what could not be said in it."""
    import sqlglot
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import SqlglotError

    _check_dialect(dialect)
    generator = Dialect.get_or_raise(dialect).generator(
        pretty=pretty, unsupported_level=sqlglot.ErrorLevel.IGNORE
    )
    try:
        text = generator.generate(sqlglot.parse_one(sql, read="duckdb"))
    except (SqlglotError, RecursionError) as error:
        raise UsageError(
            f"the SQL cannot be transpiled: {str(error).splitlines()[0]}",
            code="SK0484",
            location=location,
        ) from None
    return text, list(dict.fromkeys(generator.unsupported_messages))


def _check_dialect(name: str) -> None:
    from sqlglot.dialects.dialect import Dialect, Dialects

    if Dialect.get(name) is None:
        known = [dialect.value for dialect in Dialects if dialect.value]
        raise UsageError(
            f"unknown SQL dialect {name!r}",
            code="SK0485",
            help=did_you_mean(name, known) or f"known: {', '.join(sorted(known))}",
        )
