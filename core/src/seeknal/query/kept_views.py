"""Views that a DuckDB file keeps for other tools: seeknal's own are told by their comment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_literal, quote_name
from seeknal.values.errors import UsageError
from seeknal.values.several import a_few

if TYPE_CHECKING:
    import duckdb

_OURS = "made by seeknal"
_NAMED = 5
"""So many names are told; the others are counted."""


@contextmanager
def kept_views(
    connection: duckdb.DuckDBPyConnection, wanted: Collection[tuple[str, str]]
) -> Iterator[None]:
    """Views of the schemas and names ``wanted`` that the block makes, in place of those of before.

    Raises UsageError where something else has such a name. The connection is closed where anything
    raises: what was made until then is known as seeknal's all the same.
    """
    try:
        _check_free(connection, wanted)
        _remove_views(connection)
        try:
            yield
        finally:
            _mark_views(connection, wanted)
    except BaseException:
        connection.close()
        raise


def _check_free(connection: duckdb.DuckDBPyConnection, wanted: Collection[tuple[str, str]]) -> None:
    """Raise UsageError where views, by schema and name, would stand where something else is."""
    names = {(schema.lower(), name.lower()) for schema, name in wanted}
    held = connection.execute(
        "SELECT 'table', schema_name, table_name FROM duckdb_tables()"
        " WHERE database_name = current_database()"
        " UNION ALL SELECT 'view', schema_name, view_name FROM duckdb_views()"
        " WHERE database_name = current_database() AND NOT internal"
        " AND comment IS DISTINCT FROM ? ORDER BY ALL",
        [_OURS],
    ).fetchall()
    taken = [
        f"{what} {name if schema == 'main' else f'{schema}.{name}'}"
        for what, schema, name in held
        if (schema.lower(), name.lower()) in names
    ]
    if taken:
        raise UsageError(
            f"the database has a {a_few(taken, _NAMED)} of its own, "
            "where a view of that name would be kept",
            code="SK0488",
            help="name another file, or rename what is there",
        )


def _remove_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Remove the views that were made before: what they show may be gone or called otherwise."""
    made = connection.execute(
        "SELECT schema_name, view_name FROM duckdb_views() WHERE comment = ?"
        " AND database_name = current_database()",
        [_OURS],
    ).fetchall()
    for schema, name in made:
        connection.execute(f"DROP VIEW {quote_name(schema, name)}")


def _mark_views(connection: duckdb.DuckDBPyConnection, wanted: Collection[tuple[str, str]]) -> None:
    """Let those of these views that were made be known as seeknal's."""
    made = connection.execute(
        "SELECT schema_name, view_name FROM duckdb_views()"
        " WHERE database_name = current_database() AND NOT internal"
    ).fetchall()
    for schema, name in {*made}.intersection(wanted):
        view = quote_name(schema, name)
        connection.execute(f"COMMENT ON VIEW {view} IS {quote_literal(_OURS)}")
