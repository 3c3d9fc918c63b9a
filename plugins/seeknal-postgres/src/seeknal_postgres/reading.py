"""Reading a source: what the server is asked, in which transaction, and how rows arrive."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.plugin import (
    ColumnSpec,
    NodeError,
    SqlRefused,
    check_query,
    did_you_mean,
    find_word,
    how_to_make,
    quote_identifier,
    without_end,
)
from seeknal_postgres.cancelling import cancellable
from seeknal_postgres.catalogue import describe, no_table, table_of
from seeknal_postgres.connecting import failed, kept_of, told
from seeknal_postgres.connections import ALIASES, connection_of
from seeknal_postgres.extents import extents_of, loose, tell_rounded
from seeknal_postgres.names import CODE, HELP, names_in, too_long
from seeknal_postgres.pool import leased
from seeknal_postgres.readtypes import Wish, reading_of
from seeknal_postgres.restricting import restricted

_MISFIT = re.compile(r"column '(.+?)' (?:is|holds) ")
"""How an error begins that is raised by what `reading_of` makes."""
_DOTTED = re.compile(r'(\w+|"[^"]+")(\.(\w+|"[^"]+"))*')
_NO_RELATION = re.compile(r'relation "(?P<name>[^"]+)" does not exist')

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import (
        Context,
        Location,
        Scan,
        Source,
    )
    from seeknal_postgres.catalogue import PgColumn
    from seeknal_postgres.options import Postgres, PostgresSource
    from seeknal_postgres.readtypes import Extent, Reading

    Server = psycopg.Connection[Any]


def version_of(source: Source, options: PostgresSource, context: Context) -> object | None:
    """What ``version_query:`` answers, as text; None without one."""
    if source.version_query is None:
        return None
    name, connection = connection_of(source, options, context)
    query = _checked(source.version_query, "version_query")
    with (
        leased(name, connection, context.project_root) as server,
        told_of(name, source, context),
        reading(server, connection),
    ):
        row = server.execute(f"SELECT * FROM ({query}\n) AS q".encode(), prepare=True).fetchone()
    return [None if value is None else str(value) for value in row or ()]


def read(
    source: Source, options: PostgresSource, context: Context, start: Location | None = None
) -> Scan:
    """The source's rows, of one snapshot of the database.

    ``start`` is where its query begins in a file, for the place of what the server refuses.
    """
    from seeknal_postgres.transports import arriving, choose

    name, connection = connection_of(source, options, context)
    transport = choose(options.transport, context)
    with (
        leased(name, connection, context.project_root) as server,
        told_of(name, source, context, start),
        cancellable(server, context),
        reading(server, connection),
    ):
        relation = relation_of(source, connection, server, name, context.project_root)
        found = describe(server, relation)
        columns = _wanted(found, source)
        declared = _declared(source, context)
        relation = restricted(relation, found, source, declared)
        extents = extents_of(server, relation, loose(columns, declared))
        readings = _readings(columns, declared, options, extents, source, context)
        asked = ", ".join(
            f"{reading.asked} AS {quote_identifier(name)}" for name, reading in readings.items()
        )
        rows = arriving(
            transport,
            f"SELECT {asked} FROM {relation}",
            name=name,
            options=connection,
            server=server,
            context=context,
            private=context.pii(source.node),
        )
    made = ", ".join(
        f"{reading.made} AS {quote_identifier(name)}" for name, reading in readings.items()
    )
    scan = rows(made)
    if not source.whole:
        return scan
    return evolve(scan, instead=partial(_as_text, source, options, context))


def _as_text(source: Source, options: PostgresSource, context: Context, error: Exception) -> Scan:
    """The rows with a column as text of which a value has no place in any type of DuckDB's."""
    said = str(error).removeprefix("Invalid Input Error: ")
    found = _MISFIT.match(said)
    if found is None or found[1].lower() in {spec.name.lower() for spec in source.columns}:
        raise error
    context.log.warning("%s; it is read as text", said.splitlines()[0])
    columns = (*source.columns, ColumnSpec(name=found[1], type="VARCHAR"))
    return read(evolve(source, columns=columns), options, context)


@contextmanager
def reading(server: Server, options: Postgres) -> Iterator[None]:
    """A transaction that sees one state of the database and can change none."""
    limit = int(options.statement_timeout.seconds * 1000)
    server.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        server.execute("SELECT set_config('statement_timeout', %s, true)", [f"{limit}ms"])
        yield
    finally:
        if not server.closed:
            server.execute("ROLLBACK")


@contextmanager
def told_of(
    name: str, source: Source, context: Context, start: Location | None = None
) -> Iterator[None]:
    """What the server refuses, in its words and with what to do."""
    import psycopg

    private = context.pii(source.node)
    try:
        yield
    except psycopg.OperationalError as error:
        if isinstance(error, psycopg.errors.QueryCanceled):
            raise NodeError(
                f"the server stopped the query: {told(error, private)}",
                code="SK1313",
                help="statement_timeout: 2h gives it more time",
                kept=f"the server stopped the query: {kept_of(error)}",
            ) from None
        if isinstance(error, psycopg.errors.ProtocolViolation):
            raise NodeError(
                _refused(error, "", private),
                code="SK1313",
                help="write values out: nothing fills $1",
            ) from None
        raise failed(name, error) from None
    except psycopg.Error as error:
        help = _hint(error, source, context.project_root, private)
        near = _near(source, error)
        raise NodeError(
            _refused(error, near, private),
            code="SK1313",
            help=help,
            location=start and _place(start, near, context.project_root),
            kept=f"PostgreSQL refuses it: {kept_of(error)}",
        ) from None


