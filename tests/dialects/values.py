"""Values that engines give, in one form, and when two of them are the same.

A value is null, a bool, an int, a float, a text or a list of values; what has no such form of its
own is a mapping with one key, its family: ``{"decimal": "2.50"}``, ``{"date": "2024-01-31"}``,
``{"interval": [months, days, microseconds]}``. All of it can be written as YAML and JSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

Value = Any
_DAY = 86_400_000_000
CLOSE = 1e-9
"""How far floats may be apart, as a share of them: libraries of mathematics differ."""


def value_of(found: Any) -> Value:
    """What a driver gave, as a value. Raises TypeError for a kind that has no form here."""
    if found is None or isinstance(found, bool | int | float | str):
        return found
    if isinstance(found, dict) and "interval" in found:
        return dict(found)
    if isinstance(found, Decimal):
        return {"decimal": format(found, "f")}
    if isinstance(found, datetime):
        return _moment(found)
    if isinstance(found, date):
        return {"date": found.isoformat()}
    if isinstance(found, time):
        return {"time": found.isoformat()}
    if isinstance(found, timedelta):
        return {"interval": [0, *_days(microseconds(found))]}
    if isinstance(found, bytes | bytearray | memoryview):
        return {"bytes": bytes(found).hex()}
    if isinstance(found, UUID):
        return {"uuid": str(found)}
    if isinstance(found, list | tuple):
        return [value_of(part) for part in found]
    if isinstance(found, Mapping):
        return {"struct": {str(key): value_of(part) for key, part in found.items()}}
    raise TypeError(f"no form for {type(found).__name__}")


def _days(micros: int) -> tuple[int, int]:
    """Whole days and what is left of them, both with the same sign."""
    days = abs(micros) // _DAY * (1 if micros > 0 else -1)
    return days, micros - days * _DAY


def microseconds(span: timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def _moment(found: datetime) -> Value:
    if found.tzinfo is None:
        return {"timestamp": found.isoformat(sep=" ")}
    return {"timestamptz": found.astimezone(UTC).isoformat(sep=" ")}


def family_of(value: Value) -> str:
    """What kind of value it is; whole numbers and decimals are both exact numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int) or (isinstance(value, Mapping) and "decimal" in value):
        return "exact"
    if isinstance(value, Mapping):
        return str(next(iter(value)))
    return {float: "float", str: "text", list: "list"}[type(value)]


Loose = tuple[frozenset[str], ...]
"""Families that may stand for one another where they say the same."""
FLOATS: Loose = (frozenset(("exact", "float")), frozenset(("json", "text")))
TRUTHS: Loose = (*FLOATS, frozenset(("exact", "bool")))


def same(one: Value, other: Value, *, loose: Loose = ()) -> bool:
    """Whether a reader of both sees the same.

    Exact numbers are the same when they are equal: what a scale shows is asked for as text. A
    float is no exact number and 1 is not true, unless ``loose`` says so. JSON is compared as what
    it says.
    """
    family, others = family_of(one), family_of(other)
    if frozenset((family, others)) in loose:
        return _says(one, other) if "text" in (family, others) else _near(one, other)
    if family != others:
        return False
    if family == "exact":
        return _exact(one) == _exact(other)
    if family == "float":
        return _close(one, other)
    if family == "list":
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(*pair, loose=loose) for pair in pairs)
    if family in ("struct", "map"):
        return _parts(one[family], other[family])
    return bool(one == other)


def _parts(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return same(sorted(one, key=repr), sorted(other, key=repr))


def _says(one: Value, other: Value) -> bool:
    """Whether a text is the JSON that the other value is."""
    text, value = (one, other) if isinstance(one, str) else (other, one)
    try:
        return bool(json.loads(text) == value["json"])
    except ValueError:
        return False


def _near(one: Value, other: Value) -> bool:
    """Whether two kinds of numbers are the same as far as floats can tell."""
    floats = [float(of if isinstance(of, float) else _exact(of)) for of in (one, other)]
    return math.isclose(*floats, rel_tol=1e-14, abs_tol=1e-18)


def _exact(value: Value) -> Decimal:
    return Decimal(value["decimal"] if isinstance(value, Mapping) else value)


def _close(one: float, other: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other or math.isclose(one, other, rel_tol=CLOSE, abs_tol=1e-300)


def same_rows(
    one: list[list[Value]], other: list[list[Value]], *, ordered: bool, loose: Loose = ()
) -> bool:
    """Whether two results are the same rows, in the same order when that was asked for."""
    if len(one) != len(other):
        return False
    if not ordered:
        one, other = sorted(one, key=_place), sorted(other, key=_place)
    return all(same(left, right, loose=loose) for left, right in zip(one, other, strict=True))


def _place(row: list[Value]) -> list[tuple[str, Any]]:
    return [_place_of(value) for value in row]


def _place_of(value: Value) -> tuple[str, Any]:
    family = family_of(value)
    if isinstance(value, float) and math.isnan(value):
        return "number that is none", 0
    if family in ("exact", "float", "bool"):
        # What counts as the same must come to the same place.
        return "number", float(f"{float(_exact(value)):.6g}")
    return family, repr(value)
