"""Materialized views on a table: they are put aside when another takes its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import DeliveryError
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.server import Lost

if TYPE_CHECKING:
    from seeknal_starrocks.server import Server
    from seeknal_starrocks.tablename import Table
    from seeknal_starrocks.work import Work

_ACTIVE = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, MATERIALIZED_VIEW_DEFINITION"
    " FROM information_schema.materialized_views WHERE lower(IS_ACTIVE) = 'true'"
)


def active(server: Server, table: Table) -> Sequence[tuple[str, str]]:
    """Database and name of those that are kept up to date, and may read the table. Raises Lost."""
    try:
        rows = server.ask(_ACTIVE)
        return [(str(row[0]), str(row[1])) for row in rows if table.name in str(row[2])]
    except Lost:
        raise
    except DeliveryError:
        return []


def activate(work: Work, server: Server, before: Sequence[tuple[str, str]]) -> None:
    """Let those be kept up to date again that were before; the delivery is made all the same."""
    if not before:
        return
    try:
        now = active(server, work.table)
        for database, name in before:
            if (database, name) not in now:
                view = f"{quoted(database)}.{quoted(name)}"
                server.ask(f"ALTER MATERIALIZED VIEW {view} ACTIVE")
    except DeliveryError as error:
        work.context.log.warning(
            "a materialized view on %s may be inactive: %s", work.table, error.message
        )
