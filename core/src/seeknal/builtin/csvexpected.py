"""CSV columns read as the types that they have where they go, while no value is changed by it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from seeknal.builtin.csvdeclared import declared_kind
from seeknal.builtin.csvkinds import TEXT, kinds_of
from seeknal.builtin.csvtypes import misfits
from seeknal.builtin.expected import EMPTY, expected_types, may_be, types_for

if TYPE_CHECKING:
    from seeknal.builtin.csvkinds import Kind
    from seeknal.builtin.csvtable import Table


def as_expected(table: Table, found: Mapping[str, Kind], empty: Collection[str]) -> dict[str, Kind]:
    """The columns that are of another type where they go, which takes all their values as well."""
    kept = {}
    for name, kind in found.items():
        for wanted in _wanted(table, name, kind, name in empty):
            if not misfits(table, {name: wanted}):
                kept[name] = wanted
                break
    return kept


def hoped_for(
    table: Table, guessed: Mapping[str, Kind | None], empty: Collection[str]
) -> dict[str, Kind]:
    """The same by the first rows alone: each value of the others is looked at when it is read."""
    found = {}
    for name, kind in guessed.items():
        first = next(_wanted(table, name, kind, name in empty), None)
        if first is not None:
            found[name] = first
    return found


def _wanted(table: Table, name: str, found: Kind | None, is_empty: bool) -> Iterator[Kind]:
    """The kinds that a column's values may be of; none where it is one of the expected types."""
    types = types_for(expected_types(table.source).get(name.lower(), ()), is_empty=is_empty)
    # All numerals of a column are seen before it is a DECIMAL of some size.
    type = EMPTY if is_empty else "DECIMAL(38,0)" if found is None else found.type
    for wanted in types:
        if wanted == type:
            return
        if may_be(type, wanted):
            yield _kind(wanted, table)


def _kind(type: str, table: Table) -> Kind:
    if type == "VARCHAR":
        return TEXT
    # A DOUBLE or a time that is declared is not kept to the digit: one that is found is.
    own = (kind for kind in kinds_of(table.options) if kind.type == type and not kind.ordered)
    return next(own, None) or declared_kind(type, table.options)
