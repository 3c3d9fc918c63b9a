"""What a node's file says of its columns: types, descriptions, and which are personal data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.project.keys import ColumnKeys
from seeknal.sql.keywords import TYPE_NAMES
from seeknal.values.columns import ColumnSpec
from seeknal.values.errors import nearest

if TYPE_CHECKING:
    from seeknal.project.keys import CommonKeys
    from seeknal.project.raw import RawNode
    from seeknal.values.problems import Problems

_INSIDE = r"(\s*\(.*\))?(\[\d*\])*"
# ENUM and UNION are types only with what is in them: else they are words.
_TYPE = re.compile(
    rf"({'|'.join(TYPE_NAMES)}){_INSIDE}|(ENUM|UNION)\s*\(.*\)(\[\d*\])*", re.IGNORECASE | re.DOTALL
)
_WORD = re.compile(rf"([A-Z][A-Z0-9_]*){_INSIDE}")
_VERY_LIKE = 0.8
_IN_2X = {"float": "DOUBLE", "float32": "FLOAT", "float64": "DOUBLE", "str": "VARCHAR"}
"""Types that seeknal 2.x names otherwise: to DuckDB a float has 32 bits, which change 0.06."""


def columns_of(common: CommonKeys, raw: RawNode, problems: Problems) -> tuple[ColumnSpec, ...]:
    """The columns that ``columns:`` or ``schema:`` describes."""
    specs = _specs(common, raw, problems)
    return tuple(_placed(spec, number, raw) for number, spec in enumerate(specs))


def _placed(spec: ColumnSpec, number: int, raw: RawNode) -> ColumnSpec:
    """A column that another file describes, with its place there."""
    places = raw.marks.key("columns", spec.name), raw.marks.key("columns", number)
    place = max(places, key=lambda place: (place.line, place.column))
    elsewhere = place.file != raw.location.file
    return evolve(spec, location=place) if elsewhere else spec


def _specs(common: CommonKeys, raw: RawNode, problems: Problems) -> tuple[ColumnSpec, ...]:
    if not common.columns:
        listed = (evolve(e, type=None, data_type=e.type or e.data_type) for e in common.schema)
        return tuple(_of_keys(entry.name or "", entry) for entry in listed)
    if isinstance(common.columns, Mapping):
        return tuple(
            _of_keys(name, value)
            if isinstance(value, ColumnKeys)
            else _of_word(name, value, raw, problems)
            for name, value in common.columns.items()
        )
    return tuple(_of_keys(entry.name or "", entry) for entry in common.columns)


def _of_keys(name: str, keys: ColumnKeys) -> ColumnSpec:
    """A column in its long form."""
    type = keys.type or (keys.data_type and _as_in_2x(keys.data_type))
    return ColumnSpec(name=name, type=type, description=keys.description, pii=keys.pii)


def _of_word(name: str, value: str | None, raw: RawNode, problems: Problems) -> ColumnSpec:
    """A column of which one text says its type, where it reads as one, or else what it is."""
    text = (value or "").strip()
    if _TYPE.fullmatch(text):
        return ColumnSpec(name=name, type=text)
    word = _WORD.fullmatch(text)
    if word and (near := nearest(word[1], TYPE_NAMES, likeness=_VERY_LIKE)):
        problems.add(
            "SK0740",
            f"it declares {name!r} as {word[0]!r}, which is no type of DuckDB's",
            raw.marks.value("columns", name),
            f"did you mean {near[0]}? {{description: {word[0]}}} is a description",
        )
    return ColumnSpec(name=name, description=value)


def _as_in_2x(type: str) -> str:
    """A type that seeknal 2.x names, as DuckDB names it."""
    name, bracket, rest = type.strip().partition("[")
    return f"{_IN_2X[name.lower()]}{bracket}{rest}" if name.lower() in _IN_2X else type
