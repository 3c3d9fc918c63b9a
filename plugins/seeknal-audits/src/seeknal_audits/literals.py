"""Values from project files as SQL literals that compare as the column's type compares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seeknal.plugin import NodeError, quote_literal

if TYPE_CHECKING:
    from seeknal_audits.options import Value

_NUMBERS = ("TINY", "SMALL", "INT", "BIG", "HUGE", "FLOAT", "DOUBLE", "DECIMAL", "U")
_TEXTS = ("VARCHAR", "ENUM")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")


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


def literal(value: Value, type: str) -> str:
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
            raise _incomparable(value, type)
        return _number(value)
    if isinstance(value, bool):
        if type != "BOOLEAN":
            raise _incomparable(value, type)
        return str(value).lower()
    if not isinstance(value, str):
        raise _incomparable(value, type)
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


def _incomparable(value: Value, type: str) -> NodeError:
    return NodeError(
        f"{value!r} cannot be compared with a column of type {type}",
        code="SK0911",
        help="write the value as the column holds it",
    )
