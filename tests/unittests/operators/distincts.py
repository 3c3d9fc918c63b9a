"""Rows and values that come more than once."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from tests.unittests.around import Around
from tests.unittests.operators.changing import Change, with_args


def dropped_distinct(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """SELECT, UNION ALL and aggregates without DISTINCT."""
    for select in tree.find_all(exp.Select):
        if select.args.get("distinct") is not None:
            other = with_args(select, distinct=None)
            yield Change(select, other, "SELECT DISTINCT", "SELECT")
    for union in tree.find_all(exp.SetOperation):
        if union.args.get("distinct"):
            name = type(union).__name__.upper()
            yield Change(union, with_args(union, distinct=False), name, f"{name} ALL")
    for distinct in tree.find_all(exp.Distinct):
        if isinstance(distinct.parent, exp.AggFunc) and len(distinct.expressions) == 1:
            yield Change(distinct, distinct.expressions[0], distinct.parent.sql("duckdb"))
