"""Aggregates and windows, and the order of what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.sql.translating.windows import is_fuller_frame, is_plain_frame

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions
    from seeknal.sql.translating.scopes import Scope


def in_order(expressions: Expressions, node: Any, scope: Scope) -> str:
    """What an aggregate reads in an order."""
    from sqlglot import exp

    if node.this is None or isinstance(node.this, exp.Distinct):
        return expressions.refuse_unknown(node.parent)
    kind = expressions.translate(node.this, scope)
    expressions.order(node, scope)
    return kind


def distinct(expressions: Expressions, node: Any, scope: Scope) -> str:
    """What an aggregate reads once for each value."""
    if node.args.get("on") or len(node.expressions) != 1:
        return expressions.refuse(node, f"{expressions.written(node)} may count otherwise")
    kind = expressions.translate(node.expressions[0], scope)
    expressions.compared(node, kind)
    return kind


def within_group(expressions: Expressions, node: Any, scope: Scope) -> str:
    """An aggregate of values in an order that it says itself."""
    order = node.expression.expressions
    if len(order) != 1 or order[0].args.get("desc") or node.this.args.get("expression"):
        return expressions.refuse_unsure(node)
    kind = expressions.translate(order[0].this, scope)
    if node.this.this is None:
        return expressions.refuse_unsure(node)
    part = expressions.translate(node.this.this, scope)
    operands = [order[0].this, node.this.this]
    return expressions.apply(node, operands, [kind, part], type(node.this).__name__)


def window(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A function over the rows around each row."""
    from sqlglot import exp

    allowed = {"this", "partition_by", "order", "spec", "over"}
    others = {key for key, value in node.args.items() if value} - allowed
    if others:
        return expressions.refuse(node, f"a window with {', '.join(sorted(others))}")
    for entry in node.args.get("partition_by") or ():
        expressions.compared(entry, expressions.translate(entry, scope))
    kinds = expressions.order(node.args["order"], scope) if node.args.get("order") else []
    ordered = node.this.find(exp.Order, exp.Median, exp.PercentileCont, exp.PercentileDisc)
    if ordered and not expressions.pair.orders_in_windows:
        return expressions.refuse(
            node, f"{expressions.written(node)} has an order within, in a window"
        )
    if node.this.find(exp.Distinct):
        return expressions.refuse(
            node, f"{expressions.written(node)} counts distinct values in a window"
        )
    if _is_of_order(node.this) and not (kinds or expressions.pair.ranks_without_order):
        return expressions.refuse(node, f"{expressions.written(node)} needs an ORDER BY there")
    spec = node.args.get("spec")
    fuller = spec and "Frames" in expressions.rules and is_fuller_frame(spec, kinds)
    for end in ("start", "end") if spec else ():
        if isinstance(spec.args.get(end), exp.Interval):
            expressions.translate(spec.args[end], scope)
    if spec and not fuller and not is_plain_frame(spec):
        return expressions.refuse(
            node, f"{expressions.written(node)} has a frame that may be another"
        )
    return expressions.translate(node.this, scope)


def _is_of_order(function: Any) -> bool:
    """Whether a function is of the order of rows alone."""
    from sqlglot import exp

    ranks = exp.RowNumber | exp.Rank | exp.DenseRank | exp.PercentRank | exp.CumeDist | exp.Ntile
    inner = function.this if isinstance(function, exp.IgnoreNulls) else function
    return isinstance(inner, ranks | exp.Lag | exp.Lead)


def filtered(expressions: Expressions, node: Any, scope: Scope) -> str:
    """An aggregate of some of the rows."""
    from sqlglot import exp

    plain = isinstance(node.this, exp.Count | exp.Sum | exp.Avg | exp.Min | exp.Max)
    if expressions.pair.filters_plainly and not (plain and not node.this.find(exp.Distinct)):
        said = expressions.written(node)
        return expressions.refuse(node, f"{said} has a FILTER there: write CASE WHEN within it")
    expressions.condition(node.expression.this, scope)
    return expressions.translate(node.this, scope)
