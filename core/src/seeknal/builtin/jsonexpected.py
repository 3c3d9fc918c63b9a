"""JSON columns read as the types that they have where they go, while no value is changed by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.builtin.expected import EMPTY, ISO, may_be, types_for
from seeknal.builtin.jsonchecks import as_json, changes, met
from seeknal.builtin.jsonnumerals import lost_numerals, reads_decimals
from seeknal.builtin.jsonshape import with_rows
from seeknal.builtin.jsontypes import Leaf, ListOf, all_leaves, type_tree
from seeknal.plugin import quote_literal

if TYPE_CHECKING:
    from seeknal.builtin.jsonchecks import Formats
    from seeknal.builtin.jsonshape import Shape
    from seeknal.builtin.jsontypes import Path, Type
    from seeknal.plugin import Context

_EMPTY = (Leaf(EMPTY), Leaf("JSON"))
_TEXT = "CAST(item AS VARCHAR)"
_INSIDE = f"substr({_TEXT}, 2, length({_TEXT}) - 2)"


def as_expected(
    shape: Shape, expected: Mapping[str, Sequence[str]], formats: Formats, context: Context
) -> Shape:
    """The shape with those of the expected types that change no value of their columns."""
    left = {
        name: [*types_for(expected.get(name.lower(), ()), is_empty=type in _EMPTY)]
        for name, type in shape.rows.items()
    }
    while tried := _tried(shape, left, formats, context):
        wanted = with_rows(shape, {**shape.rows, **tried})
        bad = _changed(shape, wanted, tried, formats, context)
        kept = {name: type for name, type in tried.items() if name not in bad}
        shape = with_rows(shape, {**shape.rows, **kept})
        for name in tried:
            left[name] = left[name][1:] if name in bad else []
    return shape


def _tried(
    shape: Shape, left: dict[str, list[str]], formats: Formats, context: Context
) -> dict[str, Type]:
    """By column, the next type that its values may have; ``left`` loses what they may not."""
    connection: Any = context.duckdb
    found = {}
    for name, type in shape.rows.items():
        while left[name]:
            wanted = _merged(type, type_tree(connection.type(left[name][0])), formats)
            if wanted == type:
                left[name] = []
            elif wanted is not None:
                found[name] = wanted
                break
            else:
                left[name] = left[name][1:]
    return found


def _merged(found: Type, wanted: Type, formats: Formats) -> Type | None:
    """``wanted`` where values of what was found may be of it, else None."""
    if isinstance(found, ListOf):
        if wanted == Leaf("JSON"):
            # Objects in a list are JSON there as they are.
            plain = isinstance(found.item, ListOf | Leaf) and found.item != Leaf("JSON")
            return Leaf("JSON", declared=True) if plain else found
        if not isinstance(wanted, ListOf):
            return None
        # Where rows go it may not be said how deep a list is.
        is_deeper = isinstance(found.item, ListOf) and not isinstance(wanted.item, ListOf)
        item = _merged(found.item, wanted if is_deeper else wanted.item, formats)
        return None if item is None else ListOf(item)
    if not isinstance(found, Leaf):
        return found if wanted == Leaf("JSON") else None
    if not isinstance(wanted, Leaf):
        return wanted if found.type == EMPTY else None
    if found.type == "JSON" and not found.declared:
        return Leaf(wanted.type, declared=True)
    if found.type == wanted.type:
        return found
    if wanted.type == "JSON":
        return Leaf("JSON", declared=True)
    if wanted.type in ISO and found.type == "VARCHAR" and formats.timestamp:
        return None
    if wanted.type.startswith("DECIMAL") and not reads_decimals():
        return None
    return Leaf(wanted.type, declared=True) if may_be(found.type, wanted.type) else None


def _changed(
    before: Shape, wanted: Shape, tried: Mapping[str, Type], formats: Formats, context: Context
) -> set[str]:
    """The columns of which a value would not arrive as what it is."""
    old = dict(all_leaves(before.columns))
    depth = len(before.place) + 1 if before.place else 0
    checks = [
        (path, check)
        for path, leaf in _leaves_below(wanted, tried, depth)
        if (check := _check(old.get(path), leaf, formats))
    ]
    rows = before.records.sql(as_json(before.columns))
    bad = {path[depth][0] for path in met(checks, rows, context)} if checks else set()
    good = {name: type for name, type in tried.items() if name not in bad}
    shape = with_rows(before, {**before.rows, **good})
    lost = lost_numerals(shape.columns, shape.records, context)
    return bad | ({numeral.path[depth][0] for numeral in lost} & {*good})


def _leaves_below(shape: Shape, names: Mapping[str, Type], depth: int) -> list[tuple[Path, Leaf]]:
    return [pair for pair in all_leaves(shape.columns) if pair[0][depth][0] in names]


def _check(found: Leaf | None, wanted: Leaf, formats: Formats) -> str | None:
    """The condition of values, each the JSON ``item``, that ``wanted`` would change."""
    if found is not None and found.type == "JSON" and wanted.type != "JSON":
        # Without a value it is of any type.
        return f"{_TEXT} IS NOT NULL"
    if found == wanted or wanted.type in ("JSON", "VARCHAR"):
        return None
    if found is None or found.type in (EMPTY, "DATE"):
        return None
    if wanted.type in ISO:
        shaped = f"regexp_full_match({_INSIDE}, {quote_literal(ISO[wanted.type])})"
        read = f"TRY_CAST({_INSIDE} AS {wanted.type})"
        return f"{_TEXT} IS NOT NULL AND NOT ({shaped} AND {read} IS NOT NULL)"
    # A DOUBLE that is declared takes the nearest number: here it is to be the very number.
    return changes(evolve(wanted, declared=wanted.type != "DOUBLE"), _TEXT, formats)
