"""``sql``: one statement over the stored outputs, or over a connection."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seeknal.cli.app import Command
from seeknal.cli.common import environment_option, project_root
from seeknal.cli.results import ENDINGS, FORMATS, Wanted, temporary_path, write_rows
from seeknal.kernel.command_options import (
    STDOUT,
    allow_files_option,
    connection_option,
    format_option,
    limit_option,
    output_option,
    profile_option,
)
from seeknal.values.errors import RunError, UsageError

if TYPE_CHECKING:
    import duckdb

    from seeknal.values.errors import SeeknalError


_ONE_NAME = re.compile(r"Table with name (\w+)\.(\w+) does not exist")
"""A node in quotes as one name, as seeknal 2.x writes it."""

UNKNOWN = "SK0481"
ALLOWED = (
    "one SELECT, EXPLAIN, DESCRIBE, SHOW or SUMMARIZE over the stored outputs; "
    "--allow-files lets it read files"
)


@click.command("sql", cls=Command)
@click.argument("query", required=False)
@environment_option
@format_option(*FORMATS, shown="table, or as FILE ends")
@limit_option(None, shown="100 in a table, else all")
@output_option
@allow_files_option
@click.option(
    "--db",
    "database",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Keep the views in this database.",
)
@connection_option
@profile_option
def sql_command(
    query: str | None,
    environment: str,
    format_: str | None,
    limit: int | None,
    output: Path | None,
    allow_files: bool,
    database: Path | None,
    connection: str | None,
    profile: Path | None,
) -> None:
    """Query the stored outputs with one SQL statement.

    Every node is a view kind.name, and name alone where only one node has it; ref('kind.name')
    means the same. seeknal_history holds the earlier runs, seeknal_history_full all that is known
    of them, seeknal_catalog and seeknal_columns what is stored, and seeknal_transitions from which
    layers it came. QUERY is read from stdin when it is absent or "-". A connection may also be a
    URL or a connector file, and needs no project.
    """
    text = _query_text(query)
    output = None if output == STDOUT else output
    format_ = format_ or (ENDINGS.get(output.suffix.lower(), FORMATS[0]) if output else FORMATS[0])
    wanted = Wanted(format=format_, limit=limit, output=output)
    if connection is not None:
        from seeknal.cli.connection import ask

        ask(profile, connection, text, wanted)
        return
    from seeknal.cli.asking import interruptible
    from seeknal.query.database import open_views, without_refs

    place = (project_root(), environment)
    text = without_refs(text, *place)
    writes = [temporary_path(output)] if output else []
    views = open_views(
        *place,
        allow_files=allow_files,
        database=database,
        writes=writes,
        about=None if database else text,
    )
    with views, nodes_told(text, project_root(), environment):
        interruptible(
            lambda: answer(views, text, wanted, place, allow_files=allow_files),
            views.interrupt,
            said=None,
        )


def _query_text(query: str | None) -> str:
    if query not in (None, "-"):
        return query or ""
    if query is None and sys.stdin.isatty():
        raise UsageError(
            "there is no query", code="SK0258", help='seeknal sql "SELECT ...", or seeknal repl'
        )
    return sys.stdin.read()


@contextmanager
def nodes_told(query: str, root: Path, environment: str) -> Iterator[None]:
    """Within the block, a table that is missing because its node has no rows is told as that."""
    from seeknal.plan.unstored import unstored_in

    try:
        yield
    except UsageError as error:
        if error.code == UNKNOWN and (known := unstored_in(query, root, environment)):
            raise known from None
        raise


def answer(
    views: duckdb.DuckDBPyConnection,
    query: str,
    wanted: Wanted,
    place: tuple[Path, str],
    *,
    allow_files: bool = False,
) -> None:
    """Run one statement that only reads and write its rows.

    ``place`` is the project and the environment that the views are of. Raises UsageError for
    another statement, and with DuckDB's own words for a wrong one.
    """
    import duckdb

    from seeknal.query.database import check_readable, one_statement, rowless_refused
    from seeknal.sql.check import SqlRefused

    try:
        with rowless_refused(query, *place):
            statement = one_statement(views, query)
            check_readable(statement, allow_files=allow_files)
            write_rows(views, statement, wanted)
    except SqlRefused as refused:
        raise UsageError(str(refused), code="SK0480", help=ALLOWED) from None
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.Error as error:
        raise query_failed(error, query) from None


def query_failed(error: duckdb.Error, query: str = "") -> SeeknalError:
    """A query that DuckDB could not run, in DuckDB's words: a mistake in it, or in the data."""
    import duckdb

    from seeknal.query.database import FULL_HISTORY, HISTORY, UNREADABLE
    from seeknal.sql.advice import followable, help_for

    instead = help_for(str(error))
    text = followable(str(error)).strip()
    if isinstance(error, duckdb.InvalidInputException) and UNREADABLE in text:
        return RunError(
            text.partition(": ")[2],
            code="SK0752",
            help="mend it or what it reads, then seeknal run",
        )
    if isinstance(error, duckdb.CatalogException):
        quoted = _ONE_NAME.search(text)
        help = "seeknal inspect --list shows all tables" if "Table with" in text else None
        if quoted is not None:
            kind, name = quoted.groups()
            help = f'write {kind}.{name}, or "{kind}"."{name}"'
        return UsageError(text, code=UNKNOWN, help=help)
    if isinstance(error, duckdb.ParserException | duckdb.BinderException):
        asked = isinstance(error, duckdb.BinderException) and HISTORY in query.lower()
        where = f"{FULL_HISTORY} has every column of the history" if asked else None
        return UsageError(text, code=UNKNOWN, help=instead or where)
    return RunError(text, code="SK0482")
