"""Columns of Arrow as values: also days and times that Python has no form for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.dialects.values import Value, value_of

_CYCLE = 146_097
"""Days after which the calendar is the same again, 400 years later."""
_MICROS = 86_400_000_000


def values_of(column: Any) -> list[Value]:
    """The values of a column."""
    import pyarrow as pa

    of = column.type
    try:
        found = column.to_pylist()
    except (OverflowError, ValueError):
        if pa.types.is_date32(of):
            days = column.cast(pa.int32()).to_pylist()
            return [None if day is None else {"date": day_text(day)} for day in days]
        if of == pa.timestamp("us"):
            micros = column.cast(pa.int64()).to_pylist()
            return [None if one is None else {"timestamp": moment_text(one)} for one in micros]
        raise
    if pa.types.is_map(of):
        return [None if pairs is None else _map(pairs) for pairs in found]
    return [value_of(value) for value in found]


def _map(pairs: Any) -> Value:
    return {"map": [[value_of(key), value_of(part)] for key, part in pairs]}


def day_text(days: int) -> str:
    """A day as DuckDB writes it, from the number of days since 1970."""
    cycles, rest = divmod(days, _CYCLE)
    near = date(1970, 1, 1) + timedelta(rest)
    year = near.year + 400 * cycles
    shown = f"{year if year > 0 else 1 - year:04}{near:-%m-%d}"
    return shown if year > 0 else f"{shown} (BC)"


def moment_text(micros: int) -> str:
    """A time as Python and DuckDB write it, from the microseconds since 1970."""
    days, rest = divmod(micros, _MICROS)
    seconds, parts = divmod(rest, 1_000_000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{day_text(days)} {clock}" + (f".{parts:06}" if parts else "")
