"""What is written to JSON files for values that JSON has no way to write.

NaN and infinity are null, and a warning counts them: a bare ``NaN`` is no JSON. DuckDB writes a
number inside a column of type JSON anew, as a double; one that would lose digits is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from seeknal.builtin.jsontypes import Leaf, ListOf, MapOf, StructOf, type_tree
from seeknal.plugin import (
    DeliveryError,
    quote_identifier,
    quote_literal,
    value_of,
)

if TYPE_CHECKING:
    from seeknal.builtin.jsontypes import Type
    from seeknal.plugin import (
        Column,
        Context,
        Relation,
    )

_FLOATS = ("FLOAT", "DOUBLE")
_FREE = re.compile(r"\b(JSON|VARIANT|UNION\()")
_TOKENS = "NaN|Infinity"
_STRINGS = r'"(?:[^"\\]|\\.)*"'
_LONG = "[0-9.]{16,}(?:[eE][-+]?[0-9]+)?"


def json_value(column: Column) -> str | None:
    """The column with null for each number that is none; None when it has no such numbers."""
    if not _has_floats(column):
        return None
    return _finite(_lists(column), _tree(column))


def check_json(relation: Relation, context: Context) -> None:
    """Warn of numbers that are written as null, and refuse what JSON cannot hold."""
    for column in relation.columns:
        if _FREE.search(column.type):
            _check_free(column, relation, context)
    floats = [column for column in relation.columns if _has_floats(column)]
    if not floats:
        return
    odd = " + ".join(f"sum({_odd(column)})" for column in floats)
    ((count,),) = context.duckdb.execute(f"SELECT {odd} FROM {relation.scan}").fetchall()
    if count:
        text = "%s written as null: JSON has neither NaN nor infinity"
        context.log.warning(text, "1 value is" if count == 1 else f"{int(count):,} values are")


def _has_floats(column: Column) -> bool:
    return any(word in column.type for word in _FLOATS) and not _FREE.search(column.type)


def _tree(column: Column) -> Type:
    from duckdb import sqltype

    return type_tree(sqltype(_without_arrays(column.type)))


def _lists(column: Column) -> str:
    """The column with lists in place of arrays, which are written the same."""
    name, type = quote_identifier(column.name), _without_arrays(column.type)
    return name if type == column.type else f"CAST({name} AS {type})"


def _without_arrays(type: str) -> str:
    """The type, with ``[]`` for ``[3]`` where that is not part of a name."""
    return _ARRAY.sub(lambda found: found[1] or "[]", type)


_ARRAY = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')|\[\d+\]""")


def _odd(column: Column) -> str:
    """How many numbers of the column are none: by how many more NULLs there are once written."""
    sql, tree = _lists(column), _tree(column)
    return f"{_nulls(_finite(sql, tree), tree)} - {_nulls(sql, tree)}"


def _nulls(sql: str, type: Type) -> str:
    """How many numbers below ``sql`` are NULL."""
    if isinstance(type, Leaf):
        return f"CAST({sql} IS NULL AS BIGINT)"
    if isinstance(type, StructOf):
        parts = [
            _nulls(f"struct_extract({sql}, {quote_literal(n)})", t) for n, t in type.fields.items()
        ]
        return f"({' + '.join(parts)})" if parts else "0"
    inner = type.item if isinstance(type, ListOf) else type.value
    items = sql if isinstance(type, ListOf) else f"map_values({sql})"
    return f"coalesce(list_sum(list_transform({items}, lambda item: {_nulls('item', inner)})), 0)"


def _finite(sql: str, type: Type) -> str:
    """``sql`` with NULL for what is no finite number."""
    if isinstance(type, Leaf):
        if type.type in _FLOATS:
            return f"CASE WHEN isfinite({sql}) THEN {sql} END"
        return sql
    if not any(word in str(type) for word in _FLOATS):
        return sql
    if isinstance(type, ListOf):
        return f"list_transform({sql}, lambda item: {_finite('item', type.item)})"
    if isinstance(type, MapOf):
        entry = f"{{'key': item.key, 'value': {_finite('item.value', type.value)}}}"
        return f"map_from_entries(list_transform(map_entries({sql}), lambda item: {entry}))"
    fields = ", ".join(
        f"{quote_identifier(name)} := {_finite(_field(sql, name), field)}"
        for name, field in type.fields.items()
    )
    return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({fields}) END"


def _field(sql: str, name: str) -> str:
    return f"struct_extract({sql}, {quote_literal(name)})"


def _check_free(column: Column, relation: Relation, context: Context) -> None:
    """Refuse what stands in a column whose values DuckDB writes as JSON by itself."""
    name = quote_identifier(column.name)
    text = f"CAST({name if column.type == 'JSON' else f'to_json({name})'} AS VARCHAR)"
    bare = f"regexp_replace({text}, {quote_literal(_STRINGS)}, '\"\"', 'g')"
    cut = (
        "regexp_matches(item, '[.eE]')"
        " AND CAST(TRY_CAST(item AS DOUBLE) AS VARCHAR) IS DISTINCT FROM item"
        " AND format('{:.17g}', TRY_CAST(item AS DOUBLE)) IS DISTINCT FROM item"
    )
    numbers = f"regexp_extract_all({bare}, {quote_literal(_LONG)})"
    long = f"len(list_filter({numbers}, lambda item: {cut})) > 0"
    odd = f"regexp_matches({bare}, '{_TOKENS}') OR {long}"
    likely = f"regexp_matches({text}, '{_TOKENS}|[0-9.]{{16}}')"
    query = (
        f"SELECT left({text}, 100) FROM {relation.scan}"
        f" WHERE CASE WHEN {likely} THEN {odd} END LIMIT 1"
    )
    found: Any = context.duckdb.execute(query).fetchall()
    if found:
        value = value_of(column.name, found[0][0], context.pii(relation.node))
        raise DeliveryError(
            f"column {column.name!r} of {relation.node} holds a number that JSON has no way"
            f" to write: {value}",
            code="SK0785",
            help="cast the column to VARCHAR in SQL, or take the number out of it",
        )
