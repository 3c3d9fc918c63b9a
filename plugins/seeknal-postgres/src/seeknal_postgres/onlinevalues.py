"""How columns that are looked up become the values that DuckDB gives in Python.

The driver makes most of them. What it makes otherwise, or does not know, comes as text and is made
by DuckDB itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.plugin import quote_identifier
from seeknal_postgres.pgtext import parsed
from seeknal_postgres.readtypes import Wish, reading_of
from seeknal_postgres.scalars import split_list

if TYPE_CHECKING:
    from seeknal.plugin import Column
    from seeknal_postgres.catalogue import PgColumn

_ALIKE = (
    *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"),
    *("FLOAT", "DOUBLE", "VARCHAR", "BLOB", "UUID", "DATE", "TIME"),
    *("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"),
)
"""Types of which the driver gives what DuckDB gives, or an error for what Python does not hold."""
_WHOLE = ("UBIGINT", "HUGEINT", "UHUGEINT")
"""Whole numbers that are numeric in PostgreSQL."""

Value = Callable[[Any], object]


@frozen(kw_only=True)
class Shown:
    """A column as it is asked for; ``value`` changes what the driver gives, where it has to be.

    With ``made``, DuckDB's expression, it comes as a text of which DuckDB makes the value.
    """

    asked: str
    value: Value | None = None
    made: str | None = None


def kept(column: Column) -> Column:
    """A column as it is kept: the text of JSON is no other one then."""
    return evolve(column, type="VARCHAR") if column.type in ("JSON", '"NULL"') else column


def shown_of(there: PgColumn, column: Column, *, exact: bool = False) -> Shown:
    """How a column is asked for; ``exact``: also values that Python's types do not hold."""
    name = quote_identifier(there.name)
    kind = kept(column).type
    if not exact and (found := _by_driver(kind)) is not None:
        return Shown(asked=name, value=found[0])
    if there.kind == "a" or there.type == "jsonb":
        reading = reading_of(there, Wish(type=kind))
        return Shown(asked=f"({reading.asked})::text", made=reading.made)
    return Shown(asked=f"{name}::text", made=parsed(name, kind, column.name))


def _by_driver(kind: str) -> tuple[Value | None] | None:
    """What changes the driver's value into DuckDB's; None where DuckDB has to make it."""
    element, _ = split_list(kind)
    if element not in (*_ALIKE, *_WHOLE) and not element.startswith(("DECIMAL(", "ENUM(")):
        return None
    found: Value | None = int if element in _WHOLE else None
    # The innermost list comes first.
    for length in re.findall(r"\[(\d*)\]", kind[len(element) :]):
        if found is not None or length:
            found = _of_each(found, tuple if length else list)
    return (None if found is None else _of_value(found),)


def _of_each(act: Value | None, made: type) -> Value:
    each = None if act is None else _of_value(act)

    def listed(values: Any) -> object:
        return made(values if each is None else map(each, values))

    return listed


def _of_value(act: Value) -> Value:
    return lambda value: None if value is None else act(value)
