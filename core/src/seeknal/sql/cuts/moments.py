"""Expressions that are an end of the range that is processed, some time before or after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from seeknal.sql.lineage.tree import arguments, connection, constant, key_of, selecting, walk
from seeknal.values.tracking import END_MARK, START_MARK

if TYPE_CHECKING:
    from seeknal.sql.lineage.tree import Tree

_DAY = 86_400_000_000
_MARKS = {START_MARK: False, END_MARK: True}
_PURE = frozenset(("+", "-", "*", "/", "//", "trunc", "round", "floor", "ceil", "abs"))
_INTERVALS = ("to_", "date_part")
_ASKING = (
    "SELECT date_part('year', x) * 12 + date_part('month', x),"
    " epoch_us(TIMESTAMP '2000-01-01' + x) - epoch_us(TIMESTAMP '2000-01-01') FROM ({}) AS t(x)"
)


class Moment(NamedTuple):
    """An end of the range, ``of_end`` or its start, and some microseconds after it."""

    of_end: bool
    micros: int = 0
    is_date: bool = False


class Inexact(Exception):
    """An end of the range, some time before or after it that differs from range to range."""

    def __init__(self, why: str, instead: str) -> None:
        super().__init__(why)
        self.instead = instead


_NO_MIDNIGHT = (
    "an end of its range is not always a midnight in UTC, and a DATE is",
    "compare with the end itself: ... - INTERVAL 1 DAY",
)
_IN_MONTHS = ("months and years differ in length", "write days: INTERVAL 31 DAY")


def is_marked(text: str) -> bool:
    """Whether a text names an end of the range."""
    return START_MARK in text or END_MARK in text


class Moments:
    """Tells which expressions are moments.

    ``midnights``: ranges begin and end at midnight in UTC, so that their ends are dates as well.
    ``named`` gives the moment that a column is.
    """

    def __init__(self, midnights: bool) -> None:
        self.midnights = midnights

    def of(self, expression: Tree, named: Callable[[Tree], Moment | None]) -> Moment | None:
        """The moment that an expression is, or None. Raises Inexact."""
        kind = expression["class"]
        if kind == "CONSTANT":
            found = constant(expression)
            end = _MARKS.get(found[1]) if found is not None else None
            return None if end is None else Moment(end)
        if kind == "COLUMN_REF":
            return named(expression)
        if kind == "CAST":
            return self._cast(self.of(expression["child"], named), _type_of(expression))
        if kind == "FUNCTION":
            return self._called(expression, arguments(expression), named)
        return None

    def _cast(self, moment: Moment | None, type: str) -> Moment | None:
        if moment is None or type.startswith("TIMESTAMP") or type == "DATETIME":
            return moment and moment._replace(is_date=False)
        return self._day(moment) if type == "DATE" else None

    def _day(self, moment: Moment) -> Moment:
        """The day of a moment that is its midnight."""
        if self.midnights and moment.micros % _DAY == 0:
            return moment._replace(is_date=True)
        raise Inexact(*_NO_MIDNIGHT)

    def _called(
        self, call: Tree, given: list[Tree], named: Callable[[Tree], Moment | None]
    ) -> Moment | None:
        name = call["function_name"].lower()
        if len(given) != 2:
            return None
        if name in ("timezone", "date_trunc", "datetrunc"):
            said, moment = constant(given[0]), self.of(given[1], named)
            if said is None or moment is None:
                return None
            if name == "timezone":
                return moment._replace(is_date=False) if said[1].upper() == "UTC" else None
            return self._day(moment) if said[1].lower() == "day" else None
        if name == "+" and (moment := self.of(given[1], named)) is not None:
            return _shifted(moment, given[0], 1)
        if name in ("+", "-", "date_add") and (moment := self.of(given[0], named)) is not None:
            return _shifted(moment, given[1], -1 if name == "-" else 1)
        return None


def _shifted(moment: Moment, by: Tree, sign: int) -> Moment | None:
    amount = _amount(by)
    if amount is None:
        return None
    micros, is_days = amount
    if is_days and not moment.is_date:
        return None
    return Moment(moment.of_end, moment.micros + sign * micros, moment.is_date and is_days)


def _amount(expression: Tree) -> tuple[int, bool] | None:
    """How many microseconds a constant is, and whether it was written as a number of days."""
    return _counted(key_of(expression)) if all(map(_is_constant, walk(expression))) else None


@lru_cache(maxsize=256)
def _counted(written: str) -> tuple[int, bool] | None:
    """The same of the text of an expression's tree: most constants are like others."""
    import duckdb

    text = selecting(json.loads(written))
    try:
        asked = connection().cursor()
        ((type, value),) = asked.sql(
            f"SELECT typeof(x), x::VARCHAR FROM ({text}) AS t(x)"
        ).fetchall()
        if type == "INTERVAL" and value is not None:
            ((months, micros),) = asked.sql(_ASKING.format(text)).fetchall()
            if months:
                raise Inexact(*_IN_MONTHS)
            return int(micros), False
        return (int(value) * _DAY, True) if "INT" in type and value is not None else None
    except duckdb.Error:
        return None


def _is_constant(part: Tree) -> bool:
    if part["class"] == "FUNCTION":
        name = part["function_name"].lower()
        return name in _PURE or name.startswith(_INTERVALS)
    found = constant(part)
    if found is not None:
        return not is_marked(found[1])
    return part["class"] in ("CAST", "TYPE")


def _type_of(cast: Tree) -> str:
    """The name of the type that a value is cast to, without its precision."""
    type: Any = cast.get("type_expr") or cast.get("cast_type") or {}
    info = type.get("type_info") or {}
    name = type.get("type_name") or info.get("name") or type.get("id") or ""
    return str(name).upper()
