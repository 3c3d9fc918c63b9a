"""Which rows count, and which periods are shown: filters, and the first and last time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal.plugin import SqlRefused
from seeknal_semantic.compiling.calendar import is_whole_days
from seeknal_semantic.compiling.conditions_sql import Named, condition_sql
from seeknal_semantic.compiling.items import items_of, own_grains, own_time
from seeknal_semantic.compiling.moments import (
    begin_of_period,
    first_of,
    literal,
    moment_of,
    period_after,
)
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.compiling.showing import of_moment, shown_value
from seeknal_semantic.compiling.trees import both, column, number
from seeknal_semantic.conditions import And, MetricOf, Name, leaves
from seeknal_semantic.definitions import Dimension, Entity
from seeknal_semantic.filters import parse_filter
from seeknal_semantic.resolving import NameRefused

if TYPE_CHECKING:
    from seeknal_semantic.compiling.items import Item
    from seeknal_semantic.compiling.lookups import Lookups
    from seeknal_semantic.compiling.scope import Asked, Measured, Parts, Scope
    from seeknal_semantic.compiling.source import Source
    from seeknal_semantic.conditions import Condition


def row_conditions(
    scope: Scope, asked: Asked, parts: Parts, source: Source, filters: Sequence[str]
) -> list[exp.Expr]:
    """The filters of definitions: they speak of rows, and may name columns too."""
    return [_condition(scope, asked, parts, source, each, None, columns=True) for each in filters]


def shown_conditions(
    scope: Scope, asked: Asked, parts: Parts, source: Source, shown: exp.Expr | None
) -> list[exp.Expr]:
    """The query's filters: of the measure's time they mean the moment that a row counts for."""
    return [
        _condition(scope, asked, parts, source, each, shown, columns=False)
        for each in asked.filters
    ]


def time_conditions(
    scope: Scope,
    asked: Asked,
    parts: Parts,
    measured: Measured,
    lookups: Lookups,
    period: exp.Expr,
) -> list[exp.Expr]:
    """Those parts of the query's filters, joined by AND, that speak of the measure's time alone."""
    found = []
    for words in asked.filters:
        tree = parsed(words)
        for part in tree.parts if isinstance(tree, And) else (tree,):
            names = list(leaves(part))
            if not names or not all(isinstance(name, Name) for name in names):
                continue
            texts = [name.text for name in names if isinstance(name, Name)]
            items = items_of(scope, texts, measured)
            if not all(item.is_time for item in items):
                continue
            shown = {
                item.name: Named(
                    value=of_moment(scope, parts, lookups, item, period),
                    is_time=item.part is None and not item.custom,
                )
                for item in items
            }
            found.append(condition_sql(part, partial(_looked_up, shown)))
    return found


def _looked_up(shown: Mapping[str, Named], name: Name | MetricOf) -> Named:
    assert isinstance(name, Name)
    return shown[name.text]


def _metric_of(scope: Scope, parts: Parts, source: Source, name: MetricOf) -> Named:
    """The metric of the row's entities; NULL, or what it is filled with, where they have none."""
    items = items_of(scope, name.entities, source.measured)
    for item in items:
        if item.found is None or not isinstance(item.found.member, Entity):
            raise refused(
                "SK1505", f"metric({name.metric!r}, {item.name!r}): {item.name!r} is no entity"
            )
    entities = [shown_value(scope, parts, source, item, None) for item in items]
    by = parts.metric_by(name.metric, name.entities)

    def on(alias: str) -> exp.Expr:
        pairs = zip(by.keys, entities, strict=True)
        found = both(
            exp.EQ(this=value.copy(), expression=column(key, alias)) for key, value in pairs
        )
        assert found is not None
        return found

    value: exp.Expr = column(by.value, source.lookups.attach(by.part, on))
    if by.fill is not None:
        value = exp.Coalesce(this=value, expressions=[number(by.fill)])
    return Named(value=value)


def bounds(
    scope: Scope,
    asked: Asked,
    measured: Measured,
    items: Sequence[Item],
    moment: Callable[[], exp.Expr],
) -> list[exp.Expr]:
    """Conditions that a moment is not before ``start`` nor after ``end``.

    Both are widened to whole periods of the coarsest grain that is shown.
    """
    if asked.start is None and asked.end is None:
        return []
    time = own_time(measured, "start" if asked.start else "end")
    shown = moment()
    grains = own_grains(items)
    days = is_whole_days(time.grain or "day")
    found: list[exp.Expr] = []
    if asked.start is not None:
        begin = first_of(moment_of(asked.start, "start"))
        begin = begin_of_period(grains[-1], begin, scope.calendar) if grains else begin
        found.append(exp.GTE(this=shown.copy(), expression=literal(begin, days=days)))
    if asked.end is not None:
        found.append(_until(scope, asked.end, grains, days=days, shown=shown))
    return found


def _until(
    scope: Scope, end: str, grains: Sequence[str], *, days: bool, shown: exp.Expr
) -> exp.Expr:
    """That the moment is not after the last one; a date means all of that day."""
    moment = moment_of(end, "end")
    last = first_of(moment)
    if not isinstance(moment, datetime):
        last = period_after("day", last) - timedelta(microseconds=1)
    elif not grains and not days:
        return exp.LTE(this=shown.copy(), expression=literal(last, days=False))
    grain = grains[-1] if grains else "day"
    after = period_after(grain, begin_of_period(grain, last, scope.calendar))
    return exp.LT(this=shown.copy(), expression=literal(after, days=days))


def _condition(
    scope: Scope,
    asked: Asked,
    parts: Parts,
    source: Source,
    words: str,
    moment: exp.Expr | None,
    *,
    columns: bool,
) -> exp.Expr:
    def look(name: Name | MetricOf) -> Named:
        if isinstance(name, MetricOf):
            return _metric_of(scope, parts, source, name)
        try:
            (item,) = items_of(scope, [name.text], source.measured)
        except NameRefused as error:
            own = source.model.rows
            if columns and error.code == "SK1503" and scope.has_column(own, name.text):
                return Named(value=source.column(name.text))
            raise
        if item.is_time:
            own_time(source.measured, name.text)
        member = item.found.member if item.found else None
        is_time = (
            item.part is None
            and not item.custom
            and (item.is_time or (isinstance(member, Dimension) and member.type == "time"))
        )
        return Named(value=shown_value(scope, parts, source, item, moment), is_time=is_time)

    return condition_sql(parsed(words), look)


def parsed(words: str) -> Condition:
    """The tree of a filter. Raises QueryRefused for what no filter may be."""
    try:
        return parse_filter(words)
    except SqlRefused as error:
        raise refused("SK1505", f"filter {words!r}: {error}") from None
