"""Aggregates of one model's rows, by the dimensions of a query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.aggregates import aggregated
from seeknal_semantic.compiling.calendar import begin_of, shifted
from seeknal_semantic.compiling.items import finest_grain, items_of, own_time, spine_grain
from seeknal_semantic.compiling.offsets import LookBack, way_back
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.compiling.restricting import bounds, row_conditions, shown_conditions
from seeknal_semantic.compiling.showing import shown_value
from seeknal_semantic.compiling.source import Source
from seeknal_semantic.compiling.spine import PERIOD, periods_of, spine_of
from seeknal_semantic.compiling.trees import (
    NTH,
    aliased,
    as_double,
    column,
    grouped,
    is_first,
    table,
    where,
)
from seeknal_semantic.definitions import CumulativeMetric

if TYPE_CHECKING:
    from seeknal_semantic.compiling.items import Item
    from seeknal_semantic.compiling.offsets import Shift
    from seeknal_semantic.compiling.plan import Aggregate
    from seeknal_semantic.compiling.scope import Asked, Parts, Scope
    from seeknal_semantic.definitions import Dimension, Measure
    from seeknal_semantic.resolving import Resolved


def value_name(aggregate: Aggregate, asked: Asked) -> str:
    """The column that has an aggregate's values."""
    taken = {each.lower() for each in asked.dimensions}
    name = aggregate.measure.name
    return f"{name}_value" if name.lower() in taken else name


def leaf(scope: Scope, asked: Asked, parts: Parts, group: Sequence[Aggregate]) -> exp.Query:
    """The dimensions and the aggregates, which differ in nothing but what they aggregate."""
    first = group[0]
    source = Source(scope, first.measured)
    items = items_of(scope, asked.dimensions, first.measured, asked.default_grain)
    conditions = row_conditions(scope, asked, parts, source, first.filters)
    shown, periods, on = shown_at(scope, asked, parts, source, first, items)
    if first.offsets and periods is None:
        assert shown is not None
        conditions.append(is_shown(scope, asked, parts, shown, items))
    conditions += bounds(
        scope, asked, first.measured, items, lambda: source.time if shown is None else shown
    )
    conditions += shown_conditions(scope, asked, parts, source, shown)
    columns = [aliased(shown_value(scope, parts, source, item, shown), item.name) for item in items]
    select = partial(source.select, periods=periods, on=on)
    if first.measure.non_additive is not None:
        return _at_moment(asked, parts, source, group, items, columns, conditions, select)
    values = [aliased(total_of(source, each), value_name(each, asked)) for each in group]
    query = where(select(*columns, *values), conditions)
    return source.simplified(grouped(query, len(columns)))


def total_of(source: Source, aggregate: Aggregate) -> exp.Expr:
    """The aggregate of the rows; what is averaged over periods is a DOUBLE without any, too."""
    found = aggregated(aggregate.measure, measured_value(source, aggregate))
    over = aggregate.over
    averaged = isinstance(over, CumulativeMetric) and over.period_agg == "average"
    return as_double(found) if averaged else found


def measured_value(source: Source, aggregate: Aggregate) -> exp.Expr | None:
    """What is aggregated; None where rows themselves are counted."""
    measure = aggregate.measure
    return None if counts_rows(measure) else source.written(measure.expr)


def counts_rows(measure: Measure) -> bool:
    """Whether it is a count of rows, whatever they hold."""
    return measure.agg == "count" and measure.expr in ("*", "1")


def shown_at(
    scope: Scope,
    asked: Asked,
    parts: Parts,
    source: Source,
    aggregate: Aggregate,
    items: Sequence[Item],
) -> tuple[exp.Expr | None, exp.Table | None, exp.Expr | None]:
    """The moment that a row counts for, None for its own; the periods, and how rows meet them."""
    if not aggregate.offsets:
        return None, None, None
    name = aggregate.measure.name
    grain = finest_grain(items)
    fine = own_time(aggregate.measured, name).grain or "day"
    if grain is None:
        raise refused(
            "SK1522",
            f"{name!r} is asked for at an earlier time, and the query has no period of metric_time",
            help="add metric_time__month, or another grain",
        )
    way = way_back(scope, asked, aggregate, items, grain, fine)
    if isinstance(way, LookBack):
        periods = table(parts.add("periods", spine_of(scope, grain, asked.times, parts)))
        period = column(PERIOD, periods.name)
        seen = begin_of(grain, way.from_(period, scope.calendar), scope.calendar)
        own = begin_of(grain, source.time, scope.calendar)
        return period, periods, exp.EQ(this=own, expression=seen)
    return later(source.time, way, scope), None, None


def later(moment: exp.Expr, way: Shift, scope: Scope) -> exp.Expr:
    """The moment for which one counts that lies earlier."""
    if way.months:
        return shifted(begin_of("month", moment, scope.calendar), way.months, "month")
    for count, unit in way.steps:
        moment = shifted(moment, count, unit)
    return moment


def is_shown(
    scope: Scope, asked: Asked, parts: Parts, shown: exp.Expr, items: Sequence[Item]
) -> exp.Expr:
    """Whether the period is one of those that there are."""
    finest = finest_grain(items)
    assert finest is not None
    periods = parts.add("periods", periods_of(scope, finest, asked.times, parts))
    every = exp.select(column(PERIOD)).from_(table(periods))
    begin = begin_of(spine_grain(scope, finest), shown, scope.calendar)
    return exp.In(this=begin, query=exp.Subquery(this=every))


def _is_own(found: Resolved, dimension: Dimension) -> bool:
    return found.member is dimension and not found.path.steps


def _at_moment(
    asked: Asked,
    parts: Parts,
    source: Source,
    group: Sequence[Aggregate],
    items: Sequence[Item],
    columns: list[exp.Expr],
    conditions: list[exp.Expr],
    select: Callable[..., exp.Select],
) -> exp.Query:
    """The aggregates of the rows of the first or last moment only: such values do not add up."""
    over = group[0].measure.non_additive
    assert over is not None
    moment = source.dimension(over.dimension)
    counts = over.dimension is group[0].measure.time
    within = [
        each.this if isinstance(each, exp.Alias) else each
        for item, each in zip(items, columns, strict=True)
        if (counts if item.found is None else _is_own(item.found, over.dimension))
    ]
    within += [source.written(entity.expr) for entity in over.groupings]
    order = exp.Ordered(this=moment.copy(), desc=over.window_choice == "max", nulls_first=False)
    rank = exp.Window(
        this=exp.Anonymous(this="RANK"),
        partition_by=[each.copy() for each in within],
        order=exp.Order(expressions=[order]),
    )
    names = [value_name(each, asked) for each in group]
    values = [
        aliased(measured_value(source, each) or exp.Literal.number(1), word)
        for each, word in zip(group, names, strict=True)
    ]
    conditions.append(exp.Not(this=exp.Is(this=moment.copy(), expression=exp.Null())))
    inner = where(select(*columns, *values, aliased(rank, NTH)), conditions)
    rows = parts.add(f"{source.model.name}_rows", source.simplified(inner))
    outer = [column(item.name) for item in items]
    totals = [
        aliased(aggregated(each.measure, column(word)), word)
        for each, word in zip(group, names, strict=True)
    ]
    return grouped(exp.select(*outer, *totals).from_(table(rows)).where(is_first()), len(outer))
