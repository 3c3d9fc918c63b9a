"""``etl_audit_log``: what was loaded into a database without a project, and what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.plugin import DeliveryError, quote_name
from seeknal_postgres.tables import ensure_schema

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import Load
    from seeknal_postgres.catalogue import Table

    Server = psycopg.Connection[Any]

TABLE = "etl_audit_log"
_CREATE = """
    CREATE TABLE IF NOT EXISTS {table} (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run_id text NOT NULL,
        pipeline_name text NOT NULL,
        source_name text NOT NULL,
        protocol text NOT NULL,
        target_table text NOT NULL,
        status text NOT NULL CHECK (status IN ('success', 'failure')),
        rows_loaded bigint NOT NULL,
        parquet_files integer NOT NULL,
        error_message text,
        started_at timestamptz NOT NULL,
        finished_at timestamptz NOT NULL
    )
"""
_NAMES = (
    *("run_id", "pipeline_name", "source_name", "protocol", "target_table", "status"),
    *("rows_loaded", "parquet_files", "error_message", "started_at", "finished_at"),
)
_INSERT = f"""
    INSERT INTO {{table}} ({", ".join(_NAMES)})
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
"""
_COLUMNS = """
    SELECT attname FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""


def prepare(server: Server, schema: str) -> None:
    """Make the table where it is missing, in a transaction of its own.

    Raises DeliveryError where another one has its name.
    """
    name = quote_name(schema, TABLE)
    known = _columns(server, name)
    if not known:
        with server.transaction():
            # Two CREATE ... IF NOT EXISTS at once can still collide.
            lock = "SELECT pg_advisory_xact_lock(hashtextextended('seeknal.etl_audit_log', 0))"
            server.execute(lock)
            ensure_schema(server, schema)
            server.execute(_CREATE.format(table=name).encode())
        known = _columns(server, name)
    missing = [column for column in _NAMES if column not in known]
    if missing:
        raise DeliveryError(
            f"{schema}.{TABLE} is a table of somebody else: it has no column {missing[0]}",
            code="SK1357",
            help="rename it, or give the connection another schema:",
        )


def _columns(server: Server, name: str) -> set[str]:
    return {row[0] for row in server.execute(_COLUMNS, [name])}


def record(server: Server, schema: str, load: Load, rows: int, error: str | None = None) -> None:
    """Tell how a load ended."""
    values = (
        *(load.run_id, load.pipeline, load.name, load.protocol, load.table),
        *("failure" if error else "success", rows, len(load.files) if error is None else 0),
        *(error.replace("\x00", "") if error else None, load.started_at),
    )
    server.execute(_INSERT.format(table=quote_name(schema, TABLE)).encode(), list(values))


def loaded_rows(server: Server, schema: str, load: Load) -> int | None:
    """How many rows the load's run committed, if it did."""
    query = (
        f"SELECT rows_loaded FROM {quote_name(schema, TABLE)}"
        " WHERE run_id = %s AND target_table = %s AND status = 'success'"
    )
    row = server.execute(query.encode(), [load.run_id, load.table]).fetchone()
    return int(row[0]) if row else None


def knows(server: Server, schema: str, load: Load, table: Table) -> bool:
    """Whether rows of that pipeline and name were loaded into that table, which is there."""
    query = (
        f"SELECT EXISTS (SELECT FROM {quote_name(schema, TABLE)} WHERE pipeline_name = %s"
        " AND source_name = %s AND target_table = %s AND status = 'success' AND rows_loaded > 0)"
        " AND to_regclass(%s) IS NOT NULL"
    )
    given = [load.pipeline, load.name, load.table, table.quoted]
    row = server.execute(query.encode(), given).fetchone()
    return bool(row and row[0])
