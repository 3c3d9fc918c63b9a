"""How a column of each PostgreSQL type is asked for, and what it becomes in DuckDB.

What a transport would change in silence travels as text, or is checked when it arrives: a
numeric's NaN, infinite dates, times beyond DuckDB's range, arrays of another depth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import evolve, frozen

from seeknal.plugin import quote_identifier, quote_literal
from seeknal_postgres.catalogue import PgColumn

Transport = Literal["adbc", "duckdb"]

_PLAIN = {
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "float4": "FLOAT",
    "float8": "DOUBLE",
    "bool": "BOOLEAN",
    "text": "VARCHAR",
    "varchar": "VARCHAR",
    "name": "VARCHAR",
    "bytea": "BLOB",
    "time": "TIME",
    "interval": "INTERVAL",
    "uuid": "UUID",
    "json": "JSON",
    "jsonb": "JSON",
}
_AS_TEXT = {"timetz": "TIMETZ"}
_TEMPORAL = {"date": "DATE", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ"}
_WRAPPED = {
    # The driver adds the years between its epoch and PostgreSQL's: these two overflow.
    "DATE": ("5877612-06-21 (BC)", "5877612-06-22 (BC)"),
    "TIMESTAMP": ("290279-12-22 (BC) 19:59:05.224191", "290279-12-22 (BC) 19:59:05.224192"),
    "TIMESTAMPTZ": (
        "290279-12-22 (BC) 19:59:05.224191+00",
        "290279-12-22 (BC) 19:59:05.224192+00",
    ),
}
_EARLIEST = "4800-01-01 (BC)"
WIDEST = 38


@frozen(kw_only=True)
class Reading:
    """``asked`` is the server's expression, ``made`` DuckDB's over what arrives; both unnamed."""

    asked: str
    made: str
    type: str


@frozen(kw_only=True)
class Extent:
    """How much room the values of a numeric without precision take: digits on each side."""

    before: int
    after: int


def reading_of(
    column: PgColumn,
    transport: Transport,
    *,
    on_nan: str = "error",
    declared: str | None = None,
    extent: Extent | None = None,
) -> Reading:
    """How to read one column. ``declared`` is the type that the project gives it."""
    plain = _undeclared(column, transport, on_nan, extent)
    if declared is None:
        return plain
    name = quote_identifier(column.name)
    if column.kind == "a" and declared.endswith("[]"):
        deep = evolve(column, dimensions=declared.count("[]"))
        plain = _undeclared(deep, transport, on_nan, extent)
    elif column.type == "numeric" or column.kind == "a":
        return Reading(asked=plain.asked, made=f"CAST({name} AS {declared})", type=declared)
    return Reading(asked=plain.asked, made=f"CAST({plain.made} AS {declared})", type=declared)


def _undeclared(
    column: PgColumn, transport: Transport, on_nan: str, extent: Extent | None
) -> Reading:
    name = quote_identifier(column.name)
    if column.kind == "a":
        return _array(column, name)
    if column.type == "numeric":
        return _numeric(column, name, transport, on_nan, extent)
    if column.type in _TEMPORAL:
        return _temporal(column, name, _TEMPORAL[column.type])
    if column.type in _AS_TEXT:
        type = _AS_TEXT[column.type]
        return Reading(asked=f"{name}::text", made=f"CAST({name} AS {type})", type=type)
    if column.type in _PLAIN:
        type = _PLAIN[column.type]
        return Reading(asked=name, made=f"CAST({name} AS {type})", type=type)
    if column.type == "oid":
        return Reading(asked=f"{name}::int8", made=name, type="BIGINT")
    if column.type == "money":
        made = f"CAST({name} AS DECIMAL(19,2))"
        return Reading(asked=f"{name}::numeric::text", made=made, type="DECIMAL(19,2)")
    return Reading(asked=f"{name}::text", made=f"CAST({name} AS VARCHAR)", type="VARCHAR")


def fits(column: PgColumn) -> bool:
    """Whether a numeric's own precision is one that DuckDB has."""
    precision = column.precision
    return precision is not None and 0 <= precision[1] <= precision[0] <= WIDEST


def _numeric(
    column: PgColumn, name: str, transport: Transport, on_nan: str, extent: Extent | None
) -> Reading:
    asked = name if transport == "adbc" else f"{name}::text"
    if column.precision is not None and fits(column):
        precision, scale = column.precision
    elif extent is not None and extent.before + extent.after <= WIDEST:
        precision, scale = WIDEST, extent.after
    else:
        return Reading(asked=asked, made=f"CAST({name} AS DOUBLE)", type="DOUBLE")
    type = f"DECIMAL({precision},{scale})"
    otherwise = "NULL" if on_nan == "null" else _raise(column, "is NaN or infinite in some row")
    special = f"{name} > ':' OR {name} IN ('-inf', '-Infinity')"
    made = f"CASE WHEN {special} THEN {otherwise} ELSE CAST({name} AS {type}) END"
    return Reading(asked=asked, made=made, type=type)


def _temporal(column: PgColumn, name: str, type: str) -> Reading:
    most, least = _WRAPPED[type]
    made = (
        f"CASE WHEN {name} >= CAST({quote_literal(_EARLIEST)} AS {type}) OR isinf({name})"
        f" OR {name} IS NULL THEN {name}"
        f" WHEN {name} = CAST({quote_literal(most)} AS {type}) THEN CAST('infinity' AS {type})"
        f" WHEN {name} = CAST({quote_literal(least)} AS {type}) THEN CAST('-infinity' AS {type})"
        f" ELSE {_raise(column, 'is beyond the year 294246 in some row')} END"
    )
    return Reading(asked=name, made=made, type=type)


def _array(column: PgColumn, name: str) -> Reading:
    """As JSON of the elements' text, which keeps every digit and the depth."""
    element = _element(column)
    depth = column.dimensions
    shape = quote_literal("[" * depth + '"VARCHAR"' + "]" * depth)
    parsed = f"from_json_strict(CAST({name} AS JSON), {shape})"
    if element == "BLOB":
        parsed = _each(parsed, depth, "unhex(substr({}, 3))")
    type = element + "[]" * depth
    deeper, shallower = (quote_literal("[" * count) for count in (depth + 1, depth))
    other = f"starts_with({name}, {deeper}) OR NOT starts_with({name}, {shallower})"
    wrong = _raise(column, f"holds an array that is not {type}: declare it, or as JSON")
    # An empty array has no dimensions, however it was declared.
    made = (
        f"CASE WHEN {name} = '[]' THEN CAST([] AS {type}) WHEN {other} THEN {wrong}"
        f" ELSE CAST({parsed} AS {type}) END"
    )
    return Reading(asked=f"array_to_json({name}::text[])::text", made=made, type=type)


def _each(list: str, depth: int, act: str) -> str:
    if depth == 0:
        return act.format(list)
    item = f"x{depth}"
    return f"list_transform({list}, lambda {item}: {_each(item, depth - 1, act)})"


def _element(column: PgColumn) -> str:
    known: Mapping[str, str] = {**_PLAIN, **_AS_TEXT, **_TEMPORAL, "oid": "BIGINT"}
    if column.element == "numeric" and fits(column) and column.precision is not None:
        return "DECIMAL({},{})".format(*column.precision)
    return known.get(column.element, "VARCHAR")


def _raise(column: PgColumn, what: str) -> str:
    return f"error({quote_literal(f'column {column.name!r} {what}')})"
