"""Periods in which nothing lies, for metrics that are to show them all the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.items import finest_grain, items_of, spine_grain
from seeknal_semantic.compiling.lookups import Lookups
from seeknal_semantic.compiling.restricting import bounds, time_conditions
from seeknal_semantic.compiling.showing import of_moment
from seeknal_semantic.compiling.spine import PERIOD, spine_of
from seeknal_semantic.compiling.trees import aliased, column, table, where

if TYPE_CHECKING:
    from seeknal_semantic.compiling.plan import Aggregate
    from seeknal_semantic.compiling.scope import Asked, Parts, Scope

OTHERS = "others"


def every_period(
    scope: Scope, asked: Asked, parts: Parts, aggregate: Aggregate, having: Sequence[str]
) -> exp.Query | None:
    """Each period that the query lets through, with each combination of the other dimensions.

    These are those that the named queries ``having`` have. None where no period is asked for.
    """
    items = items_of(scope, asked.dimensions, aggregate.measured, asked.default_grain)
    finest = finest_grain(items)
    if finest is None:
        return None
    grain = spine_grain(scope, finest)
    periods = table(parts.add("periods", spine_of(scope, grain, asked.times)))
    period = column(PERIOD, periods.name)
    lookups = Lookups(lambda: (periods.name, OTHERS, *lookups.aliases))
    columns = [
        aliased(
            of_moment(scope, parts, lookups, item, period)
            if item.is_time
            else column(item.name, OTHERS),
            item.name,
        )
        for item in items
    ]
    conditions = bounds(scope, asked, aggregate.measured, items, lambda: period)
    conditions += time_conditions(scope, asked, parts, aggregate.measured, lookups, period)
    query = exp.select(*columns).from_(periods).distinct()
    if others := [item.name for item in items if not item.is_time]:
        union = [exp.select(*map(column, others)).from_(table(part)) for part in having]
        found = union[0].distinct() if len(union) == 1 else exp.union(*union, distinct=True)
        query = query.join(found.subquery(OTHERS), join_type="CROSS")
    for join in lookups.joins:
        query.append("joins", join)
    return where(query, conditions)
