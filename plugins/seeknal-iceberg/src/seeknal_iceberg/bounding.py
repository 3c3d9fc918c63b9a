"""DuckDB's values as PyIceberg's literals, for columns whose files have bounds to hold them to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import quote_literal
from seeknal_iceberg.types import duckdb_type

if TYPE_CHECKING:
    from pyiceberg.types import IcebergType

    from seeknal_iceberg.workbench import Workbench

NUMBERS = ("int", "long", "float", "double", "decimal")
_NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", "FLOAT", "DOUBLE")
_DAYS = ("DATE", "TIMESTAMP")
LIKE = {
    **dict.fromkeys(NUMBERS, _NUMERIC),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), _DAYS),
    "time": ("TIME",),
    "string": ("VARCHAR",),
}
"""Of which DuckDB types a constant has to be to be compared with a column as one of its own."""

_APART = 50
"""So many ranges are told to PyIceberg one by one: it works its way through them by recursion."""

_TOLD = {
    "date": "CASE WHEN isfinite({0}) THEN {0} - DATE '1970-01-01' END",
    "time": "epoch_us({0})",
    "timestamp": "CASE WHEN isfinite({0}) THEN epoch_us({0}) END",
    "timestamptz": "CASE WHEN isfinite({0}) THEN epoch_us({0}) END",
}
"""Times in days and microseconds: Python has none beyond the year 9999."""


def bounds_of(
    type: IcebergType | None, column: str, rows: str, context: Workbench
) -> tuple[Any, Any]:
    """Least and most of a column of ``rows`` as PyIceberg's literals; None where it has none.

    NaN is more than any number to DuckDB, and within no bounds of a file.
    """
    kind = str(type).partition("(")[0]
    if kind not in LIKE:
        return None, None
    query = f"SELECT {told(kind, f'min({column})')}, {told(kind, f'max({column})')} FROM {rows}"
    [(least, most)] = context.duckdb.execute(query).fetchall()
    return (
        None if least is None else literal_of(kind, least),
        None if most is None else literal_of(kind, most),
    )


def literal_ranges(
    type: IcebergType | None, ranges: Sequence[tuple[str, str]], context: Workbench
) -> list[tuple[Any, Any]] | None:
    """Ranges of a column of times, written as texts, as PyIceberg's literals.

    Of many ranges it is the one around them all; None where files have no bounds to hold them to.
    """
    kind = str(type)
    if type is None or kind not in ("date", "timestamp", "timestamptz"):
        return None
    cast = f"CAST({{}} AS {duckdb_type(type)})"
    low, high = cast.format("low"), cast.format("high")
    if len(ranges) > _APART:
        low, high = f"min({low})", f"max({high})"
    listed = ", ".join(f"({quote_literal(start)}, {quote_literal(end)})" for start, end in ranges)
    found = context.duckdb.execute(
        f"SELECT {told(kind, low)}, {told(kind, high)} FROM (VALUES {listed}) AS r (low, high)"
    ).fetchall()
    if any(end is None for pair in found for end in pair):
        return None
    return [(literal_of(kind, low), literal_of(kind, high)) for low, high in found]


def told(kind: str, place: str) -> str:
    return _TOLD.get(kind, "{0}").format(place)


def literal_of(kind: str, value: Any) -> Any:
    from pyiceberg.expressions import literals

    if isinstance(value, float) and not math.isfinite(value):
        return None
    made: dict[str, Any] = {
        "date": literals.DateLiteral,
        "time": literals.TimeLiteral,
        "timestamp": literals.TimestampLiteral,
        "timestamptz": literals.TimestampLiteral,
    }
    return made.get(kind, literals.literal)(value)
