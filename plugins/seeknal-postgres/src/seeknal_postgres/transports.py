"""How rows travel from the server into DuckDB.

``adbc``: the driver of Apache Arrow, which needs no extension. ``duckdb``: DuckDB's own
``postgres`` extension, faster, where a wheel or the user has installed the right version.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seeknal.plugin import (
    NodeError,
    Scan,
    install_command,
    quote_identifier,
    quote_literal,
    scrub,
    without_values,
)
from seeknal_postgres.ahead import ahead
from seeknal_postgres.connecting import parameters

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import (
        Context,
    )
    from seeknal_postgres.options import Postgres

BATCH_BYTES = 1 << 20
_VIEW = "seeknal_postgres_rows"
_attaching = threading.Lock()

Transport = Literal["adbc", "duckdb"]

Arrived = Callable[[str], Scan]
"""Makes the rows of a SELECT list over what arrived."""


def choose(wanted: Literal["auto", "adbc", "duckdb"], context: Context) -> Transport:
    """The extension where it is at hand. Raises NodeError when it is asked for and is not."""
    if wanted == "adbc":
        return "adbc"
    if _load_extension(context):
        return "duckdb"
    if wanted == "auto":
        return "adbc"
    import duckdb

    raise NodeError(
        f"DuckDB {duckdb.__version__} has no postgres extension here",
        code="SK1319",
        help=f"{install_command('seeknal-postgres[duckdb-extension]')}, or transport: adbc",
    )


def arriving(
    transport: Transport,
    query: str,
    *,
    name: str,
    options: Postgres,
    server: psycopg.Connection[Any],
    context: Context,
    private: Collection[str] = (),
) -> Arrived:
    """Start ``query`` in the transaction of ``server``, or in one of the extension's own.

    What stops it later is told without values where any column is ``private``.
    """
    if transport == "duckdb":
        return _by_extension(query, name, options, context)
    reader = _by_adbc(query, name, options, server, context, private)
    context.duckdb.register(_VIEW, reader)
    return lambda made: Scan(f"SELECT {made} FROM {quote_identifier(_VIEW)}")


def _by_adbc(
    query: str,
    name: str,
    options: Postgres,
    server: psycopg.Connection[Any],
    context: Context,
    private: Collection[str],
) -> Any:
    """A reader whose end, read or not, ends the transaction."""
    import pyarrow

    from seeknal_postgres.arrowpool import give_back, taken

    snapshot = server.execute("SELECT pg_export_snapshot()").fetchone()
    assert snapshot is not None
    limit = int(options.statement_timeout.seconds * 1000)
    connection = taken(name, options, context.project_root)
    asked = threading.Event()
    waiting = ExitStack()

    def cancel() -> None:
        asked.set()
        connection.cancel()

    try:
        waiting.enter_context(context.cancelled_by(cancel))
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute(f"SET TRANSACTION SNAPSHOT {quote_literal(snapshot[0])}")
        connection.execute(f"SET LOCAL statement_timeout = {limit}")
        size = {"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)}
        reader = connection.reader(query, **size)
    except BaseException:
        waiting.close()
        connection.close()
        raise

    def batches() -> Iterator[Any]:
        try:
            # Up to here it is taken at once: what nobody begins to read has its end, too.
            yield None
            yield from ahead(reader, cancel)
        except Exception as error:
            why = without_values(error, private) if private else _plain(error)
            raise NodeError(f"PostgreSQL stopped sending rows: {why}", code="SK1320") from None
        finally:
            waiting.close()
            if asked.is_set():
                # A cancellation that comes late would end the query of the next one.
                connection.close()
            else:
                give_back(connection, name, options, context.project_root)

    begun = batches()
    next(begun)
    return pyarrow.RecordBatchReader.from_batches(reader.schema, begun)


def _plain(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[0] if lines else type(error).__name__
    return scrub(said.rpartition("ERROR:")[2].strip())


def _load_extension(context: Context) -> bool:
    """Whether DuckDB has its postgres extension; nothing is looked for in the network."""
    import duckdb

    cursor = context.duckdb
    with _attaching:
        found = cursor.execute(
            "SELECT loaded, installed FROM duckdb_extensions()"
            " WHERE extension_name = 'postgres_scanner'"
        ).fetchall()
        loaded, installed = found[0] if found else (False, False)
        if loaded:
            return True
        place = _in_wheel(duckdb.__version__)
        if place is None and not installed:
            return False
        try:
            cursor.execute(f"LOAD {quote_literal(str(place)) if place else 'postgres_scanner'}")
        except duckdb.Error:
            return False
    return True


def _in_wheel(version: str) -> Path | None:
    from importlib.util import find_spec

    spec = find_spec("duckdb_extension_postgres_scanner")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations)))
    file = folder / "extensions" / f"v{version}" / "postgres_scanner.duckdb_extension"
    return file if file.exists() else None


def _by_extension(query: str, name: str, options: Postgres, context: Context) -> Arrived:
    """The rows of ``postgres_query``; the password is in a DuckDB secret, never in the ATTACH."""
    attached = f"seeknal_pg_{name}"
    given = parameters(name, options, context.project_root)
    with _attaching:
        _attach(attached, given, options, context)
    source = f"postgres_query({quote_literal(attached)}, {quote_literal(query)})"
    return lambda made: Scan(f"SELECT {made} FROM {source}")


def _attach(attached: str, given: dict[str, Any], options: Postgres, context: Context) -> None:
    cursor = context.duckdb
    known = cursor.execute("SELECT database_name FROM duckdb_databases()").fetchall()
    if (attached,) in known:
        return
    keys = {
        "host": "HOST",
        "port": "PORT",
        "user": "USER",
        "password": "PASSWORD",
        "dbname": "DATABASE",
    }
    secret = ", ".join(
        [
            "TYPE postgres",
            *(f"{keys[key]} {quote_literal(str(given.pop(key)))}" for key in keys if key in given),
        ]
    )
    limit = int(options.statement_timeout.seconds * 1000)
    own = given.pop("options", "")
    given["options"] = (
        f"{own} -c default_transaction_read_only=on -c statement_timeout={limit} -c TimeZone=UTC"
    ).strip()
    from psycopg.conninfo import make_conninfo

    name = quote_identifier(attached)
    cursor.execute(f"CREATE OR REPLACE TEMPORARY SECRET {name} ({secret})")
    text = quote_literal(make_conninfo(**given))
    cursor.execute(f"ATTACH {text} AS {name} (TYPE postgres, SECRET {name}, READ_ONLY)")
