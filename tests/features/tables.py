"""Rows of Python values as tables of DuckDB, each value of exactly the type that is said."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

MANY = 1000
"""Rows of which literals take too long."""


def quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def create(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Mapping[str, str],
    rows: Iterable[Mapping[str, Any]],
) -> None:
    """A table of those rows, in their order."""
    listed = ", ".join(f"{quoted(column)} {type}" for column, type in columns.items())
    connection.execute(f"CREATE OR REPLACE TABLE {quoted(name)} ({listed})")
    rows = [*rows]
    if len(rows) > MANY:
        return _fill(connection, name, columns, rows)
    tuples = [
        ", ".join(literal(row[column], type) for column, type in columns.items()) for row in rows
    ]
    if tuples:
        values = ", ".join(f"({each})" for each in tuples)
        connection.execute(f"INSERT INTO {quoted(name)} VALUES {values}")


def _fill(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Many rows by way of Arrow: their values have to be of types that it has."""
    import pyarrow

    made = pyarrow.table({column: [row[column] for row in rows] for column in columns})
    connection.register("_filling", made)
    connection.execute(f"INSERT INTO {quoted(name)} FROM _filling")
    connection.unregister("_filling")


def literal(value: Any, type: str) -> str:
    """A value in SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return f"CAST({value} AS {type})"
    if isinstance(value, list | tuple):
        inner = type.removesuffix("[]")
        return f"CAST([{', '.join(literal(each, inner) for each in value)}] AS {type})"
    text = str(value).replace("'", "''")
    if isinstance(value, float) and math.isfinite(value):
        text = repr(value)
    if isinstance(value, dt.datetime):
        text = value.isoformat(sep=" ")
    return f"CAST('{text}' AS {type})"


def values_of(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What DuckDB gives, with moments that have a zone in UTC."""
    return [tuple(map(_in_utc, row)) for row in rows]


def _in_utc(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC)
    return value
