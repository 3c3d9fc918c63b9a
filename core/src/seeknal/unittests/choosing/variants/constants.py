"""Changes of constants: numbers, moments, intervals and words that are a little different.

A number or a moment goes up, and goes down, by steps that grow: the first step that the data show
is the one that is wanted, for rows that show it show the farther ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from seeknal.unittests.choosing.variants.change import altered, change, text
from seeknal.unittests.choosing.variants.grouping import within_reach
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.unittests.choosing.variants.change import Change

_DAY = Pattern(r"\d{4}-\d{2}-\d{2}")
_MOMENT = Pattern(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?")
_DAYS = (1, 2, 7, 31, 366, 3660)
_SECONDS = (1, 60, 3600, 86400, 7 * 86400, 31 * 86400, 366 * 86400, 3660 * 86400)
_LENGTHS = (1, 2, 7, 14, 30, 60, 90, 180)
_FACTORS = (Decimal("1.01"), Decimal("1.1"), Decimal(2), Decimal(10))


def constants(node: Any) -> Iterator[Change]:
    """Another constant."""
    from sqlglot import exp

    if isinstance(node, exp.Boolean):
        yield change(node, f"{text(node)} negated", exp.Boolean(this=not node.this))
    if not isinstance(node, exp.Literal) or _is_place(node):
        return
    if isinstance(node.parent, exp.Interval):
        yield from _interval(node)
    elif not node.is_string:
        yield from _number(node)
    elif _DAY.fullmatch(node.name):
        yield from _day(node)
    elif _MOMENT.fullmatch(node.name):
        yield from _moment(node)
    else:
        yield from _word(node)


def _is_place(node: Any) -> bool:
    """Whether it is no value: the place of a column, the size of a type, a far limit."""
    from sqlglot import exp

    parent = node.parent
    if isinstance(parent, exp.Limit):
        return not within_reach(parent)
    if isinstance(parent, exp.Ordered | exp.Group | exp.DataTypeParam | exp.JSONPathSubscript):
        return True
    return isinstance(parent, exp.Tuple) and isinstance(parent.parent, exp.Distinct)


def _both_ways(node: Any, up: list[Any], down: list[Any]) -> Iterator[Change]:
    for word, rungs in (("greater", up), ("smaller", down)):
        if rungs:
            yield change(node, f"a {word} value than {text(node)} in {_around(node)}", *rungs)


def _around(node: Any) -> str:
    """What a constant stands in."""
    from sqlglot import exp

    parent = node.parent
    while isinstance(parent, exp.Cast | exp.Paren | exp.Neg) and parent.parent is not None:
        parent = parent.parent
    return text(parent)


def _number(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    try:
        value = Decimal(node.name)
    except ArithmeticError:
        return
    digits = -int(value.as_tuple().exponent) if "e" not in node.name.lower() else 0
    steps = [Decimal(1).scaleb(-digits), Decimal(1)] if digits > 0 else [Decimal(1)]
    places = max(digits, 0)

    def written(number: Decimal) -> Any:
        return exp.Literal.number(str(round(number, places) if places else int(number)))

    up = [value + step for step in steps] + [value * factor for factor in _FACTORS if value]
    down = [value - step for step in steps] + [value / factor for factor in _FACTORS if value]
    down += [Decimal(0), -value]
    ups = [written(one) for one in _rising(up, value, places)]
    downs = [written(one) for one in _rising(down, value, places)]
    yield from _both_ways(node, ups, downs)


def _rising(values: list[Decimal], now: Decimal, places: int) -> list[Decimal]:
    """The values that are different ones as they are written, nearest first."""
    seen: dict[Decimal, None] = {}
    for value in sorted(values, key=lambda one: abs(one - now)):
        rounded = round(value, places) if places else Decimal(int(value))
        if rounded != now:
            seen.setdefault(rounded, None)
    return list(seen)


def _day(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    try:
        value = date.fromisoformat(node.name)
        up = [exp.Literal.string(str(value + timedelta(days=days))) for days in _DAYS]
        down = [exp.Literal.string(str(value - timedelta(days=days))) for days in _DAYS]
    except (ValueError, OverflowError):
        return
    yield from _both_ways(node, up, down)


def _moment(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    try:
        value = datetime.fromisoformat(node.name)
        steps = [timedelta(seconds=seconds) for seconds in _SECONDS]
        up = [exp.Literal.string(str(value + step)) for step in steps]
        down = [exp.Literal.string(str(value - step)) for step in steps]
    except (ValueError, OverflowError):
        return
    yield from _both_ways(node, up, down)


def _interval(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    try:
        number = int(node.name)
    except ValueError:
        return
    written = exp.Literal.string if node.is_string else exp.Literal.number
    up = [written(str(number + step)) for step in (*_LENGTHS, 9 * number) if step > 0]
    down = [written(str(number - step)) for step in (*_LENGTHS, number) if number - step >= 0]
    yield from _both_ways(node, up, down)


def _word(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    word, parent = node.name, node.parent
    other = exp.Literal.string(f"{word}~")
    yield change(node, f"another word than {text(node)} in {_around(node)}", other)
    if isinstance(parent, exp.Like | exp.ILike) and node is parent.expression:
        for shorter in {word.removeprefix("%"), word.removesuffix("%")} - {word}:
            pattern = exp.Literal.string(shorter)
            yield change(
                parent, f"{text(pattern)} in {text(parent)}", altered(parent, expression=pattern)
            )
