"""Statistics of stored columns: from the footers of Parquet files, or from all of their rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.sql.storage import special
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from seeknal.values.columns import Column

Statistics = dict[str, dict[str, Any]]
"""By column: ``null_count``, ``approx_distinct``, ``min`` and ``max``, as far as they are known."""

_NUMBER = Pattern(r"(U?(TINY|SMALL|BIG)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\b.*)$")
_TIME = Pattern(r"(DATE|TIMESTAMP\b.*)$")
_PLAIN_YEAR = Pattern(r"\d{4}-")
_LONGEST = 200
"""Characters of a text that is told as the smallest or largest."""


Table = TypeVar("Table")


def of_footers(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[Table, tuple[Sequence[Path], Collection[Column]]],
) -> dict[Table, Statistics]:
    """What footers tell of the columns of tables, by one statement that reads no rows.

    Each table is given with its files and columns.
    """
    tables_of = {str(path): table for table, (paths, _) in tables.items() for path in paths}
    found: dict[Table, Statistics] = {table: {} for table in tables}
    if not tables_of:
        return found
    listed = ", ".join(map(quote_literal, tables_of))
    rows = connection.execute(
        f"""
        SELECT file_name, path_in_schema, list(stats_null_count), list(stats_distinct_count),
          list(stats_min_value), list(stats_max_value),
          bool_and(coalesce(min_is_exact AND max_is_exact, false))
        FROM parquet_metadata([{listed}]) GROUP BY ALL
        """
    ).fetchall()
    types = {table: {c.name: c.type for c in columns} for table, (_, columns) in tables.items()}
    told: dict[tuple[Table, str], list[Any]] = {}
    for file, name, *lists, exact in rows:
        known = told.setdefault((tables_of[file], name), [[], [], [], [], True])
        known[:4] = [[*one, *more] for one, more in zip(known[:4], lists, strict=True)]
        known[4] = known[4] and exact
    for (table, name), (nulls, distinct, smallest, largest, exact) in told.items():
        type = types[table].get(name)
        # Of what lies in lists and structs, and of types that are stored as others, a footer
        # says nothing of the column itself.
        if type is not None and special(type) is None:
            found[table][name] = {
                "null_count": None if None in nulls else sum(nulls),
                "approx_distinct": distinct[0] if len(distinct) == 1 else None,
                **(_bounds(type, smallest, largest) if exact else {}),
            }
    return found


def _bounds(type: str, smallest: list[Any], largest: list[Any]) -> dict[str, Any]:
    """The ends of a column over its row groups; nothing where these cannot be compared as told."""
    if not smallest or None in smallest or None in largest:
        return {}
    if len(smallest) == 1 or type == "VARCHAR" or _sort_as_times(type, (*smallest, *largest)):
        return {"min": _shown(min(smallest)), "max": _shown(max(largest))}
    if not _NUMBER.match(type):
        return {}
    numbers = {Decimal(text): text for text in (*smallest, *largest)}
    if not all(number.is_finite() for number in numbers):
        return {}
    return {"min": numbers[min(numbers)], "max": numbers[max(numbers)]}


def _sort_as_times(type: str, texts: tuple[str, ...]) -> bool:
    return _TIME.match(type) is not None and all(map(_PLAIN_YEAR.match, texts))


def _shown(text: str) -> str | None:
    return text if len(text) <= _LONGEST else None


def of_all_rows(
    connection: duckdb.DuckDBPyConnection, scan: str, columns: Collection[Column]
) -> Statistics:
    """The same from every row of what stands after FROM."""
    items = [
        item
        for column in columns
        for name in [quote_identifier(column.name)]
        for item in (
            f"count(*) - count({name})",
            f"approx_count_distinct({name})",
            f"CAST(min({name}) AS VARCHAR)",
            f"CAST(max({name}) AS VARCHAR)",
        )
    ]
    (values,) = connection.execute(f"SELECT {', '.join(items)} FROM {scan}").fetchall()
    found: Statistics = {}
    for place, column in enumerate(columns):
        nulls, distinct, smallest, largest = values[place * 4 : place * 4 + 4]
        found[column.name] = {
            "null_count": nulls,
            "approx_distinct": distinct,
            "min": smallest if smallest is None else _shown(smallest),
            "max": largest if largest is None else _shown(largest),
        }
    return found
