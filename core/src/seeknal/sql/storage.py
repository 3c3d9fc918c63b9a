"""How rows are kept in Parquet without losing what Parquet has no type for.

DuckDB writes HUGEINT as DOUBLE, which drops digits, INTERVAL in milliseconds and none below
zero, times with a zone without it, and of other types, such as ENUM and UNION, only the values:
here each is stored as a type that holds it and read back as what it was. The types of such
columns stand in the file's own metadata, so that files of equal values and different types
differ.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.sql.typetree import TypeTree, type_tree
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.values.columns import Column

STORED_AS = {
    "HUGEINT": "DECIMAL(38,0)",
    "UHUGEINT": "DECIMAL(38,0)",
    "INTERVAL": "VARCHAR",
    "TIME WITH TIME ZONE": "VARCHAR",
    "BIT": "VARCHAR",
    "BIGNUM": "VARCHAR",
    "TIME_NS": "VARCHAR",
    "ENUM": "VARCHAR",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
}
"""Types that are stored as others, with whatever stands in brackets after them."""
WIDE = ("HUGEINT", "UHUGEINT")
"""Types of which some values need more than a DECIMAL has."""
WIDE_METADATA = "seeknal_wide"
"""The key of a file's metadata that says that it has integers as text."""
METADATA = "seeknal_types"
"""The key of a file's metadata under which the types stand that Parquet does not tell."""
_WORDS = (*STORED_AS, "UNION", "TUPLE", "GEOMETRY")
_MAYBE_SPECIAL = Pattern(rf"\b({'|'.join(_WORDS)})\b|\[\d")
_KEPT = frozenset(
    (
        *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "VARCHAR", "BLOB", "UUID", "JSON"),
        *("DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS"),
        *("LIST", "MAP", "STRUCT", '"NULL"'),
    )
)
# Types whose values were stored without them by versions that wrote no METADATA.
_ONCE_LOST = frozenset(
    ("ENUM", "UNION", "ARRAY", "TUPLE", "TIMESTAMP_S", "TIMESTAMP_MS", "GEOMETRY")
)
COPY_OPTIONS = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880"

_Change = Callable[[TypeTree, str], str]
"""From a type and an expression of it to another expression."""


