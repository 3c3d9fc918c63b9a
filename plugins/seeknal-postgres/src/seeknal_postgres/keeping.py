"""Rows that triggers or rules of a table keep back, without an error of the server's.

Where some could be, it is asked whether what should be there is, and what should be gone is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import DeliveryError

if TYPE_CHECKING:
    import psycopg

    from seeknal_postgres.catalogue import Table

    Server = psycopg.Connection[Any]

_EVENTS = """
    WITH parts AS (
        SELECT to_regclass(%(table)s) AS id
        UNION SELECT relid FROM pg_catalog.pg_partition_tree(to_regclass(%(table)s))
    )
    SELECT e.name FROM (VALUES ('INSERT', 4, '3'), ('DELETE', 8, '4'), ('UPDATE', 16, '2'))
        AS e(name, bit, event)
    WHERE EXISTS (
        SELECT FROM pg_catalog.pg_trigger t JOIN parts ON t.tgrelid = parts.id
        WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 3 = 3
          AND t.tgtype & e.bit <> 0
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_rewrite r JOIN parts ON r.ev_class = parts.id
        WHERE r.ev_enabled <> 'D' AND r.ev_type::text = e.event
    )
"""
"""The events at which a trigger sees each row before it is written, or a rule takes its place."""


def may_keep_back(server: Server, table: Table) -> frozenset[str]:
    """INSERT, UPDATE and DELETE, as far as a trigger or rule may leave out rows of it."""
    rows = server.execute(_EVENTS.encode(), {"table": table.quoted})
    return frozenset(str(row[0]) for row in rows)


def refuse_fewer(rows: int, wanted: int, what: str = "arrived") -> None:
    """Raises DeliveryError where fewer rows, or more, were written than were sent."""
    if rows != wanted:
        raise DeliveryError(
            f"{rows:,} of {wanted:,} rows {what}; nothing was changed",
            code="SK1331",
            help="look for a trigger or a rule of the table that leaves rows out",
        )


def delete(
    server: Server, table: Table, where: str = "true", values: Sequence[object] | None = None
) -> int:
    """Delete rows; gives how many are gone. Raises DeliveryError where some of them stay.

    All of them too, and no TRUNCATE: a reader whose snapshot is older still sees the old rows.
    """
    which = f"FROM {table.quoted} WHERE {where}"
    gone = server.execute(f"DELETE {which}".encode(), values).rowcount
    if "DELETE" in may_keep_back(server, table):
        refuse_fewer(
            gone, gone + number(server, f"SELECT count(*) {which}", values), "were removed"
        )
    return gone


def number(server: Server, query: str, values: Sequence[object] | None = None) -> int:
    """What a query counts."""
    row = server.execute(query.encode(), values).fetchone()
    assert row is not None
    return int(row[0])
