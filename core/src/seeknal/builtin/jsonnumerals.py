"""Numbers with more digits than a DOUBLE keeps, which DuckDB's reader cuts without a word."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.builtin.jsonplaces import may_hold_long_number
from seeknal.builtin.jsontypes import (
    ITEMS,
    VALUES,
    Leaf,
    ListOf,
    MapOf,
    Path,
    StructOf,
    all_leaves,
)
from seeknal.builtin.misfits import WHOLE
from seeknal.builtin.readers import FILE
from seeknal.plugin import quote_identifier

if TYPE_CHECKING:
    from seeknal.builtin.jsonread import Records
    from seeknal.builtin.jsontypes import (
        Type,
    )
    from seeknal.plugin import Context

_LONG = r"(?:^|[:,\[\s-])([0-9.]{16,}(?:[eE][-+]?[0-9]+)?)"
"""A number with 16 digits or more: fewer are always kept."""
_BATCH = 2_000
_SURE = 15
"""Digits that a double always keeps."""


@frozen(kw_only=True)
class Numeral:
    """A number in a file that its type cannot hold."""

    file: str
    record: str
    path: Path
    leaf: Leaf
    text: str


def lost_numerals(
    columns: Mapping[str, Type], records: Records, context: Context
) -> Iterator[Numeral]:
    """The numbers that would not arrive as the files have them."""
    found = [leaf for _, leaf in all_leaves(columns)]
    if not any(map(_may_lose, found)):
        return
    files = [file for file in records.reading.files if may_hold_long_number(file)]
    if not files:
        return
    records = evolve(records, reading=evolve(records.reading, files=tuple(files)))
    text = "CAST(json AS VARCHAR)"
    kept = "CAST(TRY_CAST(item AS DOUBLE) AS VARCHAR) IS NOT DISTINCT FROM item"
    if not reads_decimals() and any(leaf.type.startswith("DECIMAL") for leaf in found):
        kept = "false"
    query = (
        f"SELECT {quote_identifier(FILE)}, {text} FROM {records.objects()}"
        " WHERE len(list_filter("
        f"regexp_extract_all({text}, '{_LONG}', 1), lambda item: regexp_matches(item, '[.eE]')"
        f" AND NOT ({kept}))) > 0"
    )
    cursor = context.duckdb.execute(query)
    tree: Type = columns["json"] if records.whole else StructOf(_by_key(columns, records))
    start: Path = (("json",),) if records.whole else ()
    while lines := cursor.fetchmany(_BATCH):
        for file, record in lines:
            value = json.loads(record, parse_float=_Real, parse_int=str, parse_constant=str)
            for path, leaf, numeral in _lost(value, tree, start):
                yield Numeral(file=file, record=record, path=path, leaf=leaf, text=numeral)


def reads_decimals() -> bool:
    """Whether DuckDB makes decimals of the text of numbers; before 2.0 it makes a double first."""
    import duckdb

    return int(duckdb.__version__.partition(".")[0]) >= 2


class _Real(str):
    """A number with a point or an exponent, as it is written."""


def _by_key(columns: Mapping[str, Type], records: Records) -> dict[str, Type]:
    keys = records.keys or {}
    return {keys.get(name, name): type for name, type in columns.items()}


def _may_lose(leaf: Leaf) -> bool:
    if leaf.declared:
        return leaf.type not in ("DOUBLE", "FLOAT")
    return leaf.type in ("DOUBLE", "JSON") or leaf.type.startswith("DECIMAL")


def _lost(value: Any, type: Type, path: Path) -> Iterator[tuple[Path, Leaf, str]]:
    """Where in ``value`` which numbers do not fit."""
    if isinstance(type, Leaf):
        for numeral in _reals(value):
            if not _fits(numeral, type):
                yield path, type, str(numeral)
    elif isinstance(type, ListOf) and isinstance(value, list):
        for item in value:
            yield from _lost(item, type.item, (*path, ITEMS))
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(type, MapOf):
                yield from _lost(item, type.value, (*path, VALUES))
            elif isinstance(type, StructOf) and (name := _field(key, type)) is not None:
                yield from _lost(item, type.fields[name], (*path, (name,)))


def _field(key: str, type: StructOf) -> str | None:
    return key if key in type.fields else None


def _reals(value: Any) -> Iterator[_Real]:
    if isinstance(value, _Real):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _reals(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _reals(item)


def _fits(numeral: _Real, leaf: Leaf) -> bool:
    if leaf.declared and leaf.type in ("DOUBLE", "FLOAT"):
        return True
    exact = Decimal(numeral)
    if leaf.type in WHOLE:
        return exact == exact.to_integral_value()
    if leaf.type.startswith("DECIMAL"):
        if not reads_decimals() and len(exact.as_tuple().digits) > _SURE:
            return False
        digits, places = digits_and_places(numeral)
        width, scale = map(int, leaf.type[len("DECIMAL(") : -1].split(","))
        return places <= scale and digits <= width - scale
    return _is_kept(numeral, exact)


def _is_kept(text: str, exact: Decimal) -> bool:
    """Whether ``text`` is a way to write a DOUBLE: the shortest, with 17 digits, or in full."""
    number = float(text)
    if number in (float("inf"), float("-inf")):
        return False
    return exact in (Decimal(repr(number)), Decimal(f"{number:.17g}"), Decimal(number))


def digits_and_places(text: str) -> tuple[int, int]:
    """How many digits a number has before and after its point, zeros at its end aside."""
    _, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    significant = len("".join(map(str, digits)).rstrip("0"))
    places = max(0, significant - len(digits) - exponent)
    return max(0, len(digits) + exponent), places
