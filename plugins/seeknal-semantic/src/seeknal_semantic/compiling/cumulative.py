"""Cumulative metrics: at each period the rows of a window that ends with it, aggregated anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal.plugin import Duration
from seeknal_semantic.compiling.calendar import begin_of, months_of, shifted
from seeknal_semantic.compiling.cuts import refuse_cuts
from seeknal_semantic.compiling.items import coarseness, finest_grain, items_of, own_time
from seeknal_semantic.compiling.leaves import is_shown, later, leaf, total_of, value_name
from seeknal_semantic.compiling.offsets import Shift, way_back
from seeknal_semantic.compiling.period_agg import of_base_periods, one_of_several
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.compiling.restricting import bounds, row_conditions, shown_conditions
from seeknal_semantic.compiling.showing import shown_value
from seeknal_semantic.compiling.source import Source
from seeknal_semantic.compiling.spine import PERIOD, spine_of
from seeknal_semantic.compiling.trees import (
    aliased,
    column,
    grouped,
    table,
    where,
)
from seeknal_semantic.grains import can_tell, is_grain, rank

if TYPE_CHECKING:
    from seeknal_semantic.compiling.items import Item
    from seeknal_semantic.compiling.plan import Aggregate
    from seeknal_semantic.compiling.scope import Asked, Parts, Scope
    from seeknal_semantic.definitions import CumulativeMetric


def cumulative(
    scope: Scope, asked: Asked, parts: Parts, aggregate: Aggregate, metric: CumulativeMetric
) -> exp.Query:
    """The dimensions and the value of a cumulative metric; periods without rows are left out."""
    items = items_of(scope, asked.dimensions, aggregate.measured, asked.default_grain)
    if not any(item.is_time and item.grain for item in items):
        over_time = metric.window is not None or metric.grain_to_date is not None
        if over_time or any(item.is_time for item in items):
            raise refused(
                "SK1522",
                f"{metric.name!r} accumulates, and the query has no period of metric_time",
                help="add metric_time__day, or another grain",
            )
        return leaf(scope, asked, parts, [aggregate])
    time = own_time(aggregate.measured, metric.name)
    fine = time.grain or "day"
    base = metric.time_granularity or _base(scope, fine, items)
    if not can_tell(fine, base, scope.calendar.fiscal_year_start):
        why = f"{time.name!r} is by {fine}, which does not tell the {base}"
        raise refused("SK1506", f"{metric.name!r} is by {base}: {why}")
    _check(scope, metric, base, items)
    if base != fine:
        refuse_cuts(scope, asked, aggregate.measured, base)
    source = Source(scope, aggregate.measured)
    periods = table(parts.add("periods", spine_of(scope, base, asked.times, parts)))
    period = column(PERIOD, periods.name)
    shown, seen, conditions, join = _offset(scope, asked, parts, aggregate, base, items, period)
    kept = list(conditions)
    conditions += row_conditions(scope, asked, parts, source, aggregate.filters)
    conditions += bounds(scope, asked, aggregate.measured, items, lambda: shown)
    conditions += shown_conditions(scope, asked, parts, source, shown)
    columns = [aliased(shown_value(scope, parts, source, item, shown), item.name) for item in items]
    word = value_name(aggregate, asked)
    value = aliased(total_of(source, aggregate), word)
    on = _in_window(scope, metric, begin_of(base, source.time, scope.calendar), seen)
    if any(item.is_time and item.grain == base for item in items):
        query = source.select(*columns, value, periods=periods, on=on)
        return grouped(where(query, conditions), len(columns))
    query = source.select(column(PERIOD, periods.name), *columns, value, periods=periods, on=on)
    if join is not None:
        query.append("joins", join)
    inner = grouped(where(query, conditions), len(columns) + 1)
    every = parts.add(f"{aggregate.model.name}_by_{base}", inner)
    base_periods = of_base_periods(
        scope, asked, parts, aggregate.measured, items, periods, shown, kept, join
    )
    return one_of_several(parts, metric, every, base_periods, period, items, word)


def _offset(
    scope: Scope,
    asked: Asked,
    parts: Parts,
    aggregate: Aggregate,
    base: str,
    items: Sequence[Item],
    period: exp.Expr,
) -> tuple[exp.Expr, exp.Expr, list[exp.Expr], exp.Join | None]:
    """What is shown of a period, the period whose window counts for it, and what has to be true.

    And the periods that are shown, where each looks at several.
    """
    if not aggregate.offsets:
        return period, period, [], None
    name, grain = aggregate.measure.name, finest_grain(items)
    if grain is None:
        raise refused("SK1518", f"the offset of {name!r} does not fit the query")
    way = way_back(scope, asked, aggregate, items, grain, base)
    if isinstance(way, Shift):
        if not way.months:
            seen = period
            for count, unit in way.steps:
                seen = shifted(seen, -count, unit)
            return period, begin_of(base, seen, scope.calendar), [], None
        shown = later(period, way, scope)
        return shown, period, [is_shown(scope, asked, parts, shown, items)], None
    if grain == base:
        return period, begin_of(base, way.from_(period, scope.calendar), scope.calendar), [], None
    coarser = table(parts.add("periods", spine_of(scope, grain, asked.times, parts)))
    there = column(PERIOD, coarser.name)
    looked_at = begin_of(grain, way.from_(there, scope.calendar), scope.calendar)
    own = begin_of(grain, period, scope.calendar)
    join = exp.Join(this=coarser, on=exp.EQ(this=own, expression=looked_at))
    return there, period, [], join


def _in_window(scope: Scope, metric: CumulativeMetric, own: exp.Expr, seen: exp.Expr) -> exp.Expr:
    """Whether the period of a row is in the window of a period."""
    until = exp.LTE(this=own, expression=seen.copy())
    if metric.grain_to_date is not None:
        same = exp.EQ(
            this=begin_of(metric.grain_to_date, own.copy(), scope.calendar),
            expression=begin_of(metric.grain_to_date, seen.copy(), scope.calendar),
        )
        return exp.And(this=same, expression=until)
    if metric.window is not None:
        since = shifted(seen, -metric.window.count, metric.window.unit)
        return exp.And(this=exp.GT(this=own.copy(), expression=since), expression=until)
    return until


def _base(scope: Scope, fine: str, items: Sequence[Item]) -> str:
    """Days, unless the time is coarser or the query's own periods are finer."""
    shown = (coarseness(scope, item) for item in items if item.is_time and item.grain)
    return max(min(["day", *shown], key=rank), fine, key=rank)


