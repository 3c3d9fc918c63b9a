"""What Python values are to a column; scalars and arrays of numpy and pandas as Python's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

CONVERT = "convert it to text, a number, a date, a list or a dict"


class Mixture(Exception):
    """A value that does not fit the others of its column; ``row`` counts from 0 in the batch."""

    def __init__(self, message: str, row: int = 0, help: str | None = None) -> None:
        super().__init__(message)
        self.row = row
        self.help = help


class Nanoseconds(str):
    """A moment that has nanoseconds, which no class of Python's own can hold, as text."""

    __slots__ = ()


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    Decimal: "decimal",
    bytes: "bytes",
    bytearray: "bytes",
    memoryview: "bytes",
    Nanoseconds: "nanoseconds",
    datetime: "datetime",
    date: "date",
    time: "time",
    timedelta: "timedelta",
    UUID: "uuid",
    list: "list",
    tuple: "list",
    dict: "dict",
}


def kind_of(cls: type[Any]) -> str:
    """A word for how values of ``cls`` are treated; empty for what cannot be a value."""
    if cls not in _KINDS:
        _KINDS[cls] = _find_kind(cls)
    return _KINDS[cls]


def _find_kind(cls: type[Any]) -> str:
    if cls.__name__ in ("NaTType", "NAType"):
        return "null"
    package = cls.__module__.partition(".")[0]
    if package == "numpy" and not issubclass(cls, str | bytes | float):
        return "foreign"
    if package == "pandas" and cls.__name__ in ("Timestamp", "Timedelta"):
        return "foreign"
    known = (_KINDS[base] for base in cls.__mro__ if base in _KINDS)
    return next(known, "dict" if issubclass(cls, Mapping) else "")


def plain(values: Sequence[object]) -> Sequence[object]:
    """``values`` with the scalars and arrays of numpy and pandas as Python's own.

    Raises Mixture for one that Python has nothing for.
    """
    if all(kind_of(cls) != "foreign" for cls in set(map(type, values))):
        return values
    return [as_own(value, row) for row, value in enumerate(values)]


def as_own(value: Any, row: int = 0) -> object:
    if kind_of(type(value)) != "foreign":
        return value
    try:
        return _from_pandas(value) if hasattr(value, "to_numpy") else _from_numpy(value)
    except Mixture as error:
        raise Mixture(str(error), row, error.help) from None


def _from_pandas(value: Any) -> object:
    """A Timestamp or a Timedelta, which are Python's own with nanoseconds."""
    if not hasattr(value, "nanosecond"):
        return _duration(value.to_numpy())
    if not value.nanosecond:
        return value.to_pydatetime()
    if value.tzinfo is not None:
        text = f"{value} has nanoseconds, and times with a zone have microseconds"
        raise Mixture(text, help="round it: .floor('us'), or take the zone away")
    return _nanoseconds(value.to_numpy())


def _nanoseconds(value: Any) -> Nanoseconds:
    # DuckDB reads no text of the first hours that it holds, and calls the last one infinity.
    if not _FIRST_NANOSECOND <= int(value.astype("M8[ns]").astype("i8")) <= _LAST_NANOSECOND:
        raise Mixture(_FARTHER.format(value), help=CONVERT)
    return Nanoseconds(str(value))


def _from_numpy(value: Any) -> object:
    kind = value.dtype.kind
    if kind not in "mMV" and not value.dtype.names:
        return value.tolist()
    if value.ndim:
        return [as_own(item) for item in value]
    if value.dtype.names:
        return {name: as_own(value[name]) for name in value.dtype.names}
    if kind == "V":
        return value.tolist()
    scalar = value[()]
    return _moment(scalar) if kind == "M" else _duration(scalar)


_CALENDAR = ("Y", "M", "W", "D")
_UNITS = ("h", "m", "s", "ms", "us")
_FIRST_NANOSECOND = -9_223_286_400_000_000_000
_LAST_NANOSECOND = 2**63 - 2
_FARTHER = "the moment {} is finer or farther than DuckDB holds"


def _moment(value: Any) -> object:
    """A datetime64 as what holds it: a date, a datetime, or the text of one with nanoseconds."""
    if value != value:
        return None
    fine = value if _unit(value) in (*_CALENDAR, *_UNITS) else value.astype("M8[ns]")
    nanoseconds = _unit(fine) == "ns"
    if fine != value or (not nanoseconds and isinstance(fine.tolist(), int)):
        raise Mixture(_FARTHER.format(value), help=CONVERT)
    return _nanoseconds(fine) if nanoseconds else fine.tolist()


def _duration(value: Any) -> object:
    if value != value:
        return None
    short = None if _unit(value) in ("Y", "M", "generic") else value.astype("m8[us]")
    if short is None or short != value or not isinstance(short.tolist(), timedelta):
        text = f"the duration of {value!r} is no whole number of microseconds"
        raise Mixture(text, help="round it to microseconds")
    return short.tolist()


def _unit(value: Any) -> str:
    text = str(value.dtype)
    return text[text.index("[") + 1 : -1] if "[" in text else "generic"
