"""Changes of conditions: conjuncts dropped, comparisons turned, rows with NULL let in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any

from seeknal.unittests.choosing.variants.change import altered, change, text

if TYPE_CHECKING:
    from seeknal.unittests.choosing.variants.change import Change

_TURNED = {
    "EQ": ("NEQ", "GTE", "LTE", "NullSafeEQ"),
    "NEQ": ("EQ", "NullSafeNEQ"),
    "LT": ("LTE", "GTE", "GT"),
    "LTE": ("LT", "GT", "GTE"),
    "GT": ("GTE", "LTE", "LT"),
    "GTE": ("GT", "LT", "LTE"),
    "NullSafeEQ": ("EQ", "NullSafeNEQ"),
    "NullSafeNEQ": ("NEQ", "NullSafeEQ"),
}
_MATCHES = ("Like", "ILike", "SimilarTo", "RegexpLike", "RegexpILike", "Glob", "StartsWith")


def conditions(node: Any, may_be_null: Callable[[Any], bool]) -> Iterator[Change]:
    """What changes of a condition, or of a part of one."""
    kind = type(node).__name__
    if kind in ("Where", "Having", "Qualify"):
        yield from _dropped(node)
    elif kind in ("And", "Or"):
        yield from _connected(node)
    elif kind in _TURNED:
        yield from _compared(node, may_be_null)
    elif kind == "Between":
        yield from _between(node, may_be_null)
    elif kind == "In":
        yield from _listed(node, may_be_null)
    elif kind == "Not":
        yield change(node, f"without NOT: {text(node)}", node.this.copy())
    elif kind in ("Is", "Exists", *_MATCHES):
        yield from _tested(node)
    elif kind in ("Column", "Boolean") and _stands_alone(node):
        yield change(node, f"{text(node)} negated", _negated(node))


def _dropped(node: Any) -> Iterator[Change]:
    """A condition left out; of several, each is left out alone."""
    from sqlglot import exp

    if not isinstance(node.this, exp.And):
        always: exp.Expression = exp.true()
        if isinstance(node, exp.Qualify):
            # DuckDB takes none without a window.
            number = exp.Window(this=exp.RowNumber())
            always = exp.GT(this=number, expression=exp.Literal.number(0))
        yield change(node.this, f"without the condition {text(node.this)}", always)


def _connected(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    kind, other = (exp.And, exp.Or) if isinstance(node, exp.And) else (exp.Or, exp.And)
    if not isinstance(node.parent, kind):
        parts = list(node.flatten(unnest=False))
        for part in parts:
            rest = [one.copy() for one in parts if one is not part]
            fewer = reduce(lambda left, right: kind(this=left, expression=right), rest)
            yield change(node, f"without the condition {text(part)}", fewer)
    both = other(this=node.this.copy(), expression=node.expression.copy())
    word = "OR" if other is exp.Or else "AND"
    yield change(node, f"{word} in {text(node)}", exp.Paren(this=both))


def _compared(node: Any, may_be_null: Callable[[Any], bool]) -> Iterator[Change]:
    from sqlglot import exp

    for name in _TURNED[type(node).__name__]:
        if name == "NullSafeEQ" and not (may_be_null(node.this) and may_be_null(node.expression)):
            continue
        if name == "NullSafeNEQ" and not (may_be_null(node.this) or may_be_null(node.expression)):
            continue
        other = getattr(exp, name)(this=node.this.copy(), expression=node.expression.copy())
        yield change(node, f"{text(other)} instead of {text(node)}", other)
    for side in (node.this, node.expression):
        if isinstance(side, exp.Column) and not _null_safe(node) and may_be_null(side):
            yield change(node, f"{text(node)} with NULL let in", _or_null(node, side))


def _between(node: Any, may_be_null: Callable[[Any], bool]) -> Iterator[Change]:
    from sqlglot import exp

    value, low, high = node.this, node.args["low"], node.args["high"]

    def of(lower: Any, upper: Any) -> Any:
        sides = [
            side(this=value.copy(), expression=bound.copy())
            for side, bound in ((lower, low), (upper, high))
            if side is not None
        ]
        return exp.Paren(this=exp.and_(*sides))

    yield change(node, f"without the lower end of {text(node)}", of(exp.GT, exp.LTE))
    yield change(node, f"without the upper end of {text(node)}", of(exp.GTE, exp.LT))
    yield change(node, f"without the lower bound of {text(node)}", of(None, exp.LTE))
    yield change(node, f"without the upper bound of {text(node)}", of(exp.GTE, None))
    yield change(node, f"{text(node)} negated", _negated(node))
    if isinstance(value, exp.Column) and may_be_null(value):
        yield change(node, f"{text(node)} with NULL let in", _or_null(node, value))


def _listed(node: Any, may_be_null: Callable[[Any], bool]) -> Iterator[Change]:
    yield change(node, f"{text(node)} negated", _negated(node))
    items = node.expressions
    if len(items) > 1:
        for item in items[:30]:
            fewer = [one.copy() for one in items if one is not item]
            yield change(
                node, f"without {text(item)} in {text(node)}", altered(node, expressions=fewer)
            )
    if type(node.this).__name__ == "Column" and may_be_null(node.this):
        yield change(node, f"{text(node)} with NULL let in", _or_null(node, node.this))


def _tested(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    yield change(node, f"{text(node)} negated", _negated(node))
    if isinstance(node, exp.Like | exp.ILike):
        other = exp.ILike if isinstance(node, exp.Like) else exp.Like
        yield change(
            node,
            f"another case in {text(node)}",
            other(this=node.this.copy(), expression=node.expression.copy()),
        )


def _negated(node: Any) -> Any:
    from sqlglot import exp

    return exp.Not(this=exp.Paren(this=node.copy()))


def _null_safe(node: Any) -> bool:
    return type(node).__name__.startswith("NullSafe")


def _or_null(node: Any, side: Any) -> Any:
    from sqlglot import exp

    missing = exp.Is(this=side.copy(), expression=exp.Null())
    return exp.Paren(this=exp.Or(this=node.copy(), expression=missing))


def _stands_alone(node: Any) -> bool:
    """Whether a column or a word is a whole condition."""
    parent = type(node.parent).__name__
    return parent in ("And", "Or", "Where", "Having", "Qualify") or (
        parent == "If" and node.arg_key == "this" and type(node.parent.parent).__name__ == "Case"
    )
