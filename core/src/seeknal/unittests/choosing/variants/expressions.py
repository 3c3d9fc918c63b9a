"""Changes of expressions: arms of CASE, COALESCE, arithmetic, functions, units of time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from seeknal.unittests.choosing.variants.change import altered, change, text

if TYPE_CHECKING:
    from seeknal.unittests.choosing.variants.change import Change

_OTHER = {
    "Add": ("Sub", "Mul"),
    "Sub": ("Add",),
    "Mul": ("Div", "Add"),
    "Div": ("Mul",),
    "IntDiv": ("Mul",),
    "Mod": ("IntDiv",),
}
_UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


def expressions(node: Any) -> Iterator[Change]:
    """Simpler, turned and neighbouring expressions."""
    from sqlglot import exp

    kind = type(node).__name__
    if isinstance(node, exp.Case):
        yield from _case(node)
    elif isinstance(node, exp.Coalesce):
        yield from _coalesce(node)
    elif isinstance(node, exp.Nullif):
        yield change(node, f"without {text(node)}", node.this.copy())
    elif kind in _OTHER:
        yield from _arithmetic(node, kind)
    elif isinstance(node, exp.DPipe):
        for side in (node.this, node.expression):
            yield change(node, f"{text(side)} instead of {text(node)}", side.copy())
        yield from _turned(node)
    elif isinstance(node, exp.LT | exp.LTE | exp.GT | exp.GTE):
        yield from _turned(node)
    elif isinstance(node, exp.Neg):
        yield change(node, f"without the sign of {text(node)}", node.this.copy())
    elif isinstance(node, exp.Cast | exp.TryCast):
        if not isinstance(node.this, exp.Literal):
            yield change(node, f"without {text(node)}", node.this.copy())
    elif isinstance(node, exp.Func) and not isinstance(
        node, exp.AggFunc | exp.Connector | exp.Exists | exp.If
    ):
        yield from _function(node)
    if isinstance(node, exp.Interval) or kind in ("TimestampTrunc", "DateTrunc", "Extract"):
        yield from _units(node)
    if isinstance(node, exp.Literal) and node.is_string and node.name.upper() in _UNITS:
        yield from _unit_words(node)


def _case(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    arms = node.args["ifs"]
    default = node.args.get("default")
    for arm in arms:
        fewer = [one.copy() for one in arms if one is not arm]
        words = f"without WHEN {text(arm.this)}"
        if fewer:
            yield change(node, words, altered(node, ifs=fewer))
        else:
            yield change(node, words, default.copy() if default else exp.Null())
        yield change(arm.args["true"], f"NULL after WHEN {text(arm.this)}", exp.Null())
    if default is not None:
        yield change(node, f"without ELSE {text(default)}", altered(node, default=None))
    for first, second in pairwise(arms):
        turned = [
            second.copy() if one is first else first.copy() if one is second else one.copy()
            for one in arms
        ]
        words = f"WHEN {text(second.this)} before {text(first.this)}"
        yield change(node, words, altered(node, ifs=turned))


def _coalesce(node: Any) -> Iterator[Change]:
    parts = [node.this, *node.expressions]
    if len(parts) == 2:
        yield change(node, f"without {text(node)}", parts[0].copy())
        yield change(node, f"{text(parts[1])} instead of {text(node)}", parts[1].copy())
    else:
        for part in parts:
            rest = [one.copy() for one in parts if one is not part]
            fewer = altered(node, this=rest[0], expressions=rest[1:])
            yield change(node, f"without {text(part)} in {text(node)}", fewer)
    if len(parts) > 1:
        turned = [parts[1].copy(), parts[0].copy(), *(one.copy() for one in parts[2:])]
        other = altered(node, this=turned[0], expressions=turned[1:])
        yield change(node, f"{text(other)} instead of {text(node)}", other)


def _arithmetic(node: Any, kind: str) -> Iterator[Change]:
    from sqlglot import exp

    for name in _OTHER[kind]:
        other = getattr(exp, name)(this=node.this.copy(), expression=node.expression.copy())
        yield change(node, f"{text(other)} instead of {text(node)}", exp.Paren(this=other))
    for side in (node.this, node.expression):
        yield change(node, f"{text(side)} instead of {text(node)}", side.copy())
    if kind in ("Sub", "Div", "IntDiv", "Mod"):
        yield from _turned(node)


def _turned(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    other = altered(
        node, this=exp.paren(node.expression.copy()), expression=exp.paren(node.this.copy())
    )
    yield change(node, f"operands swapped in {text(node)}", exp.Paren(this=other))


def _function(node: Any) -> Iterator[Change]:
    """A function's first operand in its place, and its first two in the other order."""
    from sqlglot import exp

    places = [
        (key, place, value)
        for key, values in node.args.items()
        for place, value in (enumerate(values) if isinstance(values, list) else ((None, values),))
        if isinstance(value, exp.Condition | exp.Interval)
    ]
    if not places or isinstance(node.parent, exp.Window | exp.Filter):
        return
    for _, _, value in places[:2]:
        if not isinstance(value, exp.Literal):
            yield change(node, f"{text(value)} instead of {text(node)}", value.copy())
    if len(places) < 2:
        return
    copy = node.copy()
    for (key, place, _), (_, _, value) in zip(places[:2], places[1::-1], strict=True):
        if place is None:
            copy.set(key, value.copy())
        else:
            copy.args[key][place].replace(value.copy())
    yield change(node, f"operands swapped in {text(node)}", copy)


def _units(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    key = "this" if isinstance(node, exp.Extract) else "unit"
    unit = node.args.get(key)
    if unit is None or unit.name.upper() not in _UNITS:
        return
    now = _UNITS.index(unit.name.upper())
    for place in (now - 1, now + 1):
        if 0 <= place < len(_UNITS):
            word = _UNITS[place]
            other = exp.Literal.string(word) if unit.is_string else exp.Var(this=word)
            yield change(unit, f"{word} instead of {unit.name} in {text(node)}", other)


def _unit_words(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    now = _UNITS.index(node.name.upper())
    for place in (now - 1, now + 1):
        if 0 <= place < len(_UNITS):
            word = _UNITS[place].lower()
            yield change(node, f"{word} instead of {node.name}", exp.Literal.string(word))