def copy_statement(
    select: str,
    columns: Sequence[Column],
    path: str,
    *,
    wide: bool = False,
    metadata: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The COPY that stores ``select``'s rows; ``wide``: also integers of more than 38 digits.

    ``metadata``: what else the file says of itself, by names that are words.
    """
    types = {column.name: column.type for column in columns if special(column.type)}
    said = {**({METADATA: json.dumps(types)} if types else {}), **metadata}
    if wide and wide_columns(columns):
        said[WIDE_METADATA] = "true"
    entries = ", ".join(f"{key}: {quote_literal(value)}" for key, value in said.items())
    told = f", KV_METADATA {{{entries}}}" if said else ""
    rows = as_parquet(select, columns, wide=wide)
    return f"COPY ({rows}) TO {quote_literal(path)} ({COPY_OPTIONS}{told})"


def as_parquet(select: str, columns: Sequence[Column], *, wide: bool = False) -> str:
    """``select`` with types that Parquet holds; the newline ends a trailing ``--`` comment."""
    items = encoded(columns, wide=wide)
    return f"{select}\n" if items == "*" else f"SELECT {items} FROM ({select}\n)"


def encoded(columns: Sequence[Column], *, wide: bool = False) -> str:
    """What stands after SELECT to give rows of ``columns`` types that Parquet holds."""
    return _star(
        [(column.name, text) for column in columns if (text := _encoded(column, wide)) is not None]
    )


def scan_of(path: str, columns: Sequence[Column]) -> str:
    """What stands after FROM to read an artifact with its columns' own types."""
    return scan_of_files([path], columns)


def scan_of_files(paths: Sequence[str], columns: Sequence[Column], *, mixed: bool = False) -> str:
    """What stands after FROM to read files of the same columns.

    ``mixed``: some may have integers as text.
    """
    items = _star(
        [(column.name, text) for column in columns if (text := decoded(column)) is not None]
    )
    reader = read_files(paths, mixed=mixed)
    return reader if items == "*" else f"(SELECT {items} FROM {reader})"


def read_files(paths: Sequence[str], *, mixed: bool = False) -> str:
    """The table function that reads files of the same columns, as the types that are stored."""
    files = ", ".join(map(quote_literal, paths))
    if len(paths) == 1:
        # A folder above the project that is called a=b must not become a column.
        return f"read_parquet({files}, hive_partitioning = false)"
    # For which DuckDB looks into all of them before it reads any.
    united = ", union_by_name = true" if mixed else ""
    return f"read_parquet([{files}], hive_partitioning = false{united})"


def decoded(column: Column) -> str | None:
    """What gives a stored column its own type; None where it has it."""
    tree = special(column.type)
    return None if tree is None else _decode(tree, quote_identifier(column.name))


@cache
def special(type: str) -> TypeTree | None:
    """The tree of a type that Parquet does not keep, None for one that it does."""
    if not _MAYBE_SPECIAL.search(type):
        return None
    tree = _tree_of(type)
    return tree if tree and any(_is_special(part) for part in tree.walk()) else None


@cache
def once_lost(type: str) -> bool:
    """Whether versions that stored no types gave readers another one."""
    tree = special(type)
    return tree is not None and any(part.name in _ONCE_LOST for part in tree.walk())


def wide_columns(columns: Sequence[Column]) -> list[str]:
    """The names of columns that may hold integers of more than 38 digits."""
    return [
        column.name
        for column in columns
        if (tree := special(column.type)) and any(part.name in WIDE for part in tree.walk())
    ]


def _tree_of(type: str) -> TypeTree | None:
    """None for what a later DuckDB may write: it is not `is_kept`, so that somebody looks."""
    try:
        return type_tree(type)
    except ValueError:
        return None


@cache
def is_kept(type: str) -> bool:
    """Whether Parquet is known to keep the type as it is, so that nobody need look."""
    tree = _tree_of(type)
    return tree is not None and all(part.name in _KEPT for part in tree.walk())


def _is_special(tree: TypeTree) -> bool:
    return tree.name in _WORDS or tree.name == "ARRAY"


def _encoded(column: Column, wide: bool) -> str | None:
    """What is stored of a column; None for its values as they are."""
    tree, name = special(column.type), quote_identifier(column.name)
    if tree is None:
        return None
    if not _needs_functions(tree):
        stored = _stored(tree, wide)
        return None if stored == tree.text else f"CAST({name} AS {stored})"
    return _encode(tree, name, wide)


def _stored(tree: TypeTree, wide: bool) -> str:
    """The type that holds it, where a cast is all that is needed."""
    if tree.name in WIDE and wide:
        return "VARCHAR"
    if tree.name in STORED_AS:
        return STORED_AS[tree.name]
    return tree.spelled([_stored(part, wide) for part in tree.parts])


def _listed(tree: TypeTree) -> str:
    """The type with lists for arrays, of which DuckDB 1.5 has no CASE."""
    inner = [_listed(part) for part in tree.parts]
    return f"{inner[0]}[]" if tree.name == "ARRAY" else tree.spelled(inner)


def _needs_functions(tree: TypeTree) -> bool:
    """Whether a cast does not do: between unions and structs, and for what is in them."""
    inner = [part for child in tree.parts for part in child.walk()]
    unnamed = any(part.name == "STRUCT" and None in dict(part.fields) for part in tree.walk())
    return (
        unnamed
        or any(part.name in ("UNION", "TUPLE") for part in tree.walk())
        or any(part.name in ("GEOMETRY", "INTERVAL") for part in inner)
    )


def _has_arrays(tree: TypeTree) -> bool:
    return any(part.name == "ARRAY" for part in tree.walk())


def _encode(tree: TypeTree, value: str, wide: bool) -> str:
    def change(part: TypeTree, value: str) -> str:
        if part.name == "UNION":
            return _union_as_struct(part, value, change)
        if part.name == "GEOMETRY":
            return f"ST_AsWKB({value})" if part is not tree else value
        if part.name in STORED_AS:
            return f"CAST({value} AS {_stored(part, wide)})"
        return _rebuilt(part, value, change)

    return change(tree, f"CAST({value} AS {_listed(tree)})" if _has_arrays(tree) else value)


def _decode(tree: TypeTree, value: str) -> str:
    if not _needs_functions(tree) and tree.name != "INTERVAL":
        return f"CAST({value} AS {tree.text})"

    def change(part: TypeTree, value: str) -> str:
        if part.name == "UNION":
            return _struct_as_union(part, value, change)
        if part.name == "GEOMETRY":
            return f"CAST(ST_GeomFromWKB({value}) AS {part.text})"
        if part.name == "INTERVAL":
            return _interval(value)
        if part.name in STORED_AS:
            return f"CAST({value} AS {part.text})"
        return _rebuilt(part, value, change)

    rebuilt = change(tree, value)
    return f"CAST({rebuilt} AS {tree.text})" if _has_arrays(tree) else rebuilt


_CLOCK = r"'(-?)(\d+):(\d\d):(\d\d(?:\.\d+)?)$', '\1\2 hours \1\3 minutes \1\4 seconds'"


def _interval(value: str) -> str:
    # DuckDB 1.5 writes more hours as a clock's than it reads.
    spelled = f"CAST(regexp_replace(CAST({value} AS VARCHAR), {_CLOCK}) AS INTERVAL)"
    return f"coalesce(TRY_CAST({value} AS INTERVAL), {spelled})"


def _union_as_struct(tree: TypeTree, value: str, change: _Change) -> str:
    """The number of the member that it is, then all of them: DuckDB's own form of a union."""
    taken = {str(name).lower() for name, _ in tree.fields}
    tag = next(name for n in range(len(taken) + 1) if (name := "tag" + "_" * n) not in taken)
    items = [f"{quote_identifier(tag)} := CAST(enum_code(union_tag({value})) AS UTINYINT)"]
    items += [
        f"{quote_identifier(str(name))} := "
        + change(part, f"union_extract({value}, {quote_literal(str(name))})")
        for name, part in tree.fields
    ]
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({', '.join(items)}) END"


def _struct_as_union(tree: TypeTree, value: str, change: _Change) -> str:
    whens = [
        f"WHEN {number} THEN CAST(union_value({quote_identifier(str(name))} := "
        f"{change(part, f'struct_extract_at({value}, {number + 2})')}) AS {_listed(tree)})"
        for number, (name, part) in enumerate(tree.fields)
    ]
    return f"CASE struct_extract_at({value}, 1) {' '.join(whens)} END"


def _rebuilt(tree: TypeTree, value: str, change: _Change) -> str:
    """A value of the same form, with ``change`` made to what is in it."""
    if all(special(part.text) is None for part in tree.parts) and tree.name != "TUPLE":
        return value
    if tree.name in ("LIST", "ARRAY"):
        item = _variable(value)
        return f"list_transform({value}, lambda {item}: {change(tree.parts[0], item)})"
    if tree.name == "MAP":
        item = _variable(value)
        key, held = (
            change(part, f"struct_extract_at({item}, {number})")
            for number, part in enumerate(tree.parts, 1)
        )
        pair = f"struct_pack(k := {key}, v := {held})"
        pairs = f"list_transform(map_entries({value}), lambda {item}: {pair})"
        return f"CASE WHEN {value} IS NOT NULL THEN map_from_entries({pairs}) END"
    if None in dict(tree.fields):
        return _tuple(tree, value, change)
    items = ", ".join(
        f"{quote_identifier(str(name))} := {change(part, f'struct_extract_at({value}, {number})')}"
        for number, (name, part) in enumerate(tree.fields, 1)
    )
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({items}) END"


def _tuple(tree: TypeTree, value: str, change: _Change) -> str:
    items = ", ".join(
        change(part, f"struct_extract_at({value}, {number})")
        for number, part in enumerate(tree.parts, 1)
    )
    return f"CASE WHEN {value} IS NOT NULL THEN row({items}) END"


def _variable(value: str) -> str:
    """A name that no part of ``value`` has."""
    return next(name for n in range(len(value) + 1) if (name := f"x{n}") not in value)


def _star(replaced: Sequence[tuple[str, str]]) -> str:
    items = ", ".join(f"{value} AS {quote_identifier(name)}" for name, value in replaced)
    return f"* REPLACE ({items})" if items else "*"
