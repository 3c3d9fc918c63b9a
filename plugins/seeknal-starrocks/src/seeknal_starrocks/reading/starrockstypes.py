"""The type of DuckDB's that a column of StarRocks' is read as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plugin import NodeError, quote_identifier
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.reading import fields as wire
from seeknal_starrocks.reading.declared import parse_type

if TYPE_CHECKING:
    from seeknal_starrocks.reading.declared import Declared
    from seeknal_starrocks.reading.fields import Field

_PLAIN = {
    wire.TINY: "TINYINT",
    wire.SHORT: "SMALLINT",
    wire.LONG: "INTEGER",
    wire.LONGLONG: "BIGINT",
    wire.FLOAT: "FLOAT",
    wire.DOUBLE: "DOUBLE",
    wire.DATE: "DATE",
    wire.DATETIME: "TIMESTAMP",
    wire.TIME: "TIME",
    wire.NULL: "VARCHAR",
}
_NAMED = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "largeint": "HUGEINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "time": "TIME",
    "char": "VARCHAR",
    "varchar": "VARCHAR",
    "string": "VARCHAR",
    "json": "JSON",
}
_STATES = {
    "bitmap": "bitmap_to_string({})",
    "hll": "hll_cardinality({})",
    "percentile": "percentile_approx_raw({}, 0.5)",
    "variant": "CAST({} AS STRING)",
}
"""What a query reads of a type whose values the server sends as NULL, or in no known form."""
_OPAQUE = ((wire.STRING, 40), (wire.STRING, 60), (wire.VAR_STRING, 60))
"""How a LARGEINT, JSON, ARRAY, MAP or STRUCT is told of, and some texts."""


def natural(field: Field) -> str:
    """Raises NodeError for a type whose values the server does not send."""
    if field.declared is not None and (found := _by_name(field)) is not None:
        return found
    if field.code == wire.TINY and field.length == 1:
        return "BOOLEAN"
    if field.code == wire.NEWDECIMAL:
        digits = field.length - 3 - (field.scale > 0)
        return f"DECIMAL({digits},{field.scale})" if digits <= wire.WIDEST else "VARCHAR"
    if field.code in wire.TEXTS:
        return "BLOB" if field.binary else "VARCHAR"
    if field.code not in _PLAIN:
        raise NodeError(
            f"column {field.name!r} is of a type that is not known: {field.code} on the wire",
            code="SK1911",
            help="read it in a query, as CAST(it AS STRING)",
        )
    return _PLAIN[field.code]


def is_opaque(field: Field) -> bool:
    """Whether it is told of as a text, and may be something else."""
    return field.declared is None and (field.code, field.length) in _OPAQUE


def _by_name(field: Field) -> str | None:
    """The type as the table has it; None where the wire says it as well."""
    declared = parse_type(field.declared or "")
    if declared.name in ("array", "map", "struct", "largeint", "json"):
        return duckdb_type(declared, field.name)
    if declared.name in _STATES:
        raise _unread(declared.name, field.name)
    return None


def duckdb_type(declared: Declared, column: str) -> str:
    """The type of DuckDB's that a declared one is. Raises NodeError where there is none."""
    inner = [duckdb_type(part, column) for part in declared.parts]
    if declared.name == "array":
        return f"{inner[0]}[]"
    if declared.name == "map":
        return f"MAP({inner[0]}, {inner[1]})"
    if declared.name == "struct":
        named = zip(declared.fields, inner, strict=True)
        return f"STRUCT({', '.join(f'{quote_identifier(name)} {type}' for name, type in named)})"
    if declared.name.startswith("decimal"):
        digits, scale = declared.numbers or (10, 0)
        return f"DECIMAL({digits},{scale})" if digits <= wire.WIDEST else "VARCHAR"
    if declared.name not in _NAMED:
        raise _unread(declared.name, column)
    return _NAMED[declared.name]


def _unread(type: str, column: str) -> NodeError:
    read = _STATES.get(type, "CAST({} AS STRING)").format(quoted(column))
    return NodeError(
        f"column {column!r} has {type.upper()}, whose values are not read",
        code="SK1911",
        help=f"read what can be read of it in a query: {read}",
    )
