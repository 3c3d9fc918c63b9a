"""From a metric query to one SELECT, in DuckDB's SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from attrs import evolve
from sqlglot import exp

from seeknal.plugin import did_you_mean
from seeknal_semantic.compiling.alike import item_side, refuse_unlike
from seeknal_semantic.compiling.combining import Column, Named, combined
from seeknal_semantic.compiling.conversion import conversion
from seeknal_semantic.compiling.cumulative import cumulative
from seeknal_semantic.compiling.gaps import every_period
from seeknal_semantic.compiling.items import items_of
from seeknal_semantic.compiling.leaves import leaf, value_name
from seeknal_semantic.compiling.moments import check_order
from seeknal_semantic.compiling.plan import Aggregate, Shown, aggregates, value_of, with_gaps
from seeknal_semantic.compiling.query import Query
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.compiling.scope import Asked, Measured, MetricBy, Parts
from seeknal_semantic.compiling.trees import aliased, column, with_ctes
from seeknal_semantic.compiling.values import distinct_values
from seeknal_semantic.definitions import (
    ConversionMetric,
    CumulativeMetric,
    DerivedMetric,
    RatioMetric,
)
from seeknal_semantic.grains import rank
from seeknal_semantic.resolving import metric_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from seeknal_semantic.compiling.alike import Side
    from seeknal_semantic.compiling.plan import Value
    from seeknal_semantic.compiling.scope import Scope
    from seeknal_semantic.definitions import Metric


_MOST = 2**63


def compiled(scope: Scope, query: Query) -> exp.Query:
    """The query as a tree. Raises SeeknalError for what has no exact answer."""
    _check(query)
    if query.timezone is not None:
        scope = evolve(scope, calendar=evolve(scope.calendar, timezone=query.timezone))
    metrics = {name: metric_of(scope.layer, name) for name in query.metrics}
    parts = _parts(scope)
    if metrics:
        found = _metrics(scope, query, metrics, parts)
    else:
        found = distinct_values(scope, query, parts)
    return with_ctes(_ordered(found, query), list(parts.found.items()))


def _check(query: Query) -> None:
    if query.timezone is not None and query.timezone not in available_timezones():
        raise refused("SK1515", f"there is no time zone {query.timezone!r}", help="Europe/Berlin")
    names = [*query.dimensions, *query.metrics]
    if not names:
        raise refused("SK1515", "a query names metrics, dimensions or both")
    for name in names:
        if [each.lower() for each in names].count(name.lower()) > 1:
            raise refused("SK1516", f"{name!r} is asked for twice")
    if query.limit is not None and not 0 <= query.limit < _MOST:
        raise refused("SK1515", f"limit {query.limit} is no number of rows")
    if query.start is not None and query.end is not None and query.metrics:
        check_order(query.start, query.end)


def _metrics(scope: Scope, query: Query, metrics: Mapping[str, Metric], parts: Parts) -> exp.Select:
    values = {name: value_of(metric) for name, metric in metrics.items()}
    every = list(dict.fromkeys(each for value in values.values() for each in aggregates(value)))
    asked = Asked(
        dimensions=query.dimensions,
        filters=query.filters,
        start=query.start,
        end=query.end,
        default_grain=_default_grain(metrics.values()),
        times=_times(every),
    )
    groups = _groups(every)
    gaps = [each for value in values.values() for each in with_gaps(value)]
    alone = len(groups) == 1 and all(isinstance(each, Aggregate) for each in values.values())
    if alone and not gaps:
        return _alone(_totals(scope, asked, parts, groups[0]), asked, values)
    _sides(scope, asked, groups)
    columns: dict[Aggregate, Column] = {}
    keys: list[str] = []
    for group in groups:
        totals = _totals(scope, asked, parts, group)
        totals.add_comments([_said(group, values)])
        key = parts.add(f"{group[0].model.name}_totals", totals)
        keys.append(key)
        columns |= {each: Column(part=key, name=value_name(each, asked)) for each in group}
    shown_gaps = list(_gaps(scope, asked, parts, gaps, columns))
    keys += [part for _, part in shown_gaps]
    named = Named(
        names=query.dimensions,
        keys=list(dict.fromkeys(keys)),
        columns=columns,
        gaps=shown_gaps,
    )
    return combined(parts, values, named)


def _sides(scope: Scope, asked: Asked, groups: Iterable[Sequence[Aggregate]]) -> list[Side]:
    """What each dimension is, which groups of rows are joined by. Raises QueryRefused."""
    found: list[list[Side]] = [[] for _ in asked.dimensions]
    for first, *_ in groups:
        measured = first.measured
        items = items_of(scope, asked.dimensions, measured, asked.default_grain)
        for sides, item in zip(found, items, strict=True):
            sides.append(item_side(scope, measured, item))
    for name, sides in zip(asked.dimensions, found, strict=True):
        refuse_unlike(name, sides)
    return [sides[0] for sides in found]


def _said(group: Sequence[Aggregate], values: Mapping[str, Value]) -> str:
    """The metrics that take any of these, for readers of the SQL."""
    names = [name for name, value in values.items() if not set(group).isdisjoint(aggregates(value))]
    return ", ".join(names)


def _totals(scope: Scope, asked: Asked, parts: Parts, group: Sequence[Aggregate]) -> exp.Query:
    over = group[0].over
    if isinstance(over, CumulativeMetric):
        return cumulative(scope, asked, parts, group[0], over)
    if isinstance(over, ConversionMetric):
        return conversion(scope, asked, parts, group[0], over)
    return leaf(scope, asked, parts, group)


def _gaps(
    scope: Scope,
    asked: Asked,
    parts: Parts,
    gaps: Iterable[Value],
    columns: Mapping[Aggregate, Column],
) -> Iterator[tuple[Value, str]]:
    """Named queries of the periods that some values are to be shown in, whatever is there."""
    for value in gaps:
        inner = aggregates(value)
        having = list(dict.fromkeys(columns[each].part for each in inner))
        query = every_period(scope, asked, parts, inner[0], having)
        if query is not None:
            yield value, parts.add("every_period", query)


def _parts(scope: Scope) -> Parts:
    asked_for: list[str] = []

    def metric_by(name: str, entities: tuple[str, ...]) -> MetricBy:
        if name in asked_for:
            circle = " -> ".join([*asked_for[asked_for.index(name) :], name])
            raise refused("SK1513", f"metrics ask for each other in their filters: {circle}")
        asked_for.append(name)
        metric = metric_of(scope.layer, name)
        query = Query(metrics=(name,), dimensions=entities)
        value = value_of(metric)
        part = parts.add(
            f"{name}_by_{'_'.join(entities)}", _metrics(scope, query, {name: metric}, parts)
        )
        asked_for.pop()
        fill = value.fill if isinstance(value, Shown) else None
        sides = _sides(scope, Asked(dimensions=entities), _groups(aggregates(value)))
        return MetricBy(part=part, keys=entities, sides=tuple(sides), value=name, fill=fill)

    parts = Parts(taken=scope.tables, metric_by=metric_by)
    return parts


def _alone(query: exp.Query, asked: Asked, values: Mapping[str, Value]) -> exp.Select:
    """The one query of aggregates, its columns named as the metrics are."""
    assert isinstance(query, exp.Select)
    shown = {each.alias_or_name: each for each in query.expressions}
    renamed = [shown[name] for name in asked.dimensions]
    for metric, value in values.items():
        assert isinstance(value, Aggregate)
        found = shown[value_name(value, asked)]
        inner = found.this if isinstance(found, exp.Alias) else found
        renamed.append(aliased(inner.copy(), metric))
    query.set("expressions", renamed)
    return query


def _groups(every: Iterable[Aggregate]) -> list[list[Aggregate]]:
    """Aggregates of the same rows, shown at the same periods: one SELECT makes them."""
    found: dict[object, list[Aggregate]] = {}
    for each in every:
        alone = each if isinstance(each.over, CumulativeMetric | ConversionMetric) else None
        measure = each.measure
        key = each.model, each.filters, each.offsets, measure.time, measure.non_additive, alone
        same = found.setdefault(key, [])
        if any(value.measure.name == measure.name for value in same):
            found[(key, len(found))] = [each]
        else:
            same.append(each)
    return list(found.values())


def _default_grain(metrics: Iterable[Metric]) -> str | None:
    """The coarsest grain that any of the metrics shows by itself."""
    grains = [grain for metric in metrics for grain in _grains(metric)]
    return max(grains, key=rank, default=None)


def _grains(metric: Metric) -> list[str]:
    """The grain that a metric says, else the coarsest of its inputs', else that of its time."""
    if metric.time_granularity:
        return [metric.time_granularity]
    if isinstance(metric, RatioMetric):
        return [*_grains(metric.numerator.metric), *_grains(metric.denominator.metric)]
    if isinstance(metric, DerivedMetric):
        return [grain for each in metric.inputs for grain in _grains(each.metric)]
    if isinstance(metric, ConversionMetric):
        given = [metric.base, metric.conversion]
    else:
        given = [metric.input]
    times = [each.measure.time for each in given]
    grains = [time.grain or "day" for time in times if time is not None]
    if isinstance(metric, CumulativeMetric):
        return [max("day", grain, key=rank) for grain in grains]
    return grains


def _times(every: Iterable[Aggregate]) -> tuple[Measured, ...]:
    """The times of all measures, each once."""
    found = [evolve(each.measured, name="") for each in every]
    for each in every:
        if isinstance(each.over, ConversionMetric):
            given = each.over.conversion
            found.append(Measured(model=given.model, time=given.measure.time))
    return tuple(dict.fromkeys(each for each in found if each.time is not None))


def _ordered(query: exp.Select, asked: Query) -> exp.Select:
    names = [*asked.dimensions, *asked.metrics]
    for word in asked.order_by:
        name = word.removeprefix("-")
        if name not in names:
            raise refused(
                "SK1517",
                f"order_by: {name!r} is no column of the answer",
                help=did_you_mean(name, names) or f"columns: {', '.join(names)}",
            )
        ordered = exp.Ordered(this=column(name), desc=word.startswith("-"), nulls_first=False)
        query = query.order_by(ordered)
    return query.limit(asked.limit) if asked.limit else query
