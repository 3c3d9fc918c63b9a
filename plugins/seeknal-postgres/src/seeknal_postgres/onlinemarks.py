"""The table of marks: what each table of an online store was last filled with, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import DeliveryError, quote_literal, quote_name
from seeknal_postgres.tables import ensure_schema

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import OnlineTable
    from seeknal_postgres.catalogue import Table

    Server = psycopg.Connection[Any]

TABLE = "seeknal_marks"
_CREATE = """
    CREATE TABLE IF NOT EXISTS {table} (
        table_name text PRIMARY KEY,
        node text NOT NULL,
        environment text NOT NULL,
        project text NOT NULL,
        mark text NOT NULL,
        kept_at timestamptz NOT NULL
    )
"""
_READ = """
    SELECT node, project, mark, to_regclass(%s) IS NOT NULL FROM {table} WHERE table_name = %s
"""
_NOTE = """
    INSERT INTO {table} (table_name, node, environment, project, mark, kept_at)
    VALUES (%s, %s, %s, %s, %s, clock_timestamp())
    ON CONFLICT (table_name) DO UPDATE SET node = excluded.node,
        environment = excluded.environment, project = excluded.project, mark = excluded.mark,
        kept_at = excluded.kept_at
"""


@frozen(kw_only=True)
class Mark:
    """What is noted of a table; ``stands``: it is there."""

    node: str
    project: str
    text: str
    stands: bool


def prepare(server: Server, schema: str) -> None:
    """Make the table where it is missing, in a transaction of its own."""
    if _is_there(server, schema):
        return
    with server.transaction():
        # Two CREATE ... IF NOT EXISTS at once can still collide.
        server.execute("SELECT pg_advisory_xact_lock(hashtextextended('seeknal.marks', 0))")
        ensure_schema(server, schema)
        server.execute(_CREATE.format(table=quote_name(schema, TABLE)).encode())


def read(server: Server, table: Table) -> Mark | None:
    """What is noted of a table; None where nothing is."""
    if not _is_there(server, table.schema):
        return None
    query = _READ.format(table=_quoted(table))
    row = server.execute(query.encode(), [table.quoted, table.name]).fetchone()
    return Mark(node=row[0], project=row[1], text=row[2], stands=row[3]) if row else None


def note(server: Server, table: Table, online: OnlineTable, mark: str) -> None:
    """Put down what a table holds now."""
    values = [table.name, str(online.node), online.environment, online.project, mark]
    server.execute(_NOTE.format(table=_quoted(table)).encode(), values)


def refuse_foreign(found: Mark | None, table: Table, online: OnlineTable, *, stands: bool) -> None:
    """Raise DeliveryError for a table that is there and that this group has not made."""
    if not stands:
        return
    if found is None:
        raise DeliveryError(
            f"{table} is a table of somebody else: nothing was kept there by seeknal",
            code="SK1381",
            help="rename it, or give the connection another online_schema:",
        )
    if (found.project, found.node) != (online.project, str(online.node)):
        raise DeliveryError(
            f"{table} holds {found.node} of project {found.project!r}, not {online.node}"
            f" of project {online.project!r}",
            code="SK1381",
            help="give the connection another online_schema:, one for each project",
        )


def is_of(table: Table, online: OnlineTable) -> str:
    """A condition of SQL: whether a table is still that of its group."""
    node, project = quote_literal(str(online.node)), quote_literal(online.project)
    return (
        f"(SELECT node = {node} AND project = {project} FROM {quote_name(table.schema, TABLE)}"
        f" WHERE table_name = {quote_literal(table.name)})"
    )


def _is_there(server: Server, schema: str) -> bool:
    name = quote_name(schema, TABLE)
    row = server.execute("SELECT to_regclass(%s) IS NOT NULL", [name]).fetchone()
    return bool(row and row[0])


def _quoted(table: Table) -> str:
    # A percent sign in a name is none of a parameter.
    return quote_name(table.schema, TABLE).replace("%", "%%")
