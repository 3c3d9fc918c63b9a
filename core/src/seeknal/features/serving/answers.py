"""Features as JSON that loses nothing of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

_WHOLE = 2**53
"""From here on, whole numbers are text: many readers of JSON round them."""


def as_json(value: Any) -> Any:
    """A value as JSON holds it: what has no exact number there is text, as SQL writes it."""
    if isinstance(value, Mapping):
        return {str(as_json(name)): as_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _WHOLE else str(value)
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, timedelta):
        return _interval(value)
    if isinstance(value, date | time | Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)


def _interval(value: timedelta) -> str:
    """As SQL writes it: ``30 days 01:00:00``."""
    days = f"{value.days} {'day' if abs(value.days) == 1 else 'days'}" if value.days else ""
    rest = value - timedelta(days=value.days)
    text = f"0{rest}" if len(str(rest).partition(":")[0]) == 1 else str(rest)
    return " ".join(filter(None, (days, text if rest or not days else "")))
