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
_WHOLE, _REAL, _TEXT, _BYTES = 1, 2, 4, 8
_LONG, _BIG, _COUNT, _ZONED = 16, 32, 64, 128
"""What a column holds. Text that is longer or shorter than a date, whole numbers that no DOUBLE
keeps, those that are neither 0 nor 1, and times with a zone or with more than microseconds.
"""
_DETAILS = _LONG | _BIG | _COUNT | _ZONED


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
    whole = f"typeof({column}) = 'integer'"
    big = f"{_BIG} * max({whole} AND ({column} > {2**53} OR {column} < -{2**53}))"
    count = f"{_COUNT} * max({whole} AND {column} NOT IN (0, 1))"
    zones = ("*:*Z", "*:*[+-]*", "*.???????*")
    zoned = " OR ".join(f"{column} GLOB '{zone}'" for zone in zones)
    return " + ".join([*bits, long, big, count, f"{_ZONED} * max({zoned})"])


def _stored(name: str, wish: str | None, bits: int) -> Stored:
    column = quote_identifier(name)
    classes = bits & ~_DETAILS
    if classes == 0:
        return Stored(name=name, sql=column, type=wish or "VARCHAR")
    if classes & _BYTES and classes != _BYTES:
        # A fraction as text has 15 digits in SQLite; 17 keep it.
        exact = f"printf('%!.17g', {column})"
        sql = f"CAST(CASE typeof({column}) WHEN 'real' THEN {exact} ELSE {column} END AS BLOB)"
        return Stored(name=name, sql=sql, type="BLOB", mixed="bytes and other values")
    if classes & _TEXT and classes != _TEXT:
        # Made text by Python, which keeps the digits of a fraction.
        mixed = "text and numbers: all are text"
        return Stored(name=name, sql=column, type="VARCHAR", mixed=mixed)
    if classes & _REAL and bits & _BIG:
        mixed = "fractions and whole numbers that no DOUBLE keeps: all are text"
        return Stored(name=name, sql=column, type="VARCHAR", mixed=mixed)
    type = _type(wish, bits)
    return Stored(name=name, sql=column, type=type, mixed=_odd(wish, type, bits))


def _odd(wish: str | None, type: str, bits: int) -> str:
    if bits & _TEXT and wish in ("BIGINT", "DOUBLE", "BOOLEAN"):
        return "text, not numbers"
    if bits & _ZONED and wish in ("DATE", "TIMESTAMP") and type == "VARCHAR":
        return "times with a zone, or finer than microseconds: all are text"
    return "numbers, not only 0 and 1" if wish == "BOOLEAN" and type == "BIGINT" else ""


def _type(wish: str | None, bits: int) -> str:
    if bits & _BYTES:
        return "BLOB"
    if bits & _TEXT:
        return _type_of_text(wish, bits)
    if bits & _REAL or (wish == "DOUBLE" and not bits & _BIG):
        return "DOUBLE"
    return "BOOLEAN" if wish == "BOOLEAN" and not bits & _COUNT else "BIGINT"


def _type_of_text(wish: str | None, bits: int) -> str:
    if bits & _ZONED:
        return "VARCHAR"
    if wish == "DATE":
        return "TIMESTAMP" if bits & _LONG else "DATE"
    return "TIMESTAMP" if wish == "TIMESTAMP" else "VARCHAR"
