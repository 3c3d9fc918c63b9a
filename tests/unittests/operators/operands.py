"""Operands and arms that have changed places."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from tests.unittests.around import Around
from tests.unittests.operators.changing import Change, in_brackets, with_args


def swapped_operands(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """b - a for a - b, one CASE arm for another, COALESCE(b, a) for COALESCE(a, b)."""
    for node in tree.find_all(exp.Sub, exp.Div, exp.IntDiv, exp.Mod, exp.DPipe):
        if not isinstance(node.expression, exp.Interval):
            other = with_args(
                node, this=in_brackets(node.expression), expression=in_brackets(node.this)
            )
            yield Change(node, other)
    for node in tree.find_all(exp.Nullif, exp.DateDiff):
        yield Change(node, with_args(node, this=node.expression, expression=node.this))
    for node in tree.find_all(exp.Coalesce):
        first, *rest = node.expressions
        swapped = [node.this.copy(), *(other.copy() for other in rest)]
        yield Change(node, with_args(node, this=first, expressions=swapped))
    for node in tree.find_all(exp.Case):
        yield from _arms(node)


def _arms(node: exp.Case) -> Iterator[Change]:
    arms, default = node.args["ifs"], node.args.get("default")
    if default is not None:
        copy = with_args(node, default=arms[0].args["true"])
        copy.args["ifs"][0].set("true", default.copy())
        yield Change(node, copy)
    for place in range(len(arms) - 1):
        one, other = (arm.args["true"] for arm in arms[place : place + 2])
        copy = node.copy()
        copy.args["ifs"][place].set("true", other.copy())
        copy.args["ifs"][place + 1].set("true", one.copy())
        yield Change(node, copy)
