"""A value as another type where that changes nothing of it, and an error that shows it otherwise.

What a database sends as text, and what a project declares for a column, is read by these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.sql.typetree import type_tree
from seeknal.sql.unlike import WHOLE, unlike

if TYPE_CHECKING:
    from seeknal.sql.typetree import TypeTree

APPROXIMATE = ("FLOAT", "DOUBLE")
_NESTED = ("LIST", "ARRAY", "MAP", "STRUCT")
_SHOWN = 80


def read_as(text: str, type: str, column: str) -> str:
    """A text that people wrote, as the type that they declare for it, and nothing near to it."""
    return _read(text, text, type, column)


def parts_as(value: str, type: str, column: str) -> str:
    """A list, map or struct, or several in each other, of texts, each as its type in ``type``."""
    return _once(value, "x", _each(type_tree(type), "x", column))


def converted(value: str, type: str, declared: str, column: str) -> str:
    """A value of ``type`` as the declared one, where that leads back to it."""
    if type == "JSON" and declared != "VARCHAR":
        inner = value if _is_nested(declared) else f"({value} ->> '$')"
        return _read(inner, value, declared, column)
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
        loose = f"TRY(CAST(v AS {_of_texts(type_tree(type))}))"
        made = f"CAST({parts_as(loose, type, column)} AS {type})"
        return _once(text, "v", _unless(f"{loose} IS NOT NULL", made, "v", type, column))
    cast = f"TRY_CAST({text} AS {type})"
    wrong = unlike(text, type)
    fine = f"{cast} IS NOT NULL" + (f" AND NOT ({wrong})" if wrong else "")
    return _unless(fine, cast, shown, type, column)


def _once(value: str, name: str, made: str) -> str:
    """``made`` of a value that it calls ``name``: it may be long, or what TRY does not take."""
    return f"list_transform([{value}], lambda {name}: {made})[1]"


def _of_texts(tree: TypeTree) -> str:
    """The type of the same form, with texts for all values within it."""
    return tree.spelled([_of_texts(part) for part in tree.parts]) if _is_form(tree) else "VARCHAR"


def _each(tree: TypeTree, value: str, column: str) -> str:
    if tree.text == "VARCHAR":
        return value
    if not _is_form(tree):
        return read_as(value, tree.text, column)
    item = f"{value.partition('.')[0].partition('[')[0]}x"
    if tree.name in ("LIST", "ARRAY"):
        return f"list_transform({value}, lambda {item}: {_each(tree.parts[0], item, column)})"
    if tree.name == "MAP":
        key, held = (
            _each(part, f"{item}.{name}", column)
            for name, part in zip(("key", "value"), tree.parts, strict=True)
        )
        pair = f"struct_pack(k := {key}, v := {held})"
        pairs = f"list_transform(map_entries({value}), lambda {item}: {pair})"
        return f"CASE WHEN {value} IS NOT NULL THEN map_from_entries({pairs}) END"
    fields = [
        f"{quote_identifier(str(name))} := {_each(part, _field(value, str(name)), column)}"
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
