"""How a DuckDB column is sent to PostgreSQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from attrs import evolve, frozen

from seeknal.plugin import RowsRefused, quote_identifier
from seeknal_postgres.scalars import (
    MAY_BE_INFINITE,
    applied,
    scalar_of,
    split_list,
    without_number,
)

if TYPE_CHECKING:
    from seeknal.plugin import Column
    from seeknal_postgres.scalars import (
        Scalar,
    )

Sent = Literal["binary", "jsonb", "text"]

_NESTED = ("STRUCT", "MAP")
_UNION = re.compile(r"""\"(?:[^"]|"")*"|'(?:[^']|'')*'|\b(UNION)\(""")
"""Stored rows do not say which member of a union a value is."""
_DEEPEST = 6
"""How many dimensions an array of PostgreSQL may have."""


@frozen(kw_only=True)
class Writing:
    """One column on its way.

    ``selected`` is DuckDB's expression, ``type`` the column that is made for it. ``sent`` as
    text means that the server casts it; ``jsonb`` that the text travels as binary jsonb.
    ``wrong`` is true of values that ``type`` cannot hold, ``shown`` their text for people.
    ``kind`` is DuckDB's type. ``numeric``: a column of numbers takes its text, as what it says.
    """

    name: str
    type: str
    selected: str
    kind: str
    sent: Sent = "binary"
    wrong: str = ""
    shown: str = ""
    numeric: bool = False

    @property
    def stage_type(self) -> str:
        return "text" if self.sent == "text" else self.type

    @property
    def quoted(self) -> str:
        return quote_identifier(self.name)


def writing_of(column: Column, *, infinite: bool = False) -> Writing:
    """How to send a column; ``infinite`` when it holds infinite dates or times.

    Raises DeliveryError for a type that has no counterpart.
    """
    name, kind = quote_identifier(column.name), column.type
    element, depth = split_list(kind)
    scalar = scalar_of(element)
    plain = f"CAST({name} AS VARCHAR)"
    if element == "JSON" and depth == 0:
        return Writing(
            name=column.name, type="jsonb", selected=plain, kind=kind, sent="jsonb", shown=plain
        )
    union = any(match[1] for match in _UNION.finditer(kind))
    if element == "JSON" or (element.startswith(_NESTED) and not union):
        return _json(column.name, name, kind)
    if scalar is None:
        shown = kind if len(kind) <= 80 else f"{kind[:77]}..."
        raise RowsRefused(
            f"column {column.name!r} is {shown}, which no type of PostgreSQL is",
            code="SK1352",
            help="cast it in the node's SQL: CAST(... AS VARCHAR)",
        )
    if depth:
        return _list(column.name, name, element, depth, scalar, kind)
    sent: Sent = "text" if infinite or scalar.binary is None else "binary"
    form = scalar.text if sent == "text" or scalar.binary is None else scalar.binary
    return Writing(
        name=column.name,
        type=scalar.type,
        selected=applied(form, name),
        kind=kind,
        sent=sent,
        wrong=applied(scalar.wrong, name),
        shown=plain,
    )


def _json(column: str, name: str, kind: str) -> Writing:
    text = f"CAST(to_json({name}) AS VARCHAR)"
    floats = "FLOAT" in kind or "DOUBLE" in kind
    return Writing(
        name=column,
        type="jsonb",
        selected=text,
        kind=kind,
        sent="jsonb",
        wrong=without_number(text) if floats else "",
        shown=text,
    )


def _list(column: str, name: str, element: str, depth: int, scalar: Scalar, kind: str) -> Writing:
    """As an array literal, whose elements stand in quotes so that none means anything else."""
    list = f"CAST({name} AS {element}{'[]' * depth})" if kind != element + "[]" * depth else name
    wrong = [_uneven(list, depth)] if depth > 1 else []
    if scalar.wrong:
        wrong.append(_any(list, depth, scalar.wrong))
    return Writing(
        name=column,
        type=scalar.type + "[]",
        selected=_literal(list, depth, scalar),
        kind=kind,
        sent="text",
        wrong=" OR ".join(wrong),
        shown=f"CAST({name} AS VARCHAR)",
    )


def any_element(kind: str, name: str, test: str) -> str:
    """Whether ``test`` is true of a value of type ``kind``, or of any element of a list."""
    element, depth = split_list(kind)
    if not depth:
        return applied(test, name)
    return _any(f"CAST({name} AS {element}{'[]' * depth})", depth, test)


def _any(list: str, depth: int, test: str) -> str:
    flat = list
    for _ in range(depth - 1):
        flat = f"flatten({flat})"
    return f"len(list_filter({flat}, lambda e: {applied(test, 'e')})) > 0"


def _uneven(list: str, depth: int) -> str:
    """Where lists in a list differ in length, or are empty or NULL: no array is like that."""
    if depth > _DEEPEST:
        return f"len({list}) > 0"
    return f"len({list}) > 0 AND contains({_shape(list, depth)}, '!')"


def _shape(list: str, depth: int) -> str:
    """The lengths at each level as text; an exclamation mark where they are not the same."""
    if depth == 1:
        return f"CASE WHEN len({list}) > 0 THEN CAST(len({list}) AS VARCHAR) ELSE '!' END"
    item = f"s{depth}"
    shapes = f"list_distinct(list_transform({list}, lambda {item}: {_shape(item, depth - 1)}))"
    return f"CASE WHEN len({shapes}) = 1 THEN len({list}) || ':' || {shapes}[1] ELSE '!' END"


def _literal(list: str, depth: int, scalar: Scalar) -> str:
    item = f"x{depth}"
    if depth > 1:
        one = _literal(item, depth - 1, scalar)
    else:
        text = applied(scalar.text, item)
        escaped = f"replace(replace({text}, '\\', '\\\\'), '\"', '\\\"')"
        one = f"CASE WHEN {item} IS NULL THEN 'NULL' ELSE '\"' || {escaped} || '\"' END"
    each = f"list_transform({list}, lambda {item}: {one})"
    return (
        f"CASE WHEN {list} IS NULL THEN NULL ELSE '{{' || array_to_string({each}, ',') || '}}' END"
    )


def may_be_infinite(column: Column) -> bool:
    """Whether the encoder might meet infinity, to which it would add the years of an epoch."""
    return column.type in MAY_BE_INFINITE


def for_column(writing: Writing, actual: str) -> Writing:
    """``writing`` as a column of type ``actual`` takes it: json keeps its text as it is."""
    if writing.sent == "jsonb" and actual == "json":
        return evolve(writing, sent="text")
    return writing