def _near(source: Source, error: psycopg.Error) -> str:
    """What stands in the query where the server stumbled."""
    place = getattr(error.diag, "statement_position", None)
    if source.query is None or not place:
        return ""
    # The query stands behind "SELECT * FROM (".
    begin = max(0, int(place) - 1 - len("SELECT * FROM ("))
    return source.query[begin:].split("\n")[0].strip()


def _place(start: Location, near: str, root: Path) -> Location:
    """Where the name that the server stumbled over is written, from ``start`` on."""
    found = _DOTTED.match(near)
    names = found[0].replace('"', "") if found else ""
    for word in (names, names.rpartition(".")[2]):
        place = find_word(root, start, word) if word else start
        if place != start:
            return place
    return start


def _refused(error: psycopg.Error, near: str, private: Collection[str]) -> str:
    near = near[:40].strip()
    return f"PostgreSQL refuses it: {told(error, private)}" + (f" (near {near!r})" if near else "")


def _hint(error: psycopg.Error, source: Source, root: Path, private: Collection[str]) -> str | None:
    if error.sqlstate == "25006":
        return "a source only reads; what it calls may not write either"
    missing = _NO_RELATION.search(str(error)) if error.sqlstate == "42P01" else None
    if missing is not None:
        return _maker(source, missing["name"], root)
    return None if private else error.diag.message_hint


def _maker(source: Source, table: str, root: Path) -> str | None:
    """The project's file that would make a missing table, and how to run that."""
    psql = f"seeknal postgres psql --connection {source.connection} --file"
    sql = psql if source.connection else None
    return how_to_make(root, table, sql, types=ALIASES)


def relation_of(source: Source, options: Postgres, server: Server, name: str, root: Path) -> str:
    """What stands after FROM: the table, or the query in brackets."""
    if source.query is not None:
        return f"({_checked(source.query, 'query')}\n) AS q"
    if not source.table:
        raise NodeError(
            "it does not say what it reads", code="SK1314", help="table: schema.name, or query:"
        )
    table = table_of(".".join(source.table), options.schema)
    _refuse_long([("schema", table.schema), ("table", table.name)])
    found = server.execute("SELECT to_regclass(%s) IS NOT NULL", [table.quoted]).fetchone()
    if not found or not found[0]:
        raise no_table(server, table, name, _maker(source, table.quoted, root))
    return table.quoted


def _checked(query: str, key: str) -> str:
    try:
        check_query(query, dialect="postgres", allow_files=True)
    except SqlRefused as error:
        raise NodeError(
            f"{key}: {error}",
            code="SK1315",
            help="one SELECT, or WITH ... SELECT",
            kept=f"{key}: it cannot be read, or is more than a SELECT",
        ) from error
    _refuse_long(names_in(query))
    return without_end(query, "postgres")


def _refuse_long(names: Sequence[tuple[str, str]]) -> None:
    fault = next(too_long(names), None)
    if fault is not None:
        raise NodeError(fault, code=CODE, help=HELP)


def _wanted(columns: Sequence[PgColumn], source: Source) -> list[PgColumn]:
    """The columns that are read: all, or those that ``columns:`` of a node names."""
    by_name = {column.name: column for column in columns}
    if len(by_name) < len(columns):
        twice = next(name for name in by_name if [c.name for c in columns].count(name) > 1)
        raise NodeError(
            f"two output columns have one name: {twice!r}",
            code="SK0712",
            help="give one of them another name with AS",
        )
    if not columns:
        raise NodeError("it has no columns", code="SK1316")
    lower = {name.lower(): column for name, column in by_name.items()}
    for spec in source.columns:
        if spec.name not in by_name and spec.name.lower() not in lower:
            near = did_you_mean(spec.name, by_name)
            raise NodeError(
                f"there is no column {spec.name!r}, which columns: names",
                code="SK1317",
                help=near or f"columns: {', '.join(by_name)}",
            )
    if source.query is not None or source.whole or not source.columns:
        return list(columns)
    return [by_name.get(spec.name) or lower[spec.name.lower()] for spec in source.columns]


def _declared(source: Source, context: Context) -> dict[str, str]:
    """The types that the project gives to columns, as DuckDB itself writes them."""
    given = {spec.name.lower(): spec.type for spec in source.columns if spec.type}
    if not given:
        return {}
    asked = ", ".join(f"typeof(CAST(NULL AS {type}))" for type in given.values())
    (types,) = context.duckdb.execute(f"SELECT {asked}").fetchall()
    return dict(zip(given, types, strict=True))


def _readings(
    columns: Sequence[PgColumn],
    declared: Mapping[str, str],
    options: PostgresSource,
    extents: Mapping[str, Extent],
    source: Source,
    context: Context,
) -> dict[str, Reading]:
    if not source.whole:
        tell_rounded(extents, declared, context)
    return {
        column.name: reading_of(
            column,
            Wish(type=declared.get(column.name.lower()), on_nan=options.on_nan, exact=source.whole),
            extents.get(column.name),
        )
        for column in columns
    }
