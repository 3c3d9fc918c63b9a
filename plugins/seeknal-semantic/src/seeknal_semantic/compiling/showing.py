"""What is shown of a row, or of a period, in a column of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.calendar import begin_of, part_of
from seeknal_semantic.compiling.spine import PERIOD, spine_moment
from seeknal_semantic.compiling.trees import aliased, column
from seeknal_semantic.definitions import Dimension

if TYPE_CHECKING:
    from seeknal_semantic.compiling.items import Item
    from seeknal_semantic.compiling.lookups import Lookups
    from seeknal_semantic.compiling.scope import Parts, Scope
    from seeknal_semantic.compiling.source import Source


def shown_value(
    scope: Scope, parts: Parts, source: Source, item: Item, shown: exp.Expr | None
) -> exp.Expr:
    """The value of one dimension of the query; ``shown`` is the moment that a row counts for."""
    if item.found is None:
        moment = source.time if shown is None else shown
        return of_moment(scope, parts, source.lookups, item, moment)
    if item.grain is None and item.part is None:
        return source.value(item.found)
    member = item.found.member
    assert isinstance(member, Dimension)
    moment = source.dimension(member, item.found.path.steps)
    return of_moment(scope, parts, source.lookups, item, moment)


def of_moment(
    scope: Scope, parts: Parts, lookups: Lookups, item: Item, moment: exp.Expr
) -> exp.Expr:
    """What a dimension shows of a moment: its period, a part of its date, or what is looked up."""
    if item.part is not None:
        return part_of(item.part, moment.copy())
    assert item.grain is not None
    if item.grain not in scope.layer.custom_grains:
        return begin_of(item.grain, moment.copy(), scope.calendar)
    spine, grain = scope.layer.custom_grains[item.grain]
    looked_up = exp.select(
        aliased(spine_moment(scope, spine), PERIOD), aliased(column(grain.column), grain.name)
    ).from_(scope.table_of(spine.rows))
    named = parts.add(f"{grain.name}_of_{spine.grain}", looked_up.distinct())
    begin = begin_of(spine.grain, moment.copy(), scope.calendar)
    alias = lookups.attach(named, lambda it: exp.EQ(this=column(PERIOD, it), expression=begin))
    return column(grain.name, alias)
