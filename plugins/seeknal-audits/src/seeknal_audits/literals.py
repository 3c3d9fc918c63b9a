"""Values from project files as SQL literals that compare as the column's type compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plugin import NodeError, quote_literal

if TYPE_CHECKING:
    from seeknal_audits.options import Value

_NUMBERS = ("TINY", "SMALL", "INT", "BIG", "HUGE", "FLOAT", "DOUBLE", "DECIMAL", "U")
_TEXTS = ("VARCHAR", "ENUM")


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
    dates, times and the like; a number is compared as a number, so that 1 equals 1.0.
    """
    if is_text(type):
        return quote_literal(_plain(value))
    if is_number(type):
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


def _plain(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _incomparable(value: Value, type: str) -> NodeError:
    return NodeError(
        f"{value!r} cannot be compared with a column of type {type}",
        code="SK0911",
        help="write the value as the column holds it",
    )
