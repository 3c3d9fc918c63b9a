"""A value as another type where that changes nothing of it, and an error that shows it otherwise.

What a database sends as text, and what a project declares for a column, is read by these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.sql.typetree import type_tree
from seeknal.sql.unlike import WHOLE, unlike

if TYPE_CHECKING:
    from collections.abc import Callable

    from seeknal.sql.typetree import TypeTree

APPROXIMATE = ("FLOAT", "DOUBLE")
_NESTED = ("LIST", "ARRAY", "MAP", "STRUCT")
_SHOWN = 80
_LONG = r"[0-9][0-9.]{15,}|[0-9][eE]"
"""What may be a number that a DOUBLE does not hold."""


def read_as(text: str, type: str, column: str) -> str:
    """A text that people wrote, as the type that they declare for it, and nothing near to it."""
    return _read(text, text, type, column)


def parts_as(value: str, type: str, column: str) -> str:
    """A list, map or struct, or several in each other, of texts, each as its type in ``type``."""
    return _parts(value, type, _texts(column))


def converted(value: str, type: str, declared: str, column: str) -> str:
    """A value of ``type`` as the declared one, where that leads back to it."""
    if type == "JSON" and declared != "VARCHAR":
        if _is_nested(declared):
            return _read_nested(value, declared, column, json=True)
        return _read(f"({value} ->> '$')", value, declared, column)
    cast = f"TRY_CAST({value} AS {declared})"
    fine = f"{cast} IS NOT NULL"
    if _is_day(type) and _is_clock(declared):
        fine = "false"
    elif declared not in APPROXIMATE and _reversible(type, declared):
        fine = f"TRY_CAST({cast} AS {type}) = {value}"
    return _unless(fine, cast, value, declared, column)


def holds(value: str, column: str, what: str) -> str:
    """An error that shows the value: ``column 'a' holds 1.5, which INTEGER does not hold``."""
    before, after = quote_literal(f"column {column!r} holds "), quote_literal(f", {what}")
    return f"error({before} || left(CAST({value} AS VARCHAR), {_SHOWN}) || {after})"


def _read(text: str, shown: str, type: str, column: str) -> str:
    """``shown`` is what an error shows, and what is NULL where nothing is to be read."""
    if _is_nested(type):
        return _read_nested(text, type, column, json=False)
    cast = f"TRY_CAST({text} AS {type})"
    wrong = unlike(text, type)
    fine = f"{cast} IS NOT NULL" + (f" AND NOT ({wrong})" if wrong else "")
    return _unless(fine, cast, shown, type, column)


@frozen(kw_only=True)
class _Within:
    """How the values within a nested one are read: as which type at first, and then as theirs."""

    loose: Callable[[TypeTree], str]
    read: Callable[[TypeTree, str], str]


def _texts(column: str) -> _Within:
    def read(tree: TypeTree, value: str) -> str:
        return value if tree.text == "VARCHAR" else read_as(value, tree.text, column)

    return _Within(loose=lambda tree: "VARCHAR", read=read)


def _numbers(column: str) -> _Within:
    """Decimals as decimals with all that they may say, and all else as texts."""
    texts = _texts(column)

    def read(tree: TypeTree, value: str) -> str:
        if not _is_decimal(tree):
            return texts.read(tree, value)
        cast = f"TRY_CAST({value} AS {tree.text})"
        return _unless(f"{cast} = {value}", cast, value, tree.text, column)

    return _Within(
        loose=lambda tree: _widest(tree.text) if _is_decimal(tree) else texts.loose(tree), read=read
    )


def _read_nested(value: str, type: str, column: str, *, json: bool) -> str:
    """Numbers of JSON that a DOUBLE does not hold are read as decimals, of which it has no text."""
    made = _nested("v", type, column, _texts(column))
    if json and any(map(_is_decimal, type_tree(type).walk())):
        exact = _nested("v", type, column, _numbers(column))
        long = f"regexp_matches(CAST(v AS VARCHAR), '{_LONG}')"
        made = f"CASE WHEN {long} THEN {exact} ELSE {made} END"
    return _once(value, "v", made)


def _nested(value: str, type: str, column: str, within: _Within) -> str:
    loose = f"TRY(CAST({value} AS {_loose(type_tree(type), within)}))"
    made = f"CAST({_parts(loose, type, within)} AS {type})"
    return _unless(f"{loose} IS NOT NULL", made, value, type, column)


def _parts(value: str, type: str, within: _Within) -> str:
    return _once(value, "x", _each(type_tree(type), "x", within))


def _once(value: str, name: str, made: str) -> str:
    """``made`` of a value that it calls ``name``: it may be long, or what TRY does not take."""
    return f"list_transform([{value}], lambda {name}: {made})[1]"


def _loose(tree: TypeTree, within: _Within) -> str:
    """The type of the same form, with other types for the values within it."""
    if _is_form(tree):
        return tree.spelled([_loose(part, within) for part in tree.parts])
    return within.loose(tree)


def _widest(decimal: str) -> str:
    """The decimal with as many digits before the point, and all others behind it."""
    digits, _, scale = decimal.removeprefix("DECIMAL(").rstrip(")").partition(",")
    return f"DECIMAL(38,{38 - int(digits) + int(scale)})"


def _is_decimal(tree: TypeTree) -> bool:
    return not _is_form(tree) and tree.text.startswith("DECIMAL(")


def _each(tree: TypeTree, value: str, within: _Within) -> str:
    if not _is_form(tree):
        return within.read(tree, value)
    item = f"{value.partition('.')[0].partition('[')[0]}x"
    if tree.name in ("LIST", "ARRAY"):
        return f"list_transform({value}, lambda {item}: {_each(tree.parts[0], item, within)})"
    if tree.name == "MAP":
        key, held = (
            _each(part, f"{item}.{name}", within)
            for name, part in zip(("key", "value"), tree.parts, strict=True)
        )
        pair = f"struct_pack(k := {key}, v := {held})"
        pairs = f"list_transform(map_entries({value}), lambda {item}: {pair})"
        return f"CASE WHEN {value} IS NOT NULL THEN map_from_entries({pairs}) END"
    fields = [
        f"{quote_identifier(str(name))} := {_each(part, _field(value, str(name)), within)}"
        for name, part in tree.fields
    ]
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({', '.join(fields)}) END"


def _field(value: str, name: str) -> str:
    return f"{value}[{quote_literal(name)}]"


def _is_nested(type: str) -> bool:
    return type.endswith(("]", ")")) and _is_form(type_tree(type))


def _is_form(tree: TypeTree) -> bool:
    return tree.name in _NESTED


def _reversible(one: str, other: str) -> bool:
    families = (_is_number, _is_day, _is_clock, _is_nested)
    return any(family(one) and family(other) for family in families)


def _is_number(type: str) -> bool:
    return type in (*WHOLE, *APPROXIMATE, "BOOLEAN") or (
        type.startswith("DECIMAL") and not type.endswith("]")
    )


def _is_day(type: str) -> bool:
    return type == "DATE" or (type.startswith("TIMESTAMP") and not type.endswith("]"))


def _is_clock(type: str) -> bool:
    return type in ("TIME", "TIME_NS", "TIME WITH TIME ZONE")


def _unless(fine: str, made: str, value: str, type: str, column: str) -> str:
    wrong = holds(value, column, f"which {type} does not hold")
    return (
        f"CASE WHEN {value} IS NULL THEN NULL WHEN coalesce({fine}, false) THEN {made}"
        f" ELSE {wrong} END"
    )
