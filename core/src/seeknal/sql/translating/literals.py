"""What a query says itself: values, words, spans of time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from seeknal.sql.translating.kinds import LITERAL, NULL, decimal_of

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions
    from seeknal.sql.translating.scopes import Scope


def literal(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A number or a text."""
    if node.is_string:
        return LITERAL
    if re.fullmatch(r"\d+", node.name) and int(node.name) < 1 << 63:
        return "whole" if int(node.name) < 1 << 31 else "long"
    digits = re.fullmatch(r"(\d*)\.(\d*)", node.name)
    if digits and len(digits[1]) + len(digits[2]) <= 38:
        return decimal_of(len(digits[1]) + len(digits[2]), len(digits[2]))
    finite = float(node.name) != float("inf")
    if expressions.pair.exponents_are_double and finite and re.search("[eE]", node.name):
        expressions.apply_to(node, "Double", "double")
        return "double"
    return expressions.refuse(node, f"{expressions.written(node)} may be another number")


def null(expressions: Expressions, node: Any, scope: Scope) -> str:
    """NULL, which is the same everywhere."""
    return NULL


def boolean(expressions: Expressions, node: Any, scope: Scope) -> str:
    """TRUE and FALSE, which are the same everywhere."""
    return "boolean"


def word(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A word of the language, as in ``EXTRACT(year FROM d)``; the rule around it knows."""
    return "word"


def inner(expressions: Expressions, node: Any, scope: Scope) -> str:
    """What stands within brackets or before a name."""
    return expressions.translate(node.this, scope)


def interval(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A span of time that is written out."""
    from sqlglot import exp

    unit = node.args.get("unit")
    text = node.this.name if node.this else ""
    if unit is not None and not isinstance(unit, exp.Var):
        return expressions.refuse(node, f"{expressions.written(node)} may be another time")
    if unit is not None and re.fullmatch(r"-?\d+", text) and _is_unit(unit.name):
        # '2 days' is the same as '2' DAY.
        unit.set("this", unit.name.upper().removesuffix("S"))
        return "interval"
    if "Spans" in expressions.rules and (unit is None or _is_unit(unit.name)):
        parts = f"{text} {unit.name if unit is not None else ''}".split()
        numbers, units = parts[::2], parts[1::2]
        plain = all(re.fullmatch(r"-?\d{1,6}", number) for number in numbers)
        if plain and len(numbers) == len(units) and all(map(_is_unit, units)):
            return "interval"
    return expressions.refuse(node, f"{expressions.written(node)} may be another time")


def collated(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A text with the order, or the letters, that are said beside it."""
    kind = expressions.translate(node.this, scope)
    said = node.expression.name
    return expressions.apply(node, [node.this], [kind], f'COLLATE"{said}"')


_UNITS = frozenset(("DAY", "MONTH", "YEAR", "HOUR", "MINUTE", "SECOND", "WEEK"))


def _is_unit(word: str) -> bool:
    return word.upper() in _UNITS or word.upper().removesuffix("S") in _UNITS
