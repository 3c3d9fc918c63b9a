"""Moments of frames and Arrow data that DuckDB has no room for or would take for infinity.

DuckDB keeps -infinity and infinity as the least and the greatest numbers of each type, which
frames have for moments like any others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from seeknal.rows.scans import columns_of
from seeknal.run.python.frames import column_refusal
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.sql.typetree import type_tree

if TYPE_CHECKING:
    import duckdb

    from seeknal.sql.typetree import TypeTree
    from seeknal.values.errors import NodeError

_MOMENT = re.compile(r"(DATE|TIMESTAMP\w*)( WITH TIME ZONE)?")
# They become TIMESTAMP where they are stored, and between these it has all of them.
_COARSE = ("TIMESTAMP_S", "TIMESTAMP_MS")
_LEAST, _GREATEST = "290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54"
_WHY = "which DuckDB has no room for or would take for infinity"
_HELP = "put None or a nearer moment in its place"


def refuse_far_moments(cursor: duckdb.DuckDBPyConnection, select: str) -> None:
    """Raise NodeError for the first column with such a moment; reads the rows once."""
    import duckdb

    conditions = _conditions(cursor, select)
    if not conditions:
        return
    asked = ", ".join(f"bool_or({condition})" for condition in conditions.values())
    try:
        (found,) = cursor.execute(f"SELECT {asked} FROM ({select})").fetchall()
    except duckdb.ConversionException:
        for name, condition in conditions.items():
            _refuse_unreadable(cursor, select, name, condition)
        raise
    for (name, condition), wrong in zip(conditions.items(), found, strict=True):
        if wrong:
            raise _refusal(cursor, select, name, condition)


def stopping_at_far_moments(cursor: duckdb.DuckDBPyConnection, select: str) -> str:
    """``select``, of rows that can be read but once, as one that fails at such a moment."""
    types = {column.name: column.type for column in columns_of(cursor.sql(select))}
    items = []
    for name, condition in _conditions(cursor, select).items():
        quoted = quote_identifier(name)
        refusal = column_refusal(name, types[name], f"with a moment {_WHY}", _HELP)
        text = quote_literal(f"{refusal.message}; {_HELP}")
        items.append(f"CASE WHEN {condition} THEN error({text}) ELSE {quoted} END AS {quoted}")
    return f"SELECT * REPLACE ({', '.join(items)}) FROM ({select})" if items else select


def _conditions(cursor: duckdb.DuckDBPyConnection, select: str) -> Mapping[str, str]:
    """What is true of such values, for each column that may have some."""
    return {
        column.name: _beyond(type_tree(column.type), quote_identifier(column.name))
        for column in columns_of(cursor.sql(select))
        if _MOMENT.search(column.type) and _has_moments(type_tree(column.type))
    }


def _has_moments(tree: TypeTree) -> bool:
    return any(_MOMENT.fullmatch(part.name) for part in tree.walk())


def _beyond(tree: TypeTree, value: str) -> str:
    if tree.name in _COARSE:
        least, greatest = (f"CAST('{end}' AS {tree.text})" for end in (_LEAST, _GREATEST))
        return f"({value} NOT BETWEEN {least} AND {greatest})"
    if _MOMENT.fullmatch(tree.name):
        ends = (f"CAST('{end}' AS {tree.text})" for end in ("infinity", "-infinity"))
        return f"({value} IN ({', '.join(ends)}))"
    if tree.name in ("LIST", "ARRAY"):
        return _beyond_in_list(tree.parts[0], value)
    if tree.name == "MAP":
        sides = zip(("map_keys", "map_values"), tree.parts, strict=True)
        inner = [
            _beyond_in_list(part, f"{side}({value})") for side, part in sides if _has_moments(part)
        ]
    elif tree.name == "UNION":
        inner = [
            _beyond(part, f"union_extract({value}, {quote_literal(str(name))})")
            for name, part in tree.fields
            if _has_moments(part)
        ]
    else:
        inner = [
            _beyond(part, f"struct_extract_at({value}, {number})")
            for number, part in enumerate(tree.parts, 1)
            if _has_moments(part)
        ]
    return f"({' OR '.join(f'coalesce({condition}, false)' for condition in inner)})"


def _beyond_in_list(item: TypeTree, value: str) -> str:
    name = f"x{len(value)}"
    return f"list_bool_or(list_transform({value}, lambda {name}: {_beyond(item, name)}))"


def _refuse_unreadable(
    cursor: duckdb.DuckDBPyConnection, select: str, name: str, condition: str
) -> None:
    """Raise NodeError where this is the column that DuckDB cannot read."""
    import duckdb

    try:
        cursor.execute(f"SELECT bool_or({condition}) FROM ({select})").fetchall()
    except duckdb.ConversionException:
        raise _named(cursor, select, name, "a moment") from None


def _refusal(
    cursor: duckdb.DuckDBPyConnection, select: str, name: str, condition: str
) -> NodeError:
    ((row,),) = cursor.execute(
        f"SELECT min(n) FROM (SELECT row_number() OVER () AS n, {condition} AS wrong"
        f" FROM ({select})) WHERE wrong"
    ).fetchall()
    return _named(cursor, select, name, f"a moment in row {row:,}")


def _named(cursor: duckdb.DuckDBPyConnection, select: str, name: str, what: str) -> NodeError:
    types = {column.name: column.type for column in columns_of(cursor.sql(select))}
    return column_refusal(name, types[name], f"with {what} {_WHY}", _HELP)
