"""Which rows count, and which periods are shown: filters, and the first and last time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen
from sqlglot import exp

from seeknal.plugin import SqlRefused
from seeknal_semantic.compiling.alike import item_side, refuse_unlike
from seeknal_semantic.compiling.calendar import is_whole_days
from seeknal_semantic.compiling.conditions_sql import Named, condition_sql
from seeknal_semantic.compiling.families import family_of
from seeknal_semantic.compiling.items import coarsest_grain, items_of, own_time
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
from seeknal_semantic.definitions import (
    ConversionMetric,
    CumulativeMetric,
    Entity,
    RatioMetric,
    SimpleMetric,
)
from seeknal_semantic.filters import parse_filter
from seeknal_semantic.resolving import NameRefused

if TYPE_CHECKING:
    from seeknal_semantic.compiling.items import Item
    from seeknal_semantic.compiling.lookups import Lookups
    from seeknal_semantic.compiling.scope import Asked, Measured, Parts, Scope
    from seeknal_semantic.compiling.source import Source
    from seeknal_semantic.conditions import Condition
    from seeknal_semantic.definitions import Dimension


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


@frozen(kw_only=True)
class TimePart:
    """A part of a filter that speaks of the measure's time alone."""

    condition: Condition
    items: tuple[Item, ...]


def time_parts(scope: Scope, asked: Asked, measured: Measured) -> list[TimePart]:
    """Those parts of the query's filters, joined by AND, that speak of the measure's time alone."""
    found = []
    for words in asked.filters:
        for part in _anded(parsed(words)):
            names = list(leaves(part))
            if not names or not all(isinstance(name, Name) for name in names):
                continue
            texts = [name.text for name in names if isinstance(name, Name)]
            items = items_of(scope, texts, measured)
            if all(item.is_time for item in items):
                found.append(TimePart(condition=part, items=items))
    return found


def _anded(condition: Condition) -> Iterator[Condition]:
    """Conditions all of which have to be true."""
    if not isinstance(condition, And):
        yield condition
        return
    for part in condition.parts:
        yield from _anded(part)


def time_conditions(
    scope: Scope,
    asked: Asked,
    parts: Parts,
    measured: Measured,
    lookups: Lookups,
    moment: exp.Expr,
) -> list[exp.Expr]:
    """The same as conditions on a moment."""
    found = []
    for part in time_parts(scope, asked, measured):
        shown = {
            item.name: Named(
                value=of_moment(scope, parts, lookups, item, moment),
                family=family_of(item_side(scope, measured, item).type),
            )
            for item in part.items
        }
        found.append(condition_sql(part.condition, partial(_looked_up, shown)))
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
    for item, side in zip(items, by.sides, strict=True):
        refuse_unlike(item.name, (item_side(scope, source.measured, item), side))

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
    return Named(value=value, family=_family_of_metric(scope, name))


def _family_of_metric(scope: Scope, name: MetricOf) -> str | None:
    """What a metric's values are alike to, as far as its measure says."""
    metric = scope.layer.metric(name.metric)
    if isinstance(metric, RatioMetric | ConversionMetric):
        return "number"
    if not isinstance(metric, SimpleMetric | CumulativeMetric):
        return None
    measure, model = metric.input.measure, metric.input.model
    if measure.agg in ("count", "count_distinct", "sum_boolean"):
        return "number"
    family = family_of(scope.type_of(model.rows, measure.expr))
    return "number" if measure.agg == "sum" and family == "boolean" else family


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
    try:
        return _bounds(scope, asked, time, items, moment())
    except (OverflowError, ValueError):
        raise refused(
            "SK1515",
            "start or end is in a period that no calendar has",
            help="leave out what is to cut nothing",
        ) from None


def _bounds(
    scope: Scope, asked: Asked, time: Dimension, items: Sequence[Item], shown: exp.Expr
) -> list[exp.Expr]:
    grain = coarsest_grain(items)
    days = is_whole_days(time.grain or "day")
    found: list[exp.Expr] = []
    if asked.start is not None:
        begin = first_of(moment_of(asked.start, "start"))
        begin = begin_of_period(grain, begin, scope.calendar) if grain else begin
        found.append(exp.GTE(this=shown.copy(), expression=literal(begin, days=days)))
    if asked.end is not None:
        found.append(_until(scope, asked.end, grain, days=days, shown=shown))
    return found


def _until(scope: Scope, end: str, grain: str | None, *, days: bool, shown: exp.Expr) -> exp.Expr:
    """That the moment is not after the last one; a date means all of that day."""
    moment = moment_of(end, "end")
    last = first_of(moment)
    if not isinstance(moment, datetime):
        last = period_after("day", last) - timedelta(microseconds=1)
    elif grain is None and not days:
        return exp.LTE(this=shown.copy(), expression=literal(last, days=False))
    grain = grain or "day"
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
                type = scope.type_of(own, str(column(name.text).sql("duckdb")))
                return Named(value=source.column(name.text), family=family_of(type))
            raise
        if item.is_time:
            own_time(source.measured, name.text)
        value = shown_value(scope, parts, source, item, moment)
        return Named(value=value, family=family_of(item_side(scope, source.measured, item).type))

    return condition_sql(parsed(words), look)


def parsed(words: str) -> Condition:
    """The tree of a filter. Raises QueryRefused for what no filter may be."""
    try:
        return parse_filter(words)
    except SqlRefused as error:
        raise refused("SK1505", f"filter {words!r}: {error}") from None
