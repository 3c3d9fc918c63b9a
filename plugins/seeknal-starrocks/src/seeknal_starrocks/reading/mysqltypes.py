"""The type of DuckDB's that a column of MySQL's, or MariaDB's, is read as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plugin import NodeError
from seeknal_starrocks.reading import fields as wire

if TYPE_CHECKING:
    from seeknal_starrocks.reading.fields import Field

_WHOLE = {
    wire.TINY: "TINYINT",
    wire.SHORT: "SMALLINT",
    wire.INT24: "INTEGER",
    wire.LONG: "INTEGER",
    wire.LONGLONG: "BIGINT",
}
_PLAIN = {
    wire.FLOAT: "FLOAT",
    wire.DOUBLE: "DOUBLE",
    wire.DATE: "DATE",
    wire.NEWDATE: "DATE",
    wire.DATETIME: "TIMESTAMP",
    wire.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    wire.TIME: "TIME",
    wire.YEAR: "SMALLINT",
    wire.JSON: "JSON",
    wire.GEOMETRY: "BLOB",
    wire.NULL: "VARCHAR",
}


def natural(field: Field) -> str:
    """Raises NodeError for a type that is not known."""
    if field.code in _WHOLE:
        return ("U" if field.unsigned else "") + _WHOLE[field.code]
    if field.code == wire.NEWDECIMAL:
        digits = field.length - (field.scale > 0) - (not field.unsigned)
        return f"DECIMAL({digits},{field.scale})" if digits <= wire.WIDEST else "VARCHAR"
    if field.code == wire.BIT:
        return "BOOLEAN" if field.length == 1 else "BIT"
    if field.code in wire.TEXTS:
        return "BLOB" if field.binary else "VARCHAR"
    if field.code not in _PLAIN:
        raise NodeError(
            f"column {field.name!r} is of a type that is not known: {field.code} on the wire",
            code="SK1911",
            help="read it in a query, as CAST(it AS CHAR)",
        )
    return _PLAIN[field.code]
