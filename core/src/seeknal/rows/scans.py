"""Rows in whatever form a node gave them, as SQL that DuckDB can run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.sql.syntax import as_select, takes_columns_from_data
from seeknal.values.columns import Column
from seeknal.values.errors import NodeError
from seeknal.values.relations import ParquetFiles, Scan

if TYPE_CHECKING:
    import duckdb

    from seeknal.kernel.plugin_types import Rows


def to_scan(
    cursor: duckdb.DuckDBPyConnection, rows: Rows, name: str
) -> tuple[Scan, tuple[Column, ...]]:
    """``rows`` as one SELECT on this cursor, and their columns.

    What exists only as a Python object, or takes its columns from the data, becomes the temporary
    view ``name``. Raises NodeError for something that is no rows.
    """
    import duckdb

    if isinstance(rows, ParquetFiles):
        rows = files_scan(rows.paths)
    if isinstance(rows, Scan):
        if (select := as_select(rows.sql)) != rows.sql:
            rows = Scan(select)
        relation = cursor.sql(rows.sql)
        if not takes_columns_from_data(rows.sql, cursor):
            return rows, columns_of(relation)
    elif isinstance(rows, duckdb.DuckDBPyRelation):
        relation = rows
    else:
        relation = _from_arrow(cursor, rows)
    # Registered, not created as a view: it belongs to this cursor and other workers see nothing.
    cursor.register(name, relation)
    return Scan(f"FROM {quote_identifier(name)}"), columns_of(relation)


def files_scan(paths: Sequence[str]) -> Scan:
    """The rows of several Parquet files, columns matched by name."""
    files = ", ".join(quote_literal(path) for path in paths)
    options = "union_by_name = true, hive_partitioning = false"
    return Scan(f"SELECT * FROM read_parquet([{files}], {options})")


def columns_of(relation: Any) -> tuple[Column, ...]:
    """A DuckDB relation's columns, with DuckDB's names of their types."""
    return tuple(
        Column(name, str(type)) for name, type in zip(relation.columns, relation.types, strict=True)
    )


def refuse_equal_names(names: Iterable[str]) -> None:
    """Raise NodeError when two names differ in case at most."""
    seen: dict[str, str] = {}
    for name in names:
        lower = name.lower()
        if lower in seen:
            raise NodeError(
                f"two output columns have one name: {seen[lower]!r} and {name!r}",
                code="SK0712",
                help="give one of them another name with AS",
            )
        seen[lower] = name


def _from_arrow(cursor: duckdb.DuckDBPyConnection, rows: Any) -> Any:
    if hasattr(rows, "__arrow_c_stream__"):
        return cursor.from_arrow(rows)
    raise NodeError(
        f"a node's rows cannot be a {type(rows).__name__}",
        code="SK0711",
        help="return a DuckDB relation, an Arrow table or reader, a frame, or a list of dicts",
    )
