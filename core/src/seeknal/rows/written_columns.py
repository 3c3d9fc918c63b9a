"""Columns of Python values, written as text that DuckDB reads back as their type."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable, Sequence
from datetime import time
from typing import Any

from attrs import frozen

from seeknal.rows.python_types import ListOf, StructOf, name_of
from seeknal.rows.python_values import CONVERT, Mixture, as_own, kind_of


class _Null:
    """What the csv module writes without quotes, as it does numbers: the text of NULL."""

    def __float__(self) -> float:
        return 0.0

    def __str__(self) -> str:
        return "\\N"


NULL = _Null()


def is_nested(type: str) -> bool:
    """Whether values of a DuckDB type travel as JSON."""
    upper = type.upper()
    return upper.endswith("]") or upper.startswith(("STRUCT", "MAP", "UNION"))


@frozen(kw_only=True)
class Written:
    """A column ready for the CSV text; ``sql`` reads it back as ``type``."""

    values: Sequence[object]
    type: str
    sql: Callable[[str], str]


def write_inferred(type: Any, values: Sequence[object]) -> Written:
    """Values of a type that was found in them.

    What is nested stays JSON text until the last value has shaped its type; intervals stay text
    because Parquet has no negative ones.
    """
    name = name_of(type)
    if isinstance(type, ListOf | StructOf) or type == "INTERVAL":
        return Written(values=_as_text(values), type="VARCHAR", sql=lambda column: column)
    return Written(values=_as_text(values), type=name, sql=_reader(name))


def write_declared(type: str, values: Sequence[object]) -> Written:
    """Values that are to be of ``type``. Raises Mixture for one that would change silently."""
    checks = _CHECKS.get(type.upper().partition("(")[0].strip(), {})
    for cls in set(map(builtins.type, values)):
        kind = kind_of(cls)
        if not kind:
            raise Mixture(f"a value of type {cls.__name__} cannot be stored", help=CONVERT)
        if kind in checks:
            _check(type, cls, values, checks[kind])
    if type.upper() == "BLOB":
        values = [value.encode() if isinstance(value, str) else value for value in values]
    if type.upper() == "INTERVAL":
        return Written(values=_as_text(values), type="VARCHAR", sql=lambda column: column)
    return Written(values=_as_text(values), type=type, sql=_reader(type))


def _check(type: str, cls: type, values: Sequence[object], fits: Callable[[Any], bool]) -> None:
    for row, value in enumerate(values):
        if builtins.type(value) is cls and not fits(value):
            text = repr(value)
            raise Mixture(f"{text if len(text) < 60 else text[:57] + '...'} is not a {type}", row)


def _is_whole(value: Any) -> bool:
    return bool(value == value and abs(value) != float("inf") and value == int(value))


def _never(value: object) -> bool:
    return False


Checks = dict[str, Callable[[Any], bool]]
_WHOLE: Checks = {"float": _is_whole, "decimal": _is_whole, "bytes": _never}
_DAY: Checks = {"datetime": lambda value: bool(value.time() == time()), "bytes": _never}
_TEXT: Checks = {"bytes": _never}
_WHOLE_TYPES = (
    *("TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)
_CHECKS: dict[str, Checks] = {
    **dict.fromkeys(_WHOLE_TYPES, _WHOLE),
    **dict.fromkeys(("VARCHAR", "TEXT", "STRING"), _TEXT),
    "DATE": _DAY,
}


def _reader(type: str) -> Callable[[str], str]:
    if type.upper() == "VARCHAR":
        return lambda column: column
    if type.upper() == "BLOB":
        return lambda column: f"unhex({column})"
    if is_nested(type):
        return lambda column: f"CAST(CAST({column} AS JSON) AS {type})"
    return lambda column: f"CAST({column} AS {type})"


def _as_text(values: Sequence[object]) -> Sequence[object]:
    """Each value as something whose ``str`` DuckDB understands."""
    writers = {cls: _WRITERS.get(kind_of(cls)) for cls in set(map(type, values))}
    if not any(writers.values()):
        return values
    return [value if (write := writers[type(value)]) is None else write(value) for value in values]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_json_value)


def _json_value(value: Any) -> object:
    kind = kind_of(type(value))
    if kind == "foreign":
        return as_own(value)
    if kind == "timedelta":
        return _interval(value)
    if kind == "bytes":
        raise Mixture("bytes inside a list or dict", help="write them as text, such as base64")
    return dict(value) if kind == "dict" else str(value)


def _interval(value: Any) -> str:
    return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"


_WRITERS: dict[str, Callable[[Any], object]] = {
    "null": lambda value: NULL,
    "bool": lambda value: "true" if value else "false",
    "bytes": lambda value: bytes(value).hex(),
    "timedelta": _interval,
    "list": _json,
    "dict": _json,
}
