"""The parts of a result that a function yielded one by one, as one query of one type a column.

A part that knows a column otherwise than those before it (whole numbers where they had floats,
nothing but NULL) is widened where no value changes by that, and refused by name elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.run.engine import stored_scan
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.values.columns import Column
from seeknal.values.errors import NodeError
from seeknal.values.relations import Scan

if TYPE_CHECKING:
    import duckdb

_BITS = {
    **{"TINYINT": 7, "SMALLINT": 15, "INTEGER": 31, "BIGINT": 63, "HUGEINT": 127},
    **{"UTINYINT": 8, "USMALLINT": 16, "UINTEGER": 32, "UBIGINT": 64},
}
_SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_FLOATS = ("FLOAT", "DOUBLE")
_MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP_NS")
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_EXACT_BITS = 53


@frozen
class Part:
    """Rows in a file of their own."""

    path: Path
    columns: tuple[Column, ...]


def scan_of_parts(cursor: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> Scan:
    """The rows of all parts, in order, columns matched by name."""
    if all(part.columns == parts[0].columns for part in parts):
        paths = ", ".join(quote_literal(str(part.path)) for part in parts)
        if stored_scan(parts[0].path, parts[0].columns) == stored_scan(parts[0].path, ()):
            select = f"SELECT * FROM read_parquet([{paths}], hive_partitioning = false)"
            return Scan(select, repeatable=True)
    types: dict[str, str] = {}
    empty: dict[str, str] = {}
    beyond: set[str] = set()
    for number, part in enumerate(parts, 1):
        for column in part.columns:
            key = column.name.lower()
            values, large = _values(cursor, part, column)
            if large:
                beyond.add(key)
            if values:
                types[key] = _learned(types.get(key, column.type), column, number, key in beyond)
            else:
                empty.setdefault(key, column.type)
    types = empty | types
    selects = (_select(part, types) for part in parts)
    return Scan(" UNION ALL BY NAME ".join(selects), repeatable=True)


def _select(part: Part, types: dict[str, str]) -> str:
    items = [
        f"CAST({quote_identifier(column.name)} AS {types[column.name.lower()]})"
        f" AS {quote_identifier(column.name)}"
        for column in part.columns
    ]
    return f"SELECT {', '.join(items)} FROM {stored_scan(part.path, part.columns)}"


def _learned(known: str, column: Column, number: int, beyond: bool) -> str:
    common = common_type(known, column.type, beyond)
    if common is None:
        raise NodeError(
            f"part {number} has column {column.name!r} of type {column.type},"
            f" where parts before it have {known}",
            code="SK0519",
            help="give the column one type in all parts",
        )
    return common


def _values(cursor: duckdb.DuckDBPyConnection, part: Part, column: Column) -> tuple[int, bool]:
    """How many values a column has, and whether some are whole numbers that a float rounds."""
    name = quote_identifier(column.name)
    whole = _BITS.get(column.type, 0) > _EXACT_BITS
    large = f"coalesce(bool_or({name} NOT BETWEEN -{2**53} AND {2**53}), false)"
    ((count, rounded),) = cursor.execute(
        f"SELECT count({name}), {large if whole else 'false'}"
        f" FROM {stored_scan(part.path, part.columns)}"
    ).fetchall()
    return int(count), bool(rounded)


def common_type(left: str, right: str, beyond: bool = True) -> str | None:
    """The type that holds all values of both as they are, or None.

    ``beyond``: among whole numbers there may be some that a float would round.
    """
    if left == right:
        return left
    if left in _MOMENTS and right in _MOMENTS:
        return max(left, right, key=_MOMENTS.index)
    if left in _BITS and right in _BITS:
        return _whole(left, right)
    if {left, right} <= {*_FLOATS, *_BITS} and {left, right} & {*_FLOATS}:
        exact = all(_BITS.get(type, 0) <= _EXACT_BITS for type in (left, right))
        return "DOUBLE" if exact or not beyond else None
    one, other = _digits(left), _digits(right)
    if one is None or other is None:
        return None
    before, decimals = max(one[0], other[0]), max(one[1], other[1])
    return f"DECIMAL({before + decimals},{decimals})" if before + decimals <= 38 else None


def _whole(left: str, right: str) -> str:
    widest = max(left, right, key=lambda type: _BITS[type])
    if left[0] == right[0] == "U":
        return widest
    return next(type for type in _SIGNED if _BITS[type] >= _BITS[widest])


def _digits(type: str) -> tuple[int, int] | None:
    """How many digits before the point and after it values of a type have."""
    if type in _BITS:
        return len(str(2 ** _BITS[type])), 0
    found = _DECIMAL.fullmatch(type)
    return (int(found[1]) - int(found[2]), int(found[2])) if found else None
