"""Values of metadata as DuckDB writes them: defaults of columns, values of partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from seeknal.plugin import NodeError, quote_literal
from seeknal_iceberg.types import duckdb_type

if TYPE_CHECKING:
    from pyiceberg.types import IcebergType

_MOMENTS = {
    "date": "DATE '1970-01-01' + {}",
    "time": "CAST(make_timestamp({}) AS TIME)",
    "timestamp": "make_timestamp({})",
    "timestamptz": "make_timestamp({}) AT TIME ZONE 'UTC'",
    "timestamp_ns": "make_timestamp_ns({})",
}
"""Days or microseconds since 1970."""


def literal(type: IcebergType, value: object) -> str:
    """Raises NodeError for a value that has no literal."""
    if not type.is_primitive:
        raise NodeError(f"a default of type {type} is not understood", code="SK1181")
    target = duckdb_type(type)
    if str(type) in _MOMENTS and isinstance(value, int):
        return f"CAST({_MOMENTS[str(type)].format(value)} AS {target})"
    if target == "UUID" and isinstance(value, bytes):
        value = UUID(bytes=value)
    if target == "BLOB":
        # As text it stands in JSON: two hexadecimal digits a byte.
        digits = value.hex() if isinstance(value, bytes) else str(value)
        return f"unhex({quote_literal(digits)})"
    return f"CAST({quote_literal(str(value))} AS {target})"
