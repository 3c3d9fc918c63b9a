"""A value of a file as one of the table's type, where that changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal_iceberg.types import duckdb_type

if TYPE_CHECKING:
    from pyiceberg.types import IcebergType

_INSTANTS = {"timestamp", "timestamptz", "timestamp_ns", "timestamptz_ns"}


def cast_of(place: str, wanted: IcebergType, there: IcebergType, kind: str) -> str | None:
    """A value of a file as one of the table's type; None where that may change it."""
    target = duckdb_type(wanted)
    if {str(wanted), str(there)} <= _INSTANTS:
        return _instant(place, str(wanted), str(there), kind, target)
    if not _promotes(there, wanted):
        return None
    if kind == target:
        return place
    pair = (str(there), str(wanted))
    if pair == ("string", "binary"):
        return f"encode({place})"
    if pair == ("binary", "string"):
        return f"decode({place})"
    if target == "UUID" and kind == "BLOB":
        return f"CAST(hex({place}) AS UUID)"
    return f"CAST({place} AS {target})"


def _promotes(there: IcebergType, wanted: IcebergType) -> bool:
    from pyiceberg.exceptions import ResolveError
    from pyiceberg.schema import promote
    from pyiceberg.types import DecimalType

    if there == wanted:
        return True
    if isinstance(there, DecimalType) and isinstance(wanted, DecimalType):
        # PyIceberg compares a scale with itself.
        return there.scale == wanted.scale and there.precision <= wanted.precision
    try:
        promote(there, wanted)
    except ResolveError:
        return False
    return True


def _instant(place: str, wanted: str, there: str, kind: str, target: str) -> str | None:
    """A time with or without zone, both UTC to Iceberg; without nanoseconds where none are lost."""
    if kind == target:
        return place
    if there.endswith("_ns") and kind == "TIMESTAMP WITH TIME ZONE":
        # DuckDB 1.5 has cut them already.
        return None
    value = place
    if there.endswith("_ns") and not wanted.endswith("_ns"):
        plain = target if ("tz" in there) == ("tz" in wanted) else _PLAIN["tz" in there]
        value = (
            f"CASE WHEN epoch_ns({place}) % 1000 = 0 THEN CAST({place} AS {plain}) ELSE"
            f" error('a time has nanoseconds, ' || {place}::VARCHAR || ', which {wanted} has not')"
            " END"
        )
    if ("tz" in there) != ("tz" in wanted):
        value = f"({value}) AT TIME ZONE 'UTC'"
    return value if value != place else f"CAST({place} AS {target})"


_PLAIN = {False: "TIMESTAMP", True: "TIMESTAMP WITH TIME ZONE"}
