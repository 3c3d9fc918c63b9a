"""The table of deliveries: what was delivered, told in the same transaction that did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.plugin import quote_name

if TYPE_CHECKING:
    import psycopg

    from seeknal_postgres.catalogue import Table

    Server = psycopg.Connection[Any]

TABLE = "deliveries"
_CREATE = """
    CREATE TABLE IF NOT EXISTS {table} (
        delivery_id text NOT NULL,
        table_name text NOT NULL,
        node text NOT NULL,
        environment text NOT NULL,
        run_id text NOT NULL,
        mode text NOT NULL,
        rows bigint NOT NULL,
        range_start text,
        range_end text,
        output_id text,
        project text,
        table_oid oid,
        first_xid bigint,
        total bigint,
        delivered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (delivery_id, table_name)
    )
"""
_INSERT = """
    INSERT INTO {table}
        (delivery_id, table_name, node, environment, run_id, mode, rows, range_start, range_end,
         output_id, project, table_oid, first_xid, total)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, txid_current() %% 4294967296, %s)
"""
_ADDED = {
    "output_id": "text",
    "project": "text",
    "table_oid": "oid",
    "first_xid": "bigint",
    "total": "bigint",
}
"""Columns that came later."""
_LAST_TOTAL = """
    SELECT table_oid::bigint, total FROM {table} WHERE table_name = %s
    ORDER BY delivered_at DESC LIMIT 1
"""
_WRITTEN = """
    SELECT to_regclass(%s)::oid::bigint, pg_stat_get_xact_tuples_inserted(to_regclass(%s)::oid)
        - pg_stat_get_xact_tuples_deleted(to_regclass(%s)::oid)
"""
_LAST = """
    SELECT rows, output_id FROM {table}
    WHERE table_name = %s AND node = %s AND environment = %s AND project = %s
    ORDER BY delivered_at DESC LIMIT 1
"""


def prepare(server: Server, schema: str) -> None:
    """Make the table where it is missing, in a transaction of its own."""
    name = quote_name(schema, TABLE)
    if _is_ready(server, name):
        return
    with server.transaction():
        # Two CREATE ... IF NOT EXISTS at once can still collide.
        server.execute("SELECT pg_advisory_xact_lock(hashtextextended('seeknal.deliveries', 0))")
        if not _is_ready(server, name):
            from seeknal_postgres.tables import ensure_schema

            ensure_schema(server, schema)
            server.execute(_CREATE.format(table=name).encode())
            columns = _ADDED.items()
            added = ", ".join(f"ADD COLUMN IF NOT EXISTS {name} {type}" for name, type in columns)
            add = f"ALTER TABLE {name} {added}"
            server.execute(add.encode())


def lock_of(table: Table) -> str:
    """Names the lock that whoever delivers to a table, or drops it, holds."""
    return f"seeknal:{table}"


def is_ready(server: Server, schema: str) -> bool:
    """Whether the table of deliveries is there, with the column that came last."""
    return _is_ready(server, quote_name(schema, TABLE))


def _is_ready(server: Server, name: str) -> bool:
    row = server.execute(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(%s)"
        " AND attname = 'total' AND NOT attisdropped)",
        [name],
    ).fetchone()
    return bool(row and row[0])


def delivered_rows(server: Server, schema: str, delivery_id: str, table: str) -> int | None:
    """How many rows this delivery wrote, when it was committed before."""
    name = quote_name(schema, TABLE)
    query = f"SELECT rows FROM {name} WHERE delivery_id = %s AND table_name = %s"
    row = server.execute(query.encode(), [delivery_id, table]).fetchone()
    return int(row[0]) if row else None


def last_output(
    server: Server, schema: str, table: str, node: str, environment: str, project: str
) -> tuple[int, str | None] | None:
    """Rows and output id of the last delivery of a node to a table."""
    query = _LAST.format(table=quote_name(schema, TABLE))
    row = server.execute(query.encode(), [table, node, environment, project]).fetchone()
    return (int(row[0]), row[1]) if row else None


def table_now(
    server: Server, schema: str, table: Table, *, created: bool
) -> tuple[int, int | None]:
    """The table's oid, and its rows once this transaction commits, by what we know of it.

    None where it is not known that nobody but us has made the table and changed its rows.
    """
    name = table.quoted
    row = server.execute(_WRITTEN, [name, name, name]).fetchone()
    assert row is not None
    oid, more = int(row[0]), int(row[1])
    if created:
        return oid, more
    query = _LAST_TOTAL.format(table=quote_name(schema, TABLE))
    last = server.execute(query.encode(), [str(table)]).fetchone()
    known = last is not None and last[0] == oid and last[1] is not None
    return oid, last[1] + more if last and known else None


def record(server: Server, schema: str, values: tuple[object, ...]) -> None:
    """Tell of a delivery as the last thing that its transaction does.

    The row is written in a subtransaction: its number is higher than that of any row that was
    delivered, and ``first_xid`` is lower. So the rows are known for ours by their numbers.
    """
    with server.transaction():
        server.execute(_INSERT.format(table=quote_name(schema, TABLE)).encode(), list(values))
