"""How a column is asked for, as what its bytes arrive, and what DuckDB makes of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from seeknal.plugin import converted, holds, parts_as, quote_identifier, read_as
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.reading import fields as wire
from seeknal_starrocks.reading.nested import is_nested

if TYPE_CHECKING:
    from seeknal_starrocks.reading.fields import Field

_FLOATING = 31
"""The scale of a number whose point floats: of others the server shows fewer digits."""
_SAFE = (
    *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
)
"""Types of which every text that a server writes is one of DuckDB's."""
_ZONED = "TIMESTAMP WITH TIME ZONE"
_DATES = ("DATE", "TIMESTAMP", _ZONED)
_ZERO = r"regexp_matches({}, '^\d+-(00|\d\d-00)')"
_HINTS = {"TIME": " (declare it as INTERVAL or VARCHAR)"}
_SRID = 4
"""Bytes before the WKB of a geometry."""


@frozen(kw_only=True)
class Reading:
    """``asked`` is the server's expression, ``made`` DuckDB's over what arrives; both unnamed.

    ``form`` is DuckDB's object for the type of nested values, where what arrives is read as that;
    ``declared``: it is the project's word, not the server's.
    """

    asked: str
    made: str
    type: str
    arrives: Literal["text", "bytes", "nested"] = "text"
    form: Any = None
    declared: bool = False


@frozen(kw_only=True)
class Wish:
    """What is asked of a column.

    ``natural`` is the type that it has, ``declared`` the one that the project gives it, both as
    DuckDB writes them; ``form`` DuckDB's object for the one that counts. ``rounds_floats``: the
    server shows fewer digits of a FLOAT than it has. ``no_zero``: dates that are none are NULL.
    """

    natural: str
    declared: str | None = None
    form: Any = None
    rounds_floats: bool = False
    no_zero: bool = False


def reading_of(field: Field, wish: Wish) -> Reading:
    """How to read one column."""
    type = wish.declared or wish.natural
    if field.code in (wire.BIT, wire.GEOMETRY) or wish.natural == "BLOB":
        return _of_bytes(field, wish, type)
    asked, name = quoted(field.name), quote_identifier(field.name)
    if type == "VARCHAR":
        return Reading(asked=_precise(field, wish), made=name, type=type)
    if is_nested(wish.form) and wish.natural != "JSON" and not wish.rounds_floats:
        parts = name if type == wish.natural else parts_as(name, type, field.name)
        made = f"CAST({parts} AS {type})"
        return Reading(
            asked=asked,
            made=made,
            type=type,
            arrives="nested",
            form=wish.form,
            declared=type != wish.natural,
        )
    return Reading(asked=_precise(field, wish), made=_made(field, wish, type), type=type)


def _precise(field: Field, wish: Wish) -> str:
    """A number whose point floats with all its digits."""
    name = quoted(field.name)
    short = field.code == wire.FLOAT and wish.rounds_floats
    if short or (field.code in (wire.FLOAT, wire.DOUBLE) and field.scale != _FLOATING):
        return f"({name} + 0E0)"
    return name


def _made(field: Field, wish: Wish, type: str) -> str:
    name = quote_identifier(field.name)
    plain = _plain(field.name, wish)
    if type == wish.natural:
        return plain
    if wish.natural in ("VARCHAR", "HUGEINT") or wish.natural.startswith("DECIMAL"):
        return read_as(name, type, field.name)
    if wish.natural == "TIME" and type == "INTERVAL":
        return _parsed(name, name, type, field.name)
    return converted(plain, wish.natural, type, field.name)


def _plain(column: str, wish: Wish) -> str:
    """The value of its natural type."""
    name, type = quote_identifier(column), wish.natural
    if type in _SAFE or type.startswith("DECIMAL"):
        return f"CAST({name} AS {type})"
    text = f"{name} || '+00'" if type == _ZONED else name
    made = _parsed(text, name, type, column)
    if wish.no_zero and type in _DATES:
        return f"CASE WHEN {_ZERO.format(name)} THEN NULL ELSE {made} END"
    return made


def _parsed(text: str, name: str, type: str, column: str) -> str:
    wrong = holds(name, column, f"which no {type} is{_HINTS.get(type, '')}")
    return f"coalesce(TRY_CAST({text} AS {type}), CASE WHEN {name} IS NOT NULL THEN {wrong} END)"


def _of_bytes(field: Field, wish: Wish, type: str) -> Reading:
    name = quote_identifier(field.name)
    if field.code == wire.BIT:
        plain = _bits(name, field.length)
    elif field.code == wire.GEOMETRY:
        plain = f"({name})[{_SRID + 1}:]"
    else:
        plain = name
    made = plain
    if type != wish.natural:
        made = _of_other_bytes(field, plain, wish.natural, type)
    return Reading(asked=quoted(field.name), made=made, type=type, arrives="bytes")


def _of_other_bytes(field: Field, plain: str, natural: str, type: str) -> str:
    if natural == "BLOB" and type == "VARCHAR":
        return _parsed(f"TRY(decode({plain}))", plain, type, field.name)
    if field.code == wire.BIT and type != "VARCHAR":
        number = f"CAST('0x' || hex({quote_identifier(field.name)}) AS UBIGINT)"
        return converted(number, "UBIGINT", type, field.name)
    return converted(plain, natural, type, field.name)


def _bits(name: str, width: int) -> str:
    if width == 1:
        return f"hex({name}) <> '00'"
    return f"CAST(right(CAST(CAST({name} AS BIT) AS VARCHAR), {width}) AS BIT)"