def _check(scope: Scope, metric: CumulativeMetric, base: str, items: Sequence[Item]) -> None:
    start = scope.calendar.fiscal_year_start
    for item in items:
        grain = coarseness(scope, item) if item.is_time else base
        if not can_tell(base, grain, start):
            raise refused("SK1506", f"{item.name!r}: {metric.name!r} is by {base}")
    to_date = metric.grain_to_date
    if to_date is not None and (not is_grain(to_date) or not can_tell(base, to_date, start)):
        raise _unfit(metric.name, f"a {base} is not in one {to_date}")
    if metric.window is not None and not _fits(metric.window, base):
        raise _unfit(metric.name, f"{metric.window} is no whole number of periods of one {base}")


def _fits(window: Duration, base: str) -> bool:
    """Whether a window is some periods long, wherever it ends."""
    if months_of(base):
        length = months_of(window.unit) * window.count
        return length > 0 and length % months_of(base) == 0
    if months_of(window.unit):
        return base != "week"
    if rank(window.unit) >= rank(base):
        return True
    return window.seconds % Duration(1, base).seconds == 0


def _unfit(name: str, why: str) -> Exception:
    return refused(
        "SK1519",
        f"the window of {name!r} does not fit its time: {why}",
        help=f"time_granularity of {name!r} says which periods it counts",
    )
