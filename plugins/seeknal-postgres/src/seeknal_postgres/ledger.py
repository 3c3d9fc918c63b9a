"""The table of deliveries: what was delivered, told in the same transaction that did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.plugin import quote_name

if TYPE_CHECKING:
    import psycopg

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
        delivered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (delivery_id, table_name)
    )
"""
_INSERT = """
    INSERT INTO {table}
        (delivery_id, table_name, node, environment, run_id, mode, rows, range_start, range_end,
         output_id, project)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
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
            columns = ("output_id", "project")
            added = ", ".join(f"ADD COLUMN IF NOT EXISTS {column} text" for column in columns)
            add = f"ALTER TABLE {name} {added}"
            server.execute(add.encode())


def _is_ready(server: Server, name: str) -> bool:
    """Whether the table is there, with the column that came last."""
    row = server.execute(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(%s)"
        " AND attname = 'project' AND NOT attisdropped)",
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


def record(server: Server, schema: str, values: tuple[object, ...]) -> None:
    server.execute(_INSERT.format(table=quote_name(schema, TABLE)).encode(), list(values))
