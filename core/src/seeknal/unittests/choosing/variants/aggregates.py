"""Changes of aggregates: another of them, DISTINCT, FILTER, order, rows with NULL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from seeknal.unittests.choosing.variants.change import altered, change, copied, text

if TYPE_CHECKING:
    from seeknal.unittests.choosing.variants.change import Change

_NEIGHBOURS = {
    "Sum": ("Avg", "Max", "Min", "Count"),
    "Avg": ("Sum", "Median", "Max", "Min"),
    "Min": ("Max", "Avg"),
    "Max": ("Min", "Sum", "Avg"),
    "Median": ("Avg", "Min", "Max"),
    "Count": ("Sum",),
    "LogicalAnd": ("LogicalOr",),
    "LogicalOr": ("LogicalAnd",),
    "First": ("Min", "Max"),
    "Last": ("Min", "Max"),
    "AnyValue": ("Min", "Max"),
    "StddevSamp": ("StddevPop", "Variance"),
    "Stddev": ("StddevPop", "Variance"),
    "Variance": ("VariancePop", "StddevSamp"),
}
_TWINS = {"ArgMax": "ArgMin", "ArgMin": "ArgMax"}
_ONCE = ("Sum", "Avg", "Count", "ArrayAgg", "GroupConcat", "List", "Median", "Mode")


def aggregates(node: Any, may_be_null: Callable[[Any], bool]) -> Iterator[Change]:
    """Neighbours of an aggregate."""
    from sqlglot import exp

    if isinstance(node, exp.Filter):
        yield change(node, f"without the filter of {text(node)}", node.this.copy())
    if isinstance(node, exp.Distinct) and isinstance(node.parent, exp.Order):
        yield change(node, f"without {text(node)}", node.expressions[0].copy())
    if isinstance(node, exp.Order) and isinstance(node.parent, exp.AggFunc):
        yield change(node, f"without the order in {text(node.parent)}", node.this.copy())
    if not isinstance(node, exp.AggFunc):
        return
    kind, inner = type(node).__name__, node.this
    plain = inner is not None and not isinstance(inner, exp.Star | exp.Distinct | exp.Order)
    if kind in _TWINS:
        other = getattr(exp, _TWINS[kind])(**copied(node))
        yield change(node, f"{text(other)} instead of {text(node)}", other)
    elif plain or isinstance(inner, exp.Distinct):
        yield from _neighbours(node, kind)
    if isinstance(inner, exp.Distinct) and len(inner.expressions) == 1:
        bare = altered(node, this=inner.expressions[0].copy())
        yield change(node, f"without DISTINCT in {text(node)}", bare)
    elif plain and kind in _ONCE:
        once = exp.Distinct(expressions=[inner.copy()])
        yield change(node, f"DISTINCT in {text(node)}", altered(node, this=once))
    if kind == "Count" and plain and may_be_null(inner):
        star = exp.Count(this=exp.Star(), big_int=True)
        yield change(node, f"count(*) instead of {text(node)}", star)
    if kind in ("Avg", "Min", "Max", "Median") and plain and may_be_null(inner):
        filled = exp.Coalesce(this=inner.copy(), expressions=[exp.Literal.number(0)])
        yield change(node, f"NULL taken for 0 in {text(node)}", altered(node, this=filled))
    if kind in ("Sum", "Max", "Min", "Avg") and not isinstance(node.parent, exp.Coalesce):
        whole = node.parent if isinstance(node.parent, exp.Filter | exp.Window) else node
        whole = whole.parent if isinstance(whole.parent, exp.Window) else whole
        filled = exp.Coalesce(this=whole.copy(), expressions=[exp.Literal.number(0)])
        yield change(whole, f"0 where {text(whole)} is NULL", filled)


def _neighbours(node: Any, kind: str) -> Iterator[Change]:
    from sqlglot import exp

    for name in _NEIGHBOURS.get(kind, ("Max", "Min")):
        other = getattr(exp, name)(this=node.this.copy())
        yield change(node, f"{text(other)} instead of {text(node)}", other)
