"""Kinds of values: as much of a type as the meaning of an operator depends on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlglot import exp

UNKNOWN = "unknown"
"""Of what was refused: nothing more is said of what it is part of."""

NULL = "null"

COLLATED = "collated"
"""Text of which others are equal there: `A` and `a`, or with blanks at the end."""

QUOTIENT = "quotient"
"""A NUMERIC of PostgreSQL's division, whose digits depend on its value."""

NUMERIC = "numeric"
"""A number of more digits than DuckDB keeps, by the table of a plugin's."""

NOW = "now"
"""The moment at which a query runs, or one that is counted from it."""

LITERAL = "literal"
"""Text in quotes whose type is decided by what it is compared with."""

BYTEWISE = "bytewise"
"""Text of which its query says that it is ordered byte by byte: ``COLLATE "C"``."""

UNICODE = "unicode"
"""The same, with Unicode's upper and lower letters: ``COLLATE "pg_c_utf8"``."""

_KINDS = {
    "boolean": "BOOLEAN",
    "whole": "TINYINT SMALLINT MEDIUMINT INT UTINYINT USMALLINT",
    "long": "BIGINT UINT",
    "huge": "INT128 UINT128 UBIGINT",
    "decimal": "DECIMAL",
    "float": "FLOAT",
    "double": "DOUBLE",
    "text": "TEXT VARCHAR NVARCHAR",
    "padded": "CHAR NCHAR BPCHAR",
    "bytes": "BINARY VARBINARY BLOB",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP DATETIME TIMESTAMPNTZ",
    "instant": "TIMESTAMPTZ TIMESTAMPLTZ",
    "interval": "INTERVAL",
    "json": "JSON JSONB",
    "uuid": "UUID",
    "list": "ARRAY LIST",
    "struct": "STRUCT",
    "map": "MAP",
}
_BY_TYPE = {name: kind for kind, names in _KINDS.items() for name in names.split()}

_GROUPS = {
    "whole": ("whole", "long"),
    "exact": ("whole", "long", "huge", "decimal"),
    "number": ("whole", "long", "huge", "decimal", "double"),
    "string": ("text", BYTEWISE, UNICODE, LITERAL),
    "moment": ("date", "timestamp"),
}
_MEMBERS = {
    kind: frozenset(group for group, kinds in _GROUPS.items() if kind in kinds)
    for kind in (*_KINDS, LITERAL, BYTEWISE, UNICODE)
}
_TEXTS = frozenset(("text", BYTEWISE, UNICODE, LITERAL))
_NUMBERS = ("whole", "long", "huge", "decimal", QUOTIENT, "double")
"""Each holds what stands before it, as far as the engines agree."""


def kind_of(type: Any) -> str:
    """The kind of a type of sqlglot's."""
    name = getattr(type.this, "name", str(type.this))
    kind = _BY_TYPE.get(name, "other")
    if kind == "decimal" and type.expressions:
        width, *scale = (int(one.name) for one in type.expressions)
        return decimal_of(width, *scale)
    if kind == "list" and len(type.expressions) == 1 and hasattr(type.expressions[0], "this"):
        return list_of(kind_of(type.expressions[0]))
    return kind


def decimal_of(width: int, scale: int = 0) -> str:
    """The kind of DECIMALs of ``width`` digits, ``scale`` of them behind the point."""
    return f"decimal({min(width, 38)},{scale})"


def digits_of(kind: str) -> tuple[int, int] | None:
    """How many digits DECIMALs of a kind have before and behind the point; None: not known."""
    if kind == QUOTIENT:
        return 14, 24
    said = re.fullmatch(r"decimal\((\d+),(\d+)\)", kind)
    return (int(said[1]) - int(said[2]), int(said[2])) if said else None


def undigited(kind: str) -> str:
    """A kind without the digits of its DECIMALs, as rules name it."""
    return re.sub(r"\(\d+,\d+\)", "", kind)


def list_of(kind: str) -> str:
    """The kind of lists of such values."""
    return f"{kind}-list"


def element_of(kind: str) -> str:
    """The kind of what is in lists of a kind."""
    return kind.removesuffix("-list") if kind.endswith("-list") else UNKNOWN


def groups_of(kind: str) -> frozenset[str]:
    """The names under which a rule may take a kind, its own among them."""
    kind = undigited(kind)
    lists = {"list"} if kind.endswith("-list") else set()
    lists |= {"whole-list"} if kind == "long-list" else set()
    return _MEMBERS.get(kind, frozenset()) | lists | {kind}


def kind_alone(kind: str) -> str:
    """The kind of a value that nothing decides on any more: text in quotes is text."""
    return "text" if kind in _TEXTS else kind


def common(kinds: Iterable[str]) -> str | None:
    """The kind of values that stand for one another, as in CASE; None where engines decide."""
    found = {kind for kind in kinds if kind != NULL}
    if UNKNOWN in found:
        return UNKNOWN
    if not found:
        return NULL
    if len(found) == 1:
        return kind_alone(*found)
    plain = {undigited(kind) for kind in found}
    if plain >= {QUOTIENT, "decimal"}:
        # DuckDB leaves out digits of one where they have no room beside those of the other.
        return None
    if len(plain) == 1 and all(kind.endswith("-list") for kind in plain):
        inner = common(element_of(kind) for kind in found)
        return None if inner is None else list_of(inner)
    if plain <= set(_NUMBERS):
        widest = max(plain, key=_NUMBERS.index)
        return _merged(found - {"whole", "long", "huge"}) if widest == "decimal" else widest
    return "text" if found <= _TEXTS else None


def _merged(decimals: Iterable[str]) -> str:
    digits = [digits_of(kind) for kind in decimals]
    known = [one for one in digits if one is not None]
    if len(known) < len(digits):
        return "decimal"
    before, behind = (max(of) for of in zip(*known, strict=True))
    return decimal_of(before + behind, behind)


def is_iso(literal: exp.Expression, kind: str) -> bool:
    """Whether text in quotes is a date or time in the one form that all engines read alike."""
    from datetime import datetime

    pattern = r"\d{4}-\d\d-\d\d"
    if kind == "timestamp":
        pattern += r"( \d\d:\d\d:\d\d(\.\d{1,6})?)?"
    if re.fullmatch(pattern, literal.name) is None:
        return False
    try:
        datetime.fromisoformat(literal.name.partition(".")[0])
    except ValueError:
        return False
    return True
