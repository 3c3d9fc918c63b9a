"""What a value is compared as where its type may differ from that of before.

A batch gives a column the type that its own values need: ``7`` comes as another type beside
``1.5`` than alone. Equal values are the same row then; values of one type are compared to the bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.sql.typetree import type_tree

if TYPE_CHECKING:
    from seeknal.sql.typetree import TypeTree

_WHOLE = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "BIGNUM"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)
_APPROXIMATE = ("FLOAT", "DOUBLE")
_NUMBERS = ("DECIMAL", *_WHOLE, *_APPROXIMATE)
_TIMES = (
    *("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
    *("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"),
)
_TEXTS = ("VARCHAR", "JSON", "ENUM")
_LISTS = ("LIST", "ARRAY")
_LOOSE = (*_APPROXIMATE, "INTERVAL", "TIME WITH TIME ZONE")
"""Of these DuckDB takes values for equal that are not the same: 30 days and a month."""


def comparable(value: str, own: str, other: str | None) -> str:
    """``value`` of the type ``own`` as what it is compared by with values of the type ``other``.

    None: there is none, and all of those are NULL.
    """
    tree = type_tree(own)
    if other is None:
        return f"CAST({_exact(value, tree)} AS VARCHAR)"
    return _between(value, tree, type_tree(other))


def _between(value: str, own: TypeTree, other: TypeTree) -> str:
    if own.text == other.text:
        return _exact(value, own)
    if own.name in _NUMBERS and other.name in _NUMBERS:
        return _number(value, own, other)
    if own.name in _TIMES and other.name in _TIMES:
        return f"coalesce({_text(f'TRY_CAST({value} AS TIMESTAMPTZ)')}, {_text(value)})"
    if own.name in _LISTS and other.name in _LISTS:
        item = _item(value)
        each = _between(item, own.parts[0], other.parts[0])
        return f"list_transform({value}, lambda {item}: {each})"
    if own.name == other.name == "STRUCT":
        return _struct(value, own, other)
    if own.name in _TEXTS and other.name not in _TEXTS:
        return _read(value, other)
    return _digits(value) if own.name == "DECIMAL" else _text(value)


def _read(value: str, other: TypeTree) -> str:
    """A text as the value of another type that it writes, or as itself."""
    if other.name == "DECIMAL":
        is_number = f"regexp_full_match({_text(value)}, '-?\\d+(\\.\\d+)?')"
        return f"CASE WHEN {is_number} THEN {_digits(value)} ELSE {_text(value)} END"
    written = [value]
    if other.name in _LISTS:
        # Databases write lists in braces.
        written.append(f"translate({_text(value)}, '{{}}', '[]')")
    if other.name == "INTERVAL":
        written.append(f"replace({_text(value)}, '+', '')")
    casts = [_text(f"TRY_CAST({each} AS {other.text})") for each in written]
    return f"coalesce({', '.join(casts)}, {_text(value)})"


def _exact(value: str, tree: TypeTree) -> str:
    return _text(value) if any(part.name in _LOOSE for part in tree.walk()) else value


def _text(value: str) -> str:
    return f"CAST({value} AS VARCHAR)"


def _number(value: str, own: TypeTree, other: TypeTree) -> str:
    """Digits without the zeros behind the last; of a float no more than it has."""
    floats = [name for name in _APPROXIMATE if name in (own.name, other.name)]
    if floats:
        return _text(f"CAST({value} AS {floats[0]})")
    return _digits(value) if own.name == "DECIMAL" else _text(value)


def _digits(value: str) -> str:
    digits = _text(value)
    return (
        f"CASE WHEN contains({digits}, '.') THEN rtrim(rtrim({digits}, '0'), '.') ELSE {digits} END"
    )


def _item(value: str) -> str:
    """A name for the items of a list that does not stand in ``value`` already."""
    depth = 0
    while f"item{depth}" in value:
        depth += 1
    return f"item{depth}"


def _struct(value: str, own: TypeTree, other: TypeTree) -> str:
    """Its fields that are not NULL, as texts in the order of their names."""
    others = {_name(name): part for name, part in other.fields}
    texts = []
    for name, part in sorted(own.fields, key=lambda field: _name(field[0])):
        field = f"struct_extract({value}, {quote_literal(name or '')})"
        found = others.get(_name(name))
        compared = _exact(field, part) if found is None else _between(field, part, found)
        label = quote_literal(f"{quote_identifier(_name(name))}:")
        texts.append(
            f"CASE WHEN {field} IS NOT NULL THEN {label} || {_text(f'to_json({compared})')} END"
        )
    kept = f"list_filter([{', '.join(texts)}], lambda text: text IS NOT NULL)"
    return f"CASE WHEN {value} IS NOT NULL THEN {kept} END"


def _name(name: str | None) -> str:
    return (name or "").lower()
