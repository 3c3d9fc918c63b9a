"""The value of a coarser period from those of its base periods: the first, the last, the average.

All base periods count that the query lets through, those too whose window holds no row, so that
what is shown by month follows from what is shown by day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.lookups import Lookups
from seeknal_semantic.compiling.restricting import bounds, time_conditions
from seeknal_semantic.compiling.showing import of_moment
from seeknal_semantic.compiling.spine import PERIOD
from seeknal_semantic.compiling.trees import (
    NTH,
    aliased,
    both,
    column,
    divided,
    equal,
    grouped,
    is_first,
    number,
    table,
    where,
)

if TYPE_CHECKING:
    from seeknal_semantic.compiling.items import Item
    from seeknal_semantic.compiling.scope import Asked, Measured, Parts, Scope
    from seeknal_semantic.definitions import CumulativeMetric

EDGE, COUNT = "edge", "base_periods"


def of_base_periods(
    scope: Scope,
    asked: Asked,
    parts: Parts,
    measured: Measured,
    items: Sequence[Item],
    periods: exp.Table,
    shown: exp.Expr,
    kept: Sequence[exp.Expr],
    join: exp.Join | None,
) -> exp.Select:
    """A query of the base periods that are let through, by when they are shown."""
    lookups = Lookups(lambda: (periods.name, *lookups.aliases))
    times = [item for item in items if item.is_time]
    columns = [aliased(of_moment(scope, parts, lookups, item, shown), item.name) for item in times]
    conditions = [each.copy() for each in kept]
    conditions += bounds(scope, asked, measured, items, lambda: shown)
    conditions += time_conditions(scope, asked, parts, measured, lookups, shown)
    query = where(exp.select(*columns).from_(periods.copy()), conditions)
    for each in [*([join.copy()] if join is not None else []), *lookups.joins]:
        query.append("joins", each)
    return query


def one_of_several(
    parts: Parts,
    metric: CumulativeMetric,
    every: str,
    base_periods: exp.Select,
    period: exp.Expr,
    items: Sequence[Item],
    word: str,
) -> exp.Query:
    """One value for each group of the query, from the named query ``every`` by base period."""
    if metric.period_agg == "average":
        return _average(parts, metric, every, base_periods, items, word)
    last = metric.period_agg == "last"
    edge = aliased((exp.Max if last else exp.Min)(this=period.copy()), EDGE)
    edges = parts.add("edges", _by_time(base_periods, edge))
    outer = [column(item.name, every) for item in items]
    order = exp.Ordered(this=column(PERIOD, every), desc=last, nulls_first=False)
    nth = exp.Window(
        this=exp.RowNumber(),
        partition_by=[each.copy() for each in outer],
        order=exp.Order(expressions=[order]),
    )
    at_edge = exp.EQ(this=column(PERIOD, every), expression=column(EDGE, edges))
    value = exp.Case(ifs=[exp.If(this=at_edge, true=column(word, every))])
    query = exp.select(*outer, aliased(value, word), aliased(nth, NTH)).from_(table(every))
    numbered = table(parts.add(f"{every}_numbered", _beside(query, every, edges, items)))
    shown = [column(item.name) for item in items]
    return exp.select(*shown, column(word)).from_(numbered).where(is_first())


def _average(
    parts: Parts,
    metric: CumulativeMetric,
    every: str,
    base_periods: exp.Select,
    items: Sequence[Item],
    word: str,
) -> exp.Query:
    """Of the base periods that have a value, or of all that are shown and filled."""
    outer = [column(item.name, every) for item in items]
    value: exp.Expr = column(word, every)
    fill = metric.input.fill_nulls_with
    if fill is not None:
        value = exp.Coalesce(this=value, expressions=[number(fill)])
    if fill is None or not metric.input.join_to_timespine:
        query = exp.select(*outer, aliased(exp.Avg(this=value), word)).from_(table(every))
        return grouped(query, len(outer))
    count = aliased(exp.Count(this=exp.Star()), COUNT)
    counts = parts.add("counts", _by_time(base_periods, count))
    every_one = exp.Max(this=column(COUNT, counts))
    missing = exp.Sub(this=every_one.copy(), expression=exp.Count(this=exp.Star()))
    filled = exp.Mul(this=number(fill), expression=exp.Paren(this=missing))
    total = exp.Paren(this=exp.Add(this=exp.Sum(this=value), expression=filled))
    mean = divided(total, every_one)
    query = exp.select(*outer, aliased(mean, word)).from_(table(every))
    return grouped(_beside(query, every, counts, items), len(outer))


def _by_time(base_periods: exp.Select, value: exp.Expr) -> exp.Select:
    return grouped(base_periods.select(value), len(base_periods.expressions))


def _beside(query: exp.Select, every: str, part: str, items: Sequence[Item]) -> exp.Select:
    """The query with what a named query has for the same time."""
    times = [item.name for item in items if item.is_time]
    same = both(equal(column(each, every), column(each, part)) for each in times)
    query.append("joins", exp.Join(this=table(part), on=same))
    return query
