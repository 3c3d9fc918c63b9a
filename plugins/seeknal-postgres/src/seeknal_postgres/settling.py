"""How far the rows of a source are settled by a column, and which lie from a value on.

A transaction that has begun may have taken its moment or its number already, and brings a row
below those of others when it commits. So it is asked first what the largest value is, then which
transactions are open, and only then are rows read: what began later brings larger values, and what
has ended since is among the rows.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import NodeError, column_help, quote_identifier, quote_literal

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import Since
    from seeknal_postgres.catalogue import PgColumn

    Server = psycopg.Connection[Any]

_NUMBERS = ("int2", "int4", "int8", "numeric")
_TIMES = ("date", "timestamp", "timestamptz")
_TEXTS = ("text", "varchar")
PATIENCE = 1.0
"""Seconds that short transactions are given to end before rows are read."""
_PAUSE = 0.02
_GUARD = "10 seconds"
"""How old a moment is before it counts: a transaction takes its own shortly before it is seen to be
open, and a moment in the future must not end what is read."""
_OPEN = """
    SELECT l.virtualtransaction FROM pg_catalog.pg_locks l
    JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    JOIN pg_catalog.pg_database d ON d.oid = a.datid AND d.datname = current_database()
    WHERE l.locktype = 'virtualxid' AND l.mode = 'ExclusiveLock' AND l.granted
      AND l.pid <> pg_backend_pid()
      AND coalesce(a.backend_type, '') NOT IN ('autovacuum worker', 'walsender', 'parallel worker')
"""
"""Every transaction holds a lock on its own number from its first statement on; anybody sees it."""
_PREPARED = "SELECT 1 FROM pg_catalog.pg_prepared_xacts WHERE database = current_database() LIMIT 1"


def since(relation: str, columns: Sequence[PgColumn], wanted: Since) -> str:
    """The SELECT of the rows of ``relation`` from a value on, and of those without a place."""
    column = ordered_by(columns, wanted.column)
    value, name = _comparable(column), quote_identifier(column.name)
    lower = f"{value} >= {quote_literal(wanted.value)}"
    below = f" OR {name} = '-infinity'" if column.type in _TIMES else ""
    return f"SELECT * FROM {relation} WHERE {lower} OR {name} IS NULL{below}"


def largest(relation: str, columns: Sequence[PgColumn], name: str, wanted: Since | None) -> str:
    """The SELECT of the largest value that has a place in the order, as text."""
    column = ordered_by(columns, name)
    value, plain = _comparable(column), quote_identifier(column.name)
    finite = [f"isfinite({plain})"] if column.type in _TIMES else []
    lower = [f"{value} >= {quote_literal(wanted.value)}"] if wanted else []
    where = f" WHERE {' AND '.join([*finite, *lower])}" if finite or lower else ""
    found = f"max({value})"
    if column.type in _TIMES:
        found = f"least({found}, (clock_timestamp() - interval '{_GUARD}')::{column.type})"
        # Of no rows nothing is the largest.
        found = f"CASE WHEN count({plain}) > 0 THEN {found} END"
    return f"SELECT {found}::text FROM {relation}{where}"


def ordered_by(columns: Sequence[PgColumn], name: str) -> PgColumn:
    """The column of that name. Raises NodeError where there is none, or no order that grows."""
    found = next((column for column in columns if column.name == name), None) or next(
        (column for column in columns if column.name.lower() == name.lower()), None
    )
    if found is None:
        raise NodeError(
            f"there is no column {name!r} by which rows are in order",
            code="SK1356",
            help=column_help(name, [column.name for column in columns]),
        )
    if found.type not in (*_NUMBERS, *_TIMES, *_TEXTS):
        raise NodeError(
            f"column {found.name!r} is {found.type}, which has no order that only grows",
            code="SK1356",
            help="rows are in the order of whole numbers, numeric, dates, timestamps and text",
        )
    return found


def _comparable(column: PgColumn) -> str:
    """Texts are in the order of their bytes, as DuckDB compares them."""
    name = quote_identifier(column.name)
    return f'{name} COLLATE "C"' if column.type in _TEXTS else name


def at_work(server: Server) -> tuple[str, ...]:
    """The transactions of others that are open, once short ones have had time to end."""
    begun = _open(server)
    deadline = time.monotonic() + PATIENCE
    still = begun
    while still and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        still &= _open(server)
    return tuple(sorted(still))


def _open(server: Server) -> set[str]:
    return {str(row[0]) for row in server.execute(_OPEN.encode())}


def has_prepared(server: Server) -> bool:
    """Whether a transaction waits to be committed in two steps: nothing tells when it began."""
    return server.execute(_PREPARED.encode()).fetchone() is not None
