"""Views that a DuckDB file keeps for other tools: seeknal's own are told by their comment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_literal, quote_name

if TYPE_CHECKING:
    import duckdb

_OURS = "made by seeknal"


def remove_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Remove the views that were made before: what they show may be gone or called otherwise."""
    made = connection.execute(
        "SELECT schema_name, view_name FROM duckdb_views() WHERE comment = ?"
        " AND database_name = current_database()",
        [_OURS],
    ).fetchall()
    for schema, name in made:
        connection.execute(f"DROP VIEW {quote_name(schema, name)}")


def mark_views(connection: duckdb.DuckDBPyConnection, made: Iterable[tuple[str, str]]) -> None:
    """Let views, by schema and name, be known as seeknal's."""
    for schema, name in made:
        view = quote_name(schema, name)
        connection.execute(f"COMMENT ON VIEW {view} IS {quote_literal(_OURS)}")
