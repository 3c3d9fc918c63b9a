"""Rows of a SQLite file, read with Python's own driver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.builtin.declared import cast, declared_types, match_columns
from seeknal.builtin.expectedcasts import as_expected
from seeknal.builtin.misfits import first_misfit
from seeknal.builtin.paths import local_files
from seeknal.builtin.sqlitetypes import affinity, stored
from seeknal.plugin import (
    Column,
    NodeError,
    Scan,
    SqlRefused,
    check_query,
    did_you_mean,
    files_version,
    quote_identifier,
    scan_of_rows,
)

if TYPE_CHECKING:
    import sqlite3

    from seeknal.builtin.options.sqlite import SqliteOptions
    from seeknal.builtin.sqlitetypes import Stored
    from seeknal.plugin import Rows, Source, SourceContext

_BATCH = 10_000
_TIMEOUT = 30.0


def version_of(source: Source, options: SqliteOptions, context: SourceContext) -> object | None:
    """Changes with the file and its write-ahead log."""
    path, _ = _place(source, options, context)
    return files_version(_files(path), context.known_version, root=context.project_root)


def read(source: Source, options: SqliteOptions, context: SourceContext) -> Rows:
    """The rows of the table or of the query that a source names."""
    import sqlite3

    path, table = _place(source, options, context)
    uri = f"{path.as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_TIMEOUT)) as connection:
            # One transaction: what decides the types and what is read are the same rows.
            connection.execute("BEGIN")
            return _rows(source, table, connection, context)
    except sqlite3.Error as error:
        raise NodeError(f"{path.name}: {error}", code="SK0725") from error


def _place(
    source: Source, options: SqliteOptions, context: SourceContext
) -> tuple[Path, str | None]:
    """The database file, and the table in it when there is no query."""
    named = source.table[0] if source.table else None
    path = options.path or named
    table = options.table if options.path is None else named or options.table
    if not path:
        raise NodeError(
            "it does not say which file it reads",
            code="SK0721",
            help="params: {path: data/app.db}",
        )
    return local_files(path, source, context)[0], table


def _files(path: Path) -> list[Path]:
    """The database file and its write-ahead log, which may hold the newest rows."""
    log = path.with_name(f"{path.name}-wal")
    return [path, log] if log.is_file() and log.stat().st_size else [path]


def _rows(
    source: Source, table: str | None, connection: sqlite3.Connection, context: SourceContext
) -> Rows:
    if source.query is not None:
        query, affinities = _checked(source.query), {}
        rows = f"({query}\n)"
    else:
        found = _table(table, connection)
        rows, affinities = quote_identifier(found), _affinities(found, connection)
        query = f"SELECT * FROM {rows}"
    names = _names(query, connection)
    types = match_columns(declared_types(source, context), names, source)
    # A declared type is a cast of what is stored; the table's own wish counts without one.
    wishes = {name: None if name in types else affinities.get(name) for name in names}
    columns = stored(connection, rows, wishes)
    for column in columns:
        if column.mixed:
            context.log.warning("column %r holds %s", column.name, column.mixed)
    spooled = _spooled(columns, rows, connection, context)
    for column in columns:
        if column.name in types:
            _check_declared(spooled, column, types[column.name], context)
    select = as_expected(cast(spooled.sql, types), source, context)
    return Scan(select, repeatable=True)


def _check_declared(found: Scan, column: Stored, type: str, context: SourceContext) -> None:
    """Raise NodeError for the first value that a declared type would change."""
    misfit = first_misfit(found.sql, column.name, type, column.type, context)
    if misfit:
        row, value = misfit
        place, what = f"row {row:,}, column {column.name!r}", f"is no {type}, which is declared"
        raise NodeError(
            f"{place}: {value[:60]!r} {what}",
            code="SK0783",
            kept=f"{place}: a value {what}",
            help="mend the value, or declare a type that holds it, such as VARCHAR",
        )


def _spooled(
    columns: Sequence[Stored], rows: str, connection: sqlite3.Connection, context: SourceContext
) -> Scan:
    selected = ", ".join(column.sql for column in columns)
    return scan_of_rows(
        context.duckdb,
        _batched(connection.execute(f"SELECT {selected} FROM {rows}")),
        workdir=context.workdir,
        columns=[Column(column.name, column.type) for column in columns],
    )


def _checked(query: str) -> str:
    try:
        check_query(query, dialect="sqlite")
    except SqlRefused as error:
        kept = "query: it cannot be read, or is more than a SELECT"
        raise NodeError(f"query: {error}", code="SK0748", kept=kept) from error
    return query.strip().rstrip(";")


def _table(wanted: str | None, connection: sqlite3.Connection) -> str:
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
    tables = [row[0] for row in connection.execute(query)]
    found = next((name for name in tables if wanted and name.lower() == wanted.lower()), None)
    if found is not None:
        return str(found)
    help = did_you_mean(wanted or "", tables) or f"tables: {', '.join(tables) or 'none'}"
    what = f"the file has no table {wanted!r}" if wanted else "no table is named"
    raise NodeError(what, code="SK0726", help=help)


def _affinities(table: str, connection: sqlite3.Connection) -> dict[str, str | None]:
    rows = connection.execute(f"PRAGMA table_xinfo({quote_identifier(table)})")
    return {row[1]: affinity(row[2]) for row in rows}


def _names(query: str, connection: sqlite3.Connection) -> list[str]:
    names = [entry[0] for entry in connection.execute(query).description]
    lower = [name.lower() for name in names]
    for name in names:
        if lower.count(name.lower()) > 1:
            raise NodeError(
                f"two output columns have one name: {name!r}",
                code="SK0712",
                help="give one of them another name with AS",
            )
    return names


def _batched(cursor: sqlite3.Cursor) -> Iterator[Sequence[Any]]:
    while rows := cursor.fetchmany(_BATCH):
        yield from rows
