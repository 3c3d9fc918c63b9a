"""DuckDB's values as PyIceberg's literals, for columns whose files have bounds to hold them to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

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
