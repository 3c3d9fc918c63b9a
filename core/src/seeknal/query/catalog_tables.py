"""The catalog and its transitions as tables for SQL, of few columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.query.catalog import brought_up_to_date
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.state.catalog import Catalog
from seeknal.values.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from seeknal.state.ledger import EnvironmentState

CATALOG, COLUMNS, TRANSITIONS = "seeknal_catalog", "seeknal_columns", "seeknal_transitions"

_COLUMN = {
    "name": "VARCHAR",
    "type": "VARCHAR",
    "description": "VARCHAR",
    "null_count": "BIGINT",
    "approx_distinct": "BIGINT",
    "min": "VARCHAR",
    "max": "VARCHAR",
}
_FILE = {
    "table_name": "VARCHAR",
    "layer": "VARCHAR",
    "domain": "VARCHAR",
    "description": "VARCHAR",
    "owner": "VARCHAR",
    "row_count": "BIGINT",
    "column_count": "BIGINT",
    "file_size_bytes": "BIGINT",
    "batch_id": "VARCHAR",
    "updated_at": "TIMESTAMPTZ",
    "columns": "STRUCT({})[]".format(", ".join(f'"{n}" {kind}' for n, kind in _COLUMN.items())),
}


def means_catalog(query: str | None) -> bool:
    """Whether a query may ask for one of the tables; any may where it is not known."""
    return query is None or any(
        name in query.lower() for name in (CATALOG, COLUMNS, TRANSITIONS, "show", "duckdb_")
    )


def define_catalog(
    connection: duckdb.DuckDBPyConnection, root: Path, state: EnvironmentState, history: str
) -> list[str]:
    """Make the tables readable; gives the files that they read. ``history``: the table of all."""
    try:
        catalog = brought_up_to_date(root, state)
    except ProjectError:
        # What the last run left is still true.
        catalog = Catalog(root / "target", state.name)
    files = catalog.paths()
    rows = _rows(files)
    _view(
        connection,
        CATALOG,
        "SELECT table_name AS node, layer, domain, description, owner, row_count AS rows,"
        " column_count AS columns, file_size_bytes AS bytes, batch_id AS run_id, updated_at"
        f" FROM {rows} ORDER BY node",
    )
    _view(
        connection,
        COLUMNS,
        'SELECT node, c.name AS "column", c.type, c.description, c.null_count AS nulls,'
        " c.approx_distinct, c.min, c.max"
        f" FROM (SELECT table_name AS node, unnest(columns) AS c FROM {rows})",
    )
    _view(
        connection,
        TRANSITIONS,
        "SELECT run_id, environment, node, source_layers AS from_layers, layer AS to_layer,"
        " rows_in, rows, columns_added, columns_removed, status, started_at, finished_at"
        f" FROM {quote_identifier(history)}"
        " WHERE node IS NOT NULL AND reads IS NOT NULL",
    )
    return files


def _view(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    connection.execute(f"CREATE OR REPLACE VIEW {quote_identifier(name)} AS {select}")


def _rows(files: Sequence[str]) -> str:
    if not files:
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in _FILE.items())
        return f"(SELECT {nothing} WHERE false)"
    listed = ", ".join(map(quote_literal, files))
    types = ", ".join(f"{name}: {quote_literal(kind)}" for name, kind in _FILE.items())
    return f"read_json([{listed}], format = 'unstructured', columns = {{{types}}})"
