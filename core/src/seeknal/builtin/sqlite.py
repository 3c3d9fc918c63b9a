"""Sources that are tables of a SQLite file, read with Python's own driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import (
    Column,
    Context,
    NodeError,
    Rows,
    Source,
    SourceType,
    did_you_mean,
    files_version,
    hookimpl,
    option,
    quote_identifier,
    scan_of_rows,
)

if TYPE_CHECKING:
    import sqlite3

_AFFINITIES = (
    ("INT", "BIGINT"),
    ("CHAR", "VARCHAR"),
    ("CLOB", "VARCHAR"),
    ("TEXT", "VARCHAR"),
    ("BLOB", "BLOB"),
    ("REAL", "DOUBLE"),
    ("FLOA", "DOUBLE"),
    ("DOUB", "DOUBLE"),
)
"""SQLite's own rules: the first word that a declared type contains decides."""
_BATCH = 10_000


@frozen(kw_only=True)
class SqliteOptions:
    """``params:`` of a sqlite source."""

    path: str = option(summary="the database file")
    table: str | None = option(None, summary="the table, where table: is not given")


@hookimpl
def source_types() -> list[SourceType]:
    return [
        SourceType(
            name="sqlite",
            options=SqliteOptions,
            summary="a table of a SQLite file",
            reads_files=True,
        )
    ]


@hookimpl
def source_version(source: Source, context: Context) -> object | None:
    if not isinstance(source.options, SqliteOptions):
        return None
    return files_version(_files(source.options, context), context.known_version)


@hookimpl
def load_source(source: Source, context: Context) -> Rows | None:
    if not isinstance(source.options, SqliteOptions):
        return None
    import sqlite3

    path = _files(source.options, context)[0]
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            return _rows(source, source.options, connection, context)
        except sqlite3.Error as error:
            raise NodeError(f"{source.options.path}: {error}", code="SK0725") from error


def _files(options: SqliteOptions, context: Context) -> list[Path]:
    """The database file and its write-ahead log, which may hold the newest rows."""
    path = context.resolve(options.path)
    if not path.is_file():
        near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise NodeError(
            f"there is no file {options.path!r}", code="SK0723", help=did_you_mean(path.name, near)
        )
    log = path.with_name(f"{path.name}-wal")
    return [path, log] if log.is_file() and log.stat().st_size else [path]


def _rows(
    source: Source, options: SqliteOptions, connection: sqlite3.Connection, context: Context
) -> Rows:
    if source.query:
        cursor = connection.execute(source.query)
        columns = None
        names = [entry[0] for entry in cursor.description]
        rows: Iterator[object] = (dict(zip(names, row, strict=True)) for row in _batched(cursor))
    else:
        table = _table(source, options, connection)
        columns = _columns(table, source, connection)
        rows = _batched(connection.execute(f"SELECT * FROM {quote_identifier(table)}"))
    return scan_of_rows(context.duckdb, rows, workdir=context.workdir, columns=columns)  # type: ignore[arg-type]


def _table(source: Source, options: SqliteOptions, connection: sqlite3.Connection) -> str:
    wanted = source.table[0] if source.table else options.table
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
    tables = [row[0] for row in connection.execute(query)]
    if wanted is not None and wanted in tables:
        return wanted
    help = did_you_mean(wanted or "", tables) or f"tables: {', '.join(tables) or 'none'}"
    raise NodeError(f"{options.path} has no table {wanted!r}", code="SK0726", help=help)


def _columns(table: str, source: Source, connection: sqlite3.Connection) -> list[Column]:
    declared = {column.name: column.type for column in source.columns if column.type}
    rows = connection.execute(f"PRAGMA table_info({quote_identifier(table)})")
    return [Column(row[1], declared.get(row[1]) or _type(row[2])) for row in rows]


def _type(declared: str) -> str:
    upper = declared.upper()
    if upper.startswith(("DATE", "TIMESTAMP")):
        return "DATE" if upper == "DATE" else "TIMESTAMP"
    if upper.startswith(("BOOL", "DECIMAL", "NUMERIC")):
        return "BOOLEAN" if upper.startswith("BOOL") else "DOUBLE"
    return next((type for word, type in _AFFINITIES if word in upper), "VARCHAR")


def _batched(cursor: sqlite3.Cursor) -> Iterator[tuple[object, ...]]:
    while rows := cursor.fetchmany(_BATCH):
        yield from rows
