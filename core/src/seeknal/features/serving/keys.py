"""Values of keys, as callers give them, in the types of the columns that they are compared with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from seeknal.values.errors import UsageError

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_INTEGERS = frozenset((*_WHOLE, *(f"U{name}" for name in _WHOLE)))


def key_value(value: object, type: str, name: str) -> object:
    """A key's value that equals those of a column of ``type`` exactly where it is the same key.

    Dates, times, UUIDs and decimals may be text, as JSON has them. Raises UsageError for a value
    of another kind.
    """
    if value is None:
        return None
    base = type.partition("(")[0]
    try:
        return _reader(base)(value)
    except (TypeError, ValueError, AttributeError, InvalidOperation):
        what = f"{value!r}" if isinstance(value, str | int | float) else f"a {_kind(value)}"
        raise UsageError(
            f"{name} is {type}, and {what[:60]} is none", code="SK1804", help=f"give {_said(base)}"
        ) from None


def _kind(value: object) -> str:
    return type(value).__name__


def _said(base: str) -> str:
    if base in _INTEGERS:
        return "a whole number"
    return {"VARCHAR": "a text", "ENUM": "a text", "BOOLEAN": "true or false"}.get(
        base, f"a {base}, as in SQL"
    )


def _reader(base: str) -> Callable[[Any], object]:
    if base in _INTEGERS:
        return _integer
    return {
        "VARCHAR": _text,
        "ENUM": _text,
        "BOOLEAN": _boolean,
        "DECIMAL": _decimal,
        "BLOB": _bytes,
        "DATE": _date,
        "UUID": lambda value: value if isinstance(value, UUID) else UUID(value),
        "TIMESTAMP WITH TIME ZONE": _aware,
    }.get(base, _naive if base.startswith("TIMESTAMP") else lambda value: value)


def _integer(value: Any) -> int:
    if isinstance(value, str) and str(int(value)) == value:
        # As JSON has those that its readers would round.
        return int(value)
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError
    return int(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()
    return value


def _bytes(value: Any) -> bytes:
    return bytes.fromhex(value) if isinstance(value, str) else bytes(memoryview(value))


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool | float):
        raise TypeError
    return Decimal(value)


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        raise TypeError
    return value if isinstance(value, date) else date.fromisoformat(value)


def _naive(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if found.tzinfo is not None:
        raise ValueError
    return found


def _aware(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError
    return found.astimezone(UTC)
