"""Filters that would cut a month which is moved as a whole: of part of it nothing is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from seeknal_semantic.compiling.items import items_of
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.conditions import (
    And,
    Between,
    Comparison,
    Constant,
    Name,
    Not,
    Or,
    leaves,
)
from seeknal_semantic.filters import parse_filter
from seeknal_semantic.grains import can_tell, is_grain

if TYPE_CHECKING:
    from seeknal_semantic.compiling.scope import Asked, Measured, Scope
    from seeknal_semantic.conditions import Condition, Value

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_WHOLE_PARTS = ("year", "quarter", "month")


def refuse_cuts(scope: Scope, asked: Asked, measured: Measured) -> None:
    """Raise QueryRefused where a filter of the query may let through a part of a month only."""
    for words in asked.filters:
        for part in _parts(parse_filter(words)):
            fine = _finer_than_months(scope, measured, part)
            if fine and not _between_months(part):
                raise refused(
                    "SK1520",
                    f"filter {words!r}: months are moved as a whole here, and {fine!r} cuts them",
                    help="compare with the first or the last day of a month, or group by day",
                )


def _parts(condition: Condition) -> Iterator[Condition]:
    """The comparisons that a condition is made of."""
    match condition:
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _parts(part)
        case Not(part=part):
            yield from _parts(part)
        case _:
            yield condition


def _finer_than_months(scope: Scope, measured: Measured, part: Condition) -> str | None:
    """The name of the measure's own time by less than a month, if the part has one."""
    for name in leaves(part):
        if not isinstance(name, Name):
            continue
        try:
            (item,) = items_of(scope, [name.text], measured)
        except Exception:
            # What it means is told where it is looked up.
            continue
        if not item.is_time or item.part in _WHOLE_PARTS:
            continue
        if item.part or not (is_grain(item.grain or "") and can_tell("month", item.grain or "day")):
            return name.text
    return None


def _between_months(part: Condition) -> bool:
    """Whether it compares a time with the first or the last day of a month, so that none is cut."""
    match part:
        case Comparison(operator=operator, left=Name(), right=Constant() as constant):
            return _is_edge(operator, constant)
        case Comparison(operator=operator, left=Constant() as constant, right=Name()):
            return _is_edge(_FLIPPED.get(operator, operator), constant)
        case Between(value=Name(), low=Constant() as low, high=Constant() as high):
            return _is_edge(">=", low) and _is_edge("<=", high)
        case _:
            return False


def _is_edge(operator: str, constant: Constant) -> bool:
    day = _day(constant)
    if day is None:
        return False
    if operator in (">=", "<"):
        return day.day == 1
    return operator in ("<=", ">") and (day + timedelta(days=1)).day == 1


def _day(value: Value) -> date | None:
    if not isinstance(value, Constant) or not isinstance(value.value, str):
        return None
    try:
        return date.fromisoformat(value.value.strip())
    except ValueError:
        return None
