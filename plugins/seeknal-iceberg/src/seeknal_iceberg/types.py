"""DuckDB's types and Iceberg's, in both directions."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import DeliveryError, RowsRefused, quote_identifier

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType, NestedField

    from seeknal.plugin import Column

_SIMPLE = {
    "BOOLEAN": "boolean",
    "TINYINT": "int",
    "SMALLINT": "int",
    "INTEGER": "int",
    "UTINYINT": "int",
    "USMALLINT": "int",
    "UINTEGER": "long",
    "BIGINT": "long",
    "UBIGINT": "decimal(20, 0)",
    "HUGEINT": "decimal(38, 0)",
    "FLOAT": "float",
    "DOUBLE": "double",
    "DATE": "date",
    "TIME": "time",
    "TIME_NS": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TIMESTAMPTZ_NS": "timestamptz",
    "UUID": "uuid",
    "BLOB": "binary",
}
_UNION = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\b(UNION)\(""")
"""A union, and what stands in quotes, which is a name."""
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


def iceberg_type(kind: str, ids: Iterator[int]) -> IcebergType:
    """The Iceberg type of a DuckDB type; what Iceberg has no type for is kept as text."""
    from pyiceberg.types import ListType, MapType, StringType, StructType

    if kind.endswith("]"):
        inner = kind[: kind.rindex("[")]
        number = next(ids)
        return ListType(
            element_id=number, element_type=iceberg_type(inner, ids), element_required=False
        )
    if kind.startswith("STRUCT("):
        return StructType(*fields_of(_members(kind), ids))
    if kind.startswith("MAP("):
        key, value = _split(kind[4:-1])
        key_id, value_id = next(ids), next(ids)
        return MapType(
            key_id=key_id,
            key_type=iceberg_type(key, ids),
            value_id=value_id,
            value_type=iceberg_type(value, ids),
            value_required=False,
        )
    if match := _DECIMAL.fullmatch(kind):
        from pyiceberg.types import DecimalType

        return DecimalType(int(match[1]), int(match[2]))
    return _primitive(_SIMPLE[kind]) if kind in _SIMPLE else StringType()


def _primitive(name: str) -> IcebergType:
    from pydantic import TypeAdapter
    from pyiceberg.types import IcebergType

    found: IcebergType = TypeAdapter(IcebergType).validate_python(name)
    return found


def fields_of(columns: Sequence[tuple[str, str]], ids: Iterator[int]) -> list[NestedField]:
    """Optional fields, each with an id of its own."""
    from pyiceberg.types import NestedField

    return [
        NestedField(
            field_id=next(ids), name=name, field_type=iceberg_type(kind, ids), required=False
        )
        for name, kind in columns
    ]


def schema_of(columns: Sequence[Column]) -> Schema:
    """A schema with ids that stand for nothing yet: a table gives its own.

    Raises RowsRefused for a union, of which text would not tell the member.
    """
    from pyiceberg.schema import Schema

    for column in columns:
        if any(found[1] for found in _UNION.finditer(column.type)):
            shown = column.type if len(column.type) <= 80 else f"{column.type[:77]}..."
            raise RowsRefused(
                f"column {column.name!r} is {shown}, which no type of Iceberg is",
                code="SK0837",
                help="take its members apart in the node's SQL: union_extract(column, 'member')",
            )

    ids = itertools.count(1)
    return Schema(*fields_of([(column.name, column.type) for column in columns], ids))


def duckdb_type(type: IcebergType) -> str:
    """How DuckDB writes a value that Iceberg reads as ``type``."""
    from pyiceberg import types

    if isinstance(type, types.ListType):
        return f"{duckdb_type(type.element_type)}[]"
    if isinstance(type, types.StructType):
        inner = ", ".join(
            f"{quote_identifier(field.name)} {duckdb_type(field.field_type)}"
            for field in type.fields
        )
        return f"STRUCT({inner})"
    if isinstance(type, types.MapType):
        return f"MAP({duckdb_type(type.key_type)}, {duckdb_type(type.value_type)})"
    if isinstance(type, types.DecimalType):
        return f"DECIMAL({type.precision},{type.scale})"
    if isinstance(type, types.FixedType):
        return "BLOB"
    return _BACK[str(type)]


_BACK = {
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "long": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ns": "TIMESTAMP_NS",
    "timestamptz_ns": "TIMESTAMPTZ_NS",
    "string": "VARCHAR",
    "uuid": "UUID",
    "binary": "BLOB",
    "unknown": "VARCHAR",
}


def check_writable(schema: Schema) -> None:
    """Raises DeliveryError for a column of a type that DuckDB cannot store as Iceberg wants it."""
    for id in schema.field_ids:
        field = schema.find_field(id)
        if field.field_type.is_primitive and str(field.field_type).startswith(_UNWRITTEN):
            raise DeliveryError(
                f"column {schema.find_column_name(id)!r} is {field.field_type}, of which DuckDB"
                " writes no files",
                code="SK1411",
                help="let another engine write this table, or give it a column of type binary",
            )


_UNWRITTEN = ("fixed", "timestamp_ns", "timestamptz_ns", "unknown")


def field_ids(schema: Schema) -> str:
    """DuckDB's FIELD_IDS for a file of this schema."""
    return _ids([(field.name, field.field_id, field.field_type) for field in schema.fields], None)


def _ids(fields: Sequence[tuple[str, int, Any]], own: int | None) -> str:
    from pyiceberg import types

    parts = [f"__duckdb_field_id: {own}"] if own is not None else []
    for name, id, type in fields:
        inner: list[tuple[str, int, Any]] = []
        if isinstance(type, types.StructType):
            inner = [(field.name, field.field_id, field.field_type) for field in type.fields]
        elif isinstance(type, types.ListType):
            inner = [("element", type.element_id, type.element_type)]
        elif isinstance(type, types.MapType):
            inner = [
                ("key", type.key_id, type.key_type),
                ("value", type.value_id, type.value_type),
            ]
        value = _ids(inner, id) if inner else str(id)
        parts.append(f"{quote_identifier(name)}: {value}")
    return "{" + ", ".join(parts) + "}"


def _members(kind: str) -> list[tuple[str, str]]:
    """The names and types of a STRUCT."""
    found = []
    for part in _split(kind[len("STRUCT(") : -1]):
        if part.startswith('"'):
            end = re.match(r'"((?:[^"]|"")*)"', part)
            assert end is not None
            found.append((end[1].replace('""', '"'), part[end.end() :].strip()))
        else:
            name, _, rest = part.partition(" ")
            found.append((name, rest.strip()))
    return found


def _split(text: str) -> list[str]:
    """The parts between commas that are in no bracket and no quotes."""
    parts, depth, quoted = [""], 0, False
    for letter in text:
        quoted ^= letter == '"'
        depth += (letter == "(") - (letter == ")") if not quoted else 0
        if letter == "," and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def no_values(schema: Schema) -> str:
    return ", ".join(
        f"CAST(NULL AS {duckdb_type(field.field_type)}) AS {quote_identifier(field.name)}"
        for field in schema.fields
    )


def cast_to_schema(schema: Schema, names: Sequence[str]) -> str:
    """A SELECT list with the table's columns and types; NULL for those not among ``names``."""
    known = set(names)
    return ", ".join(
        (
            f"CAST({quote_identifier(field.name)} AS {duckdb_type(field.field_type)})"
            if field.name in known
            else f"CAST(NULL AS {duckdb_type(field.field_type)})"
        )
        + f" AS {quote_identifier(field.name)}"
        for field in schema.fields
    )
