"""Filters that would cut a period that is shown as a whole: of part of it nothing is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from seeknal_semantic.compiling.items import coarseness, items_of
from seeknal_semantic.compiling.moments import begin_of_period, first_of, period_after
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.compiling.restricting import parsed
from seeknal_semantic.conditions import (
    And,
    Between,
    Comparison,
    Constant,
    Is,
    Name,
    Not,
    Or,
    leaves,
)
from seeknal_semantic.filters import read_moment
from seeknal_semantic.grains import can_tell

if TYPE_CHECKING:
    from seeknal_semantic.compiling.items import Item
    from seeknal_semantic.compiling.scope import Asked, Measured, Scope
    from seeknal_semantic.conditions import Condition

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def refuse_cuts(scope: Scope, asked: Asked, measured: Measured, grain: str) -> None:
    """Raise QueryRefused where a filter of the query may let through a part of a period only.

    ``grain`` is that of the periods.
    """
    for words in asked.filters:
        for part in _parts(parsed(words)):
            finer = _finer_than(scope, measured, part, grain)
            if finer is not None and not _at_edges(scope, part, finer, grain):
                raise refused(
                    "SK1520",
                    f"filter {words!r}: each {grain} is shown as a whole here,"
                    f" and {finer.name!r} cuts it",
                    help=f"compare with the first or the last day of a {grain}, or group by day",
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


def _finer_than(scope: Scope, measured: Measured, part: Condition, grain: str) -> Item | None:
    """The measure's own time by less than the grain, if the part has it."""
    start = scope.calendar.fiscal_year_start
    for name in leaves(part):
        if not isinstance(name, Name):
            continue
        try:
            (item,) = items_of(scope, [name.text], measured)
        except Exception:
            # What it means is told where it is looked up.
            continue
        if item.is_time and (item.custom or not can_tell(grain, coarseness(scope, item), start)):
            return item
    return None


def _at_edges(scope: Scope, part: Condition, item: Item, grain: str) -> bool:
    """Whether it compares a time with the first or the last of a period, so that none is cut."""
    match part:
        case Is(value=Name(), what="null"):
            return True
        case Comparison(operator=operator, left=Name(), right=Constant() as constant):
            return _is_edge(scope, operator, constant, item, grain)
        case Comparison(operator=operator, left=Constant() as constant, right=Name()):
            return _is_edge(scope, _FLIPPED.get(operator, operator), constant, item, grain)
        case Between(value=Name(), low=Constant() as low, high=Constant() as high):
            ends = ((">=", low), ("<=", high))
            return all(_is_edge(scope, *end, item, grain) for end in ends)
        case _:
            return False


def _is_edge(scope: Scope, operator: str, constant: Constant, item: Item, grain: str) -> bool:
    if item.part is not None or item.custom:
        return False
    if constant.value is None:
        return True
    moment = _moment(constant)
    if moment is None or operator not in _FLIPPED:
        return False
    try:
        edge = moment if operator in (">=", "<") else period_after(item.grain or "day", moment)
        return begin_of_period(grain, edge, scope.calendar) == edge
    except (OverflowError, ValueError):
        return False


def _moment(value: Constant) -> datetime | None:
    if not isinstance(value.value, str):
        return None
    words = value.value.strip()
    found = read_moment(words, "date") or read_moment(words, "timestamp")
    return None if found is None else first_of(found)
