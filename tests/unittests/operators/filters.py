"""Conditions that are others, or are not there."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from tests.unittests.around import Around
from tests.unittests.operators.changing import (
    Change,
    conjuncts,
    in_brackets,
    with_args,
    without_each,
)

_OTHERS = {
    exp.EQ: (exp.NEQ,),
    exp.NEQ: (exp.EQ,),
    exp.LT: (exp.LTE, exp.GT),
    exp.LTE: (exp.LT, exp.GTE),
    exp.GT: (exp.GTE, exp.LT),
    exp.GTE: (exp.GT, exp.LTE),
}
_NEGATED = (exp.In, exp.Like, exp.ILike, exp.Exists, exp.RegexpLike)


def filter_changed(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """Another comparison, AND for OR, the contrary, a bound or a value that is left out."""
    for node in tree.find_all(*_OTHERS):
        if not around.is_key(node):
            for other in _OTHERS[type(node)]:
                yield Change(node, other(**node.copy().args))
    for node in tree.find_all(exp.And, exp.Or):
        if not around.has_key(node):
            yield from _other_connector(node)
    for node in tree.find_all(*_NEGATED):
        negated = isinstance(node.parent, exp.Not)
        yield Change(node.parent, node) if negated else Change(node, exp.Not(this=node.copy()))
    for node in tree.find_all(exp.Between):
        yield from _bounds(node)
    for node in tree.find_all(exp.In):
        values = node.expressions
        for place, value in enumerate(values if len(values) > 1 else ()):
            fewer = [other.copy() for other in values[:place] + values[place + 1 :]]
            yield Change(
                node, with_args(node, expressions=fewer), value.sql("duckdb"), "(left out)"
            )


def _other_connector(node: exp.Expression) -> Iterator[Change]:
    other = exp.Or if isinstance(node, exp.And) else exp.And
    swapped = other(this=node.this.copy(), expression=node.expression.copy())
    inside = isinstance(node.parent, (exp.And, exp.Or, exp.Not))
    yield Change(node, exp.Paren(this=swapped) if inside else swapped)
    if isinstance(node, exp.Or):
        yield Change(node, node.this)
        yield Change(node, node.expression)


def _bounds(node: exp.Between) -> Iterator[Change]:
    value, low, high = (in_brackets(node.args[name]) for name in ("this", "low", "high"))
    for above, below in ((exp.GTE, exp.LT), (exp.GT, exp.LTE)):
        both = exp.And(
            this=above(this=value.copy(), expression=low.copy()),
            expression=below(this=value.copy(), expression=high.copy()),
        )
        yield Change(node, exp.Paren(this=both))


def filter_dropped(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """A condition of WHERE, HAVING, QUALIFY or FILTER is gone, but for those of joins."""
    for clause in tree.find_all(exp.Where, exp.Having, exp.Qualify):
        for part, rest in without_each(clause.this):
            if not around.is_key(part):
                yield Change(clause.this, rest, part.sql("duckdb"), "(nothing)")
        if len(conjuncts(clause.this)) == 1 and not around.is_key(clause.this):
            if isinstance(clause.parent, exp.Filter):
                yield Change(clause.parent, clause.parent.this)
            else:
                yield Change(clause, None)
