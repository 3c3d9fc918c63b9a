"""Which types the columns of a SQLite table have: its file keeps a type with each value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import quote_identifier

if TYPE_CHECKING:
    import sqlite3

_AFFINITIES = (
    ("INT", "BIGINT"),
    ("CHAR", "VARCHAR"),
    ("CLOB", "VARCHAR"),
    ("TEXT", "VARCHAR"),
    ("BLOB", "BLOB"),
    ("REAL", "DOUBLE"),
    ("FLOA", "DOUBLE"),
    ("DOUB", "DOUBLE"),
)
"""SQLite's own rules: the first word that a declared type contains decides."""
_WHOLE, _REAL, _TEXT, _BYTES, _LONG = 1, 2, 4, 8, 16
"""What a column holds; the last: text that is longer or shorter than a date."""


@frozen(kw_only=True)
class Stored:
    """A column as it is read: ``sql`` selects it from SQLite, ``type`` is DuckDB's.

    ``mixed`` says what is unexpected about its values.
    """

    name: str
    sql: str
    type: str
    mixed: str = ""


def affinity(declared: str) -> str | None:
    """The DuckDB type that a declared type of SQLite's stands for; None when it says nothing."""
    upper = declared.upper()
    if upper.startswith("DATE") and "TIME" not in upper:
        return "DATE"
    if upper.startswith(("DATETIME", "TIMESTAMP")):
        return "TIMESTAMP"
    if upper.startswith("BOOL"):
        return "BOOLEAN"
    if upper.startswith(("DECIMAL", "NUMERIC")):
        return "DOUBLE"
    return next((type for word, type in _AFFINITIES if word in upper), None)


def stored(
    connection: sqlite3.Connection, rows: str, wishes: Mapping[str, str | None]
) -> list[Stored]:
    """How to read each column of ``rows`` without losing a value, by one look at all of them.

    ``wishes``: the type that each column was declared to have, which holds when its values fit.
    """
    held = connection.execute(f"SELECT {', '.join(map(_held, wishes))} FROM {rows}").fetchone()
    return [
        _stored(name, wish, bits or 0)
        for (name, wish), bits in zip(wishes.items(), held, strict=True)
    ]


def _held(name: str) -> str:
    column = quote_identifier(name)
    classes = {"integer": _WHOLE, "real": _REAL, "text": _TEXT, "blob": _BYTES}
    bits = [f"{bit} * max(typeof({column}) = '{word}')" for word, bit in classes.items()]
    long = f"{_LONG} * max(typeof({column}) = 'text' AND length({column}) <> 10)"
    return " + ".join([*bits, long])


def _stored(name: str, wish: str | None, bits: int) -> Stored:
    column = quote_identifier(name)
    classes = bits & ~_LONG
    if classes == 0:
        return Stored(name=name, sql=column, type=wish or "VARCHAR")
    if classes & _BYTES and classes != _BYTES:
        sql = f"CAST({column} AS BLOB)"
        return Stored(name=name, sql=sql, type="BLOB", mixed="bytes and other values")
    if classes & _TEXT and classes != _TEXT:
        sql = f"CAST({column} AS TEXT)"
        return Stored(name=name, sql=sql, type="VARCHAR", mixed="text and numbers: all are text")
    type = _type(wish, bits)
    odd = classes == _TEXT and wish in ("BIGINT", "DOUBLE", "BOOLEAN")
    return Stored(name=name, sql=column, type=type, mixed="text, not numbers" if odd else "")


def _type(wish: str | None, bits: int) -> str:
    if bits & _BYTES:
        return "BLOB"
    if bits & _TEXT:
        return _type_of_text(wish, bits)
    if bits & _REAL or wish == "DOUBLE":
        return "DOUBLE"
    return "BOOLEAN" if wish == "BOOLEAN" else "BIGINT"


def _type_of_text(wish: str | None, bits: int) -> str:
    if wish == "DATE":
        return "TIMESTAMP" if bits & _LONG else "DATE"
    return "TIMESTAMP" if wish == "TIMESTAMP" else "VARCHAR"
