"""Tables that are joined in another way, or by something else."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from tests.unittests.around import Around
from tests.unittests.operators.changing import Change, conjuncts, with_args, without_each

_SIDES = {"": ("LEFT",), "LEFT": ("",), "RIGHT": ("",), "FULL": ("LEFT", "RIGHT")}


def join_type(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """INNER for LEFT, LEFT for FULL, ANTI for SEMI, and back."""
    for join in tree.find_all(exp.Join):
        kind = join.args.get("kind") or ""
        if kind in ("SEMI", "ANTI"):
            yield Change(join, with_args(join, kind="ANTI" if kind == "SEMI" else "SEMI"))
        elif (join.args.get("on") or join.args.get("using")) and kind in ("", "INNER", "OUTER"):
            for side in _SIDES[join.side]:
                yield Change(join, with_args(join, side=side or None, kind=None))


def join_key(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """Rows are joined by less, or by another column of the same type."""
    for join in tree.find_all(exp.Join):
        yield from _less(join, around)
    for clause in tree.find_all(exp.Where):
        for part, rest in without_each(clause.this):
            if around.is_key(part):
                yield Change(clause.this, rest, part.sql("duckdb"), "(nothing)")
        if len(conjuncts(clause.this)) == 1 and around.is_key(clause.this):
            yield Change(clause, None)
    for node in tree.find_all(exp.EQ):
        if around.is_key(node):
            yield from _other_columns(node, around)


def _less(join: exp.Join, around: Around) -> Iterator[Change]:
    using = join.args.get("using") or []
    for place, name in enumerate(using if len(using) > 1 else ()):
        fewer = [other.copy() for other in using[:place] + using[place + 1 :]]
        yield Change(join, with_args(join, using=fewer), name.sql("duckdb"), "(nothing)")
    if (on := join.args.get("on")) is not None:
        for part, rest in without_each(on):
            yield Change(on, rest, part.sql("duckdb"), "(nothing)")
        if len(conjuncts(on)) == 1:
            yield Change(on, exp.true())


def _other_columns(node: exp.EQ, around: Around) -> Iterator[Change]:
    for column in (node.this, node.expression):
        for name in around.columns_beside(column)[:2]:
            other = with_args(column, this=exp.to_identifier(name))
            yield Change(column, other, node.sql("duckdb"))
