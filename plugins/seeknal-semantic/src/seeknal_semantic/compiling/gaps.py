"""Periods in which nothing lies, for metrics that are to show them all the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.calendar import shifted, step_of
from seeknal_semantic.compiling.items import (
    coarseness,
    coarsest_grain,
    grain_of_all,
    items_of,
    own_time,
    spine_grain,
)
from seeknal_semantic.compiling.lookups import Lookups
from seeknal_semantic.compiling.restricting import bounds, time_conditions, time_parts
from seeknal_semantic.compiling.showing import of_moment
from seeknal_semantic.compiling.spine import PERIOD, periods_of, with_series
from seeknal_semantic.compiling.trees import aliased, column, table, where
from seeknal_semantic.grains import can_tell

if TYPE_CHECKING:
    from seeknal_semantic.compiling.items import Item
    from seeknal_semantic.compiling.plan import Aggregate
    from seeknal_semantic.compiling.scope import Asked, Measured, Parts, Scope

OTHERS, MOMENT = "others", "moment"


def every_period(
    scope: Scope, asked: Asked, parts: Parts, aggregate: Aggregate, having: Sequence[str]
) -> exp.Query | None:
    """Each period that the query lets through, with each combination of the other dimensions.

    These are those that the named queries ``having`` have. None where no period is asked for.
    """
    measured = aggregate.measured
    items = items_of(scope, asked.dimensions, measured, asked.default_grain)
    grain = grain_of_all(scope, items)
    if grain is None:
        return None
    periods = table(parts.add("periods", periods_of(scope, grain, asked.times, parts)))
    lookups = Lookups(lambda: (periods.name, OTHERS, *lookups.aliases))
    grain = spine_grain(scope, grain)
    moment = column(PERIOD, periods.name)
    if _cuts_periods(scope, asked, measured, items, grain):
        fine = own_time(measured, aggregate.measure.name).grain or "day"
        periods = table(parts.add("moments", _moments(periods, grain, fine)))
        moment = column(MOMENT, periods.name)
    period = column(PERIOD, periods.name)
    columns = [
        aliased(
            of_moment(scope, parts, lookups, item, period)
            if item.is_time
            else column(item.name, OTHERS),
            item.name,
        )
        for item in items
    ]
    conditions = bounds(scope, asked, measured, items, lambda: moment)
    conditions += time_conditions(scope, asked, parts, measured, lookups, moment)
    query = exp.select(*columns).from_(periods).distinct()
    if others := [item.name for item in items if not item.is_time]:
        union = [exp.select(*map(column, others)).from_(table(part)) for part in having]
        found = union[0].distinct() if len(union) == 1 else exp.union(*union, distinct=True)
        query = query.join(found.subquery(OTHERS), join_type="CROSS")
    for join in lookups.joins:
        query.append("joins", join)
    return where(query, conditions)


def _cuts_periods(
    scope: Scope, asked: Asked, measured: Measured, items: Sequence[Item], grain: str
) -> bool:
    """Whether the query may let through a part of a period, which is shown then."""
    shown = coarsest_grain(items)
    start = scope.calendar.fiscal_year_start
    bounded = asked.start is not None or asked.end is not None
    if bounded and not (shown and can_tell(grain, shown, start)):
        return True
    filtered = (item for part in time_parts(scope, asked, measured) for item in part.items)
    return any(not can_tell(grain, coarseness(scope, item), start) for item in filtered)


def _moments(periods: exp.Table, grain: str, fine: str) -> exp.Query:
    """Each moment of each period, by ``fine``."""
    period = column(PERIOD, periods.name)
    (count, unit), (step, by) = step_of(grain), step_of(fine)
    last = shifted(shifted(period, count, unit), -step, by)
    return with_series(exp.select(period), periods, fine, (period.copy(), last), MOMENT)
