"""Aggregates that are others."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from tests.unittests.around import Around
from tests.unittests.operators.changing import Change

_OTHERS = {
    exp.Sum: (exp.Avg, exp.Max),
    exp.Avg: (exp.Sum, exp.Median),
    exp.Median: (exp.Avg,),
    exp.Min: (exp.Max,),
    exp.Max: (exp.Min,),
    exp.ArgMax: (exp.ArgMin,),
    exp.ArgMin: (exp.ArgMax,),
    exp.First: (exp.Last,),
    exp.Last: (exp.First,),
    exp.LogicalAnd: (exp.LogicalOr,),
    exp.LogicalOr: (exp.LogicalAnd,),
    exp.Stddev: (exp.Variance,),
    exp.StddevSamp: (exp.StddevPop,),
}


def aggregate(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """SUM for AVG, MAX for MIN, COUNT(*) for COUNT(x), and back."""
    for node in tree.find_all(*_OTHERS):
        for other in _OTHERS.get(type(node), ()):
            yield Change(node, other(**node.copy().args))
    for node in tree.find_all(exp.Count):
        if isinstance(node.this, exp.Star) or node.this is None:
            for column in _columns(node, around):
                yield Change(node, exp.Count(this=column))
        elif isinstance(node.this, exp.Distinct):
            yield Change(node, exp.Count(this=exp.Star()))
        else:
            yield Change(node, exp.Count(this=exp.Star()))
            yield Change(node, exp.Count(this=exp.Distinct(expressions=[node.this.copy()])))


def _columns(node: exp.Count, around: Around) -> Iterator[exp.Column]:
    """A column of each table that the count is over: of an outer join one side may be NULL."""
    select = node.find_ancestor(exp.Select)
    if select is None:
        return
    for alias, columns in around.in_scope(select).items():
        for name in list(columns or ())[-1:]:
            yield exp.column(name, table=alias, quoted=True)
