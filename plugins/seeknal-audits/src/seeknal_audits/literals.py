"""Values from project files as SQL literals that compare as the column's type compares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seeknal.plugin import NodeError, quote_identifier, quote_literal

if TYPE_CHECKING:
    from seeknal_audits.options import Value

_NUMBERS = ("TINY", "SMALL", "INT", "BIG", "HUGE", "FLOAT", "DOUBLE", "DECIMAL", "U")
_TEXTS = ("VARCHAR", "ENUM")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_ZONED = re.compile(r":\d+(\.\d+)?\s*([+-]\d+(:?\d+)*|[A-Za-z][\w/+-]*)\s*$")
"""A time of day with a zone after it."""
_TIME = re.compile(r"\s*\d+:\d+(:\d+(\.\d+)?)?\s*")


@contextmanager
def values_of(key: str) -> Iterator[None]:
    """What is raised of a value within is about that key of the audit's."""
    try:
        yield
    except NodeError as error:
        error.key = error.key or key
        raise


def is_text(type: str) -> bool:
    """Whether a column of that type holds text."""
    return type.startswith(_TEXTS) and not type.endswith("]")


def is_number(type: str) -> bool:
    """Whether a column of that type holds numbers."""
    return (
        type.startswith(_NUMBERS)
        and not type.startswith(("UUID", "UNION", "INTERVAL"))
        and not type.endswith("]")
    )


def bound(value: Value, column: str, type: str) -> str:
    """``value`` as SQL for the least or the greatest that a column may hold.

    Raises NodeError as `literal` does, and where letters would decide: '100' comes before '30'.
    """
    if type == "JSON" or (is_text(type) and not isinstance(value, str)):
        cast = f"CAST({quote_identifier(column)} AS DOUBLE)"
        text = ", or quote the bound to compare letters" if is_text(type) else ""
        help = f"put the audit on a node that makes numbers of it, as by {cast}{text}"
        raise incomparable(value, column, type, help)
    return literal(value, column, type)


def literal(value: Value, column: str, type: str) -> str:
    """``value`` as SQL to compare with a column of ``type``.

    Raises NodeError when they cannot be compared. Text is cast to the type of a column of
    dates, times and the like; a number is compared as a number, so that 1 equals 1.0. A text
    that writes a number is that number where the column holds such numbers. With a column of
    nothing but NULL everything can be compared, and nothing is said of it.
    """
    if type.strip('"') == "NULL":
        return "NULL"
    if is_text(type):
        return quote_literal(_plain(value))
    if is_number(type):
        if isinstance(value, str) and _written(type).fullmatch(value):
            return _number(int(value) if _WHOLE.fullmatch(value) else float(value))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise incomparable(value, column, type)
        return _number(value)
    if isinstance(value, bool):
        if type != "BOOLEAN":
            raise incomparable(value, column, type)
        return str(value).lower()
    if not isinstance(value, str):
        raise incomparable(value, column, type)
    return f"CAST({quote_literal(value)} AS {type})"


def plain_literal(value: Value) -> str:
    """``value`` as SQL of a type of its own; in brackets where a sign could join another."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return quote_literal(value)
    return _number(value) if value >= 0 else f"({_number(value)})"


def _number(value: int | float) -> str:
    text = repr(value)
    return text if text.strip("-").isdigit() or "." in text else f"CAST('{text}' AS DOUBLE)"


def _written(type: str) -> re.Pattern[str]:
    """How text writes numbers that a column of ``type`` can hold."""
    return _DECIMAL if type.startswith(_FRACTIONS) else _WHOLE


def _plain(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_shortened(text: str, type: str) -> str:
    """SQL that is true where a column of ``type`` would hold less than ``text`` says.

    A DATE has no time of day, and what has no zone drops the one that is written.
    """
    if type in ("TIME", "TIME_NS"):
        return str(_TIME.fullmatch(text) is None)
    if type != "DATE" and not type.startswith("TIMESTAMP"):
        return "false"
    written = quote_literal(text)
    given = f"TRY_CAST({written} AS TIMESTAMPTZ)"
    kept = f"CAST(TRY_CAST({written} AS {type}) AS TIMESTAMPTZ)"
    if type == "TIMESTAMP_NS":
        if _ZONED.search(text):
            # DuckDB 1.5 shifts such a text to UTC, and later ones drop its zone.
            return "true"
        # What the other rounds is no loss.
        return f"{given} NOT BETWEEN {kept} - INTERVAL 1 SECOND AND {kept} + INTERVAL 1 SECOND"
    return f"{given} <> {kept}"


def incomparable(value: Value, column: str, type: str, help: str | None = None) -> NodeError:
    """The error of a value that says nothing about a column of ``type``."""
    return NodeError(
        f"{value!r} cannot be compared with {column}, a column of type {type}",
        code="SK0911",
        help=help or "write the value as the column holds it",
        words=(str(value),),
    )
