"""Conversions: each row of one measure that follows a row of another one, counted there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.aggregates import aggregated
from seeknal_semantic.compiling.alike import member_side, refuse_unlike
from seeknal_semantic.compiling.calendar import shifted
from seeknal_semantic.compiling.items import items_of, own_time
from seeknal_semantic.compiling.leaves import counts_rows, is_shown, shown_at, value_name
from seeknal_semantic.compiling.restricting import bounds, row_conditions, shown_conditions
from seeknal_semantic.compiling.scope import Measured
from seeknal_semantic.compiling.showing import shown_value
from seeknal_semantic.compiling.source import Source
from seeknal_semantic.compiling.spine import PERIOD
from seeknal_semantic.compiling.trees import (
    NTH,
    aliased,
    both,
    column,
    grouped,
    is_first,
    table,
    where,
)
from seeknal_semantic.resolving import resolver_of

if TYPE_CHECKING:
    from seeknal_semantic.compiling.plan import Aggregate
    from seeknal_semantic.compiling.scope import Asked, Parts, Scope
    from seeknal_semantic.definitions import ConversionMetric

ENTITY, MOMENT, RAW, KEY, ROW, COUNTS, VALUE, COPY = (
    "entity",
    "moment",
    "exact_moment",
    "row_key",
    "row_number",
    "counts",
    "value",
    "copy",
)


def conversion(
    scope: Scope, asked: Asked, parts: Parts, aggregate: Aggregate, metric: ConversionMetric
) -> exp.Query:
    """The dimensions of the rows that convert, and the aggregate of what they convert to.

    A row of the conversion counts once: for the last row of the base that lies before it, in each
    period that this one is shown at.
    """
    properties = [f"property_{at + 1}" for at in range(len(metric.constant_properties))]
    bases, periodic = _bases(scope, asked, parts, aggregate, metric, properties)
    base = parts.add("bases", bases)
    _check_types(scope, metric)
    conversions = parts.add("conversions", _conversions(scope, asked, parts, metric, properties))
    order = [
        exp.Ordered(this=column(word, base), desc=desc, nulls_first=False)
        for word, desc in ((MOMENT, True), (RAW, True), (KEY, False))
    ]
    by = [column(ROW, conversions)]
    function = exp.Anonymous(this="RANK") if periodic else exp.RowNumber()
    found = [column(name, base) for name in asked.dimensions]
    shown = [
        *found,
        column(COUNTS, base),
        column(VALUE, conversions),
        aliased(_numbered(function, by, order), NTH),
    ]
    if periodic:
        by.append(column(PERIOD, base))
        shown.append(aliased(_numbered(exp.RowNumber(), by, order), COPY))
    on = _follows(metric, base, conversions, properties)
    matched = exp.select(*shown).from_(table(conversions)).join(table(base), on=on)
    rows = parts.add("converted", matched)
    word = value_name(aggregate, asked)
    total = aliased(aggregated(metric.conversion.measure, column(VALUE)), word)
    outer = [column(name) for name in asked.dimensions]
    firsts = [is_first(), is_first(COPY)] if periodic else [is_first()]
    query = exp.select(*outer, total).from_(table(rows)).where(*firsts, column(COUNTS))
    return grouped(query, len(outer))


def _numbered(function: exp.Expr, by: Sequence[exp.Expr], order: Sequence[exp.Expr]) -> exp.Expr:
    return exp.Window(
        this=function,
        partition_by=[each.copy() for each in by],
        order=exp.Order(expressions=[each.copy() for each in order]),
    )


def _bases(
    scope: Scope,
    asked: Asked,
    parts: Parts,
    aggregate: Aggregate,
    metric: ConversionMetric,
    properties: list[str],
) -> tuple[exp.Query, bool]:
    """The rows that may convert, with what the query shows of them and whether it asks for them.

    And whether they are there once for each period that looks back at them.
    """
    measured = Measured(model=metric.base.model, time=metric.base.measure.time, name=metric.name)
    time = own_time(measured, metric.name)
    source = Source(scope, measured)
    items = items_of(scope, asked.dimensions, measured, asked.default_grain)
    shown, periods, on = shown_at(scope, asked, parts, source, aggregate, items)
    shown = source.time if shown is None else shown
    conditions = [
        *bounds(scope, asked, measured, items, lambda: shown),
        *shown_conditions(scope, asked, parts, source, shown),
    ]
    if periods is not None:
        conditions.append(exp.Not(this=exp.Is(this=shown.copy(), expression=exp.Null())))
    elif aggregate.offsets:
        conditions.append(is_shown(scope, asked, parts, shown, items))
    keys = [each for each in measured.model.entities.values() if each.type == "primary"]
    columns = [
        *(aliased(shown_value(scope, parts, source, item, shown), item.name) for item in items),
        aliased(_member(scope, source, metric.entity), ENTITY),
        aliased(source.time, MOMENT),
        aliased(source.moment(time), RAW),
        aliased(source.written(keys[0].expr) if keys else exp.Literal.number(0), KEY),
        aliased(both(conditions) or exp.true(), COUNTS),
    ]
    if periods is not None:
        columns.append(shown.copy())
    for word, (own, _) in zip(properties, metric.constant_properties, strict=True):
        columns.append(aliased(_member(scope, source, own), word))
    conditions = row_conditions(scope, asked, parts, source, aggregate.filters)
    query = source.select(*columns, periods=periods, on=on, all_rows=True)
    return source.simplified(where(query, conditions)), periods is not None


def _conversions(
    scope: Scope, asked: Asked, parts: Parts, metric: ConversionMetric, properties: list[str]
) -> exp.Query:
    """The rows of what is converted to, each with a number."""
    given = metric.conversion
    measured = Measured(model=given.model, time=given.measure.time, name=given.measure.name)
    time = own_time(measured, metric.name)
    source = Source(scope, measured)
    counted = counts_rows(given.measure)
    order = exp.Order(expressions=[exp.Ordered(this=source.moment(time))])
    number = exp.Window(this=exp.RowNumber(), order=order)
    columns = [
        aliased(number, ROW),
        aliased(_member(scope, source, metric.entity), ENTITY),
        aliased(source.time, MOMENT),
        aliased(exp.Literal.number(1) if counted else source.written(given.measure.expr), VALUE),
    ]
    for word, (_, other) in zip(properties, metric.constant_properties, strict=True):
        columns.append(aliased(_member(scope, source, other), word))
    filters = (*given.measure.filters, *given.filters)
    conditions = row_conditions(scope, asked, parts, source, filters)
    return source.simplified(where(source.select(*columns), conditions))


def _member(scope: Scope, source: Source, name: str) -> exp.Expr:
    found = resolver_of(scope.layer).resolve(name, source.model, source.measured.time)
    return source.value(found)


def _check_types(scope: Scope, metric: ConversionMetric) -> None:
    """Raise QueryRefused where what is equal in both rows cannot be compared exactly."""
    resolver, inputs = resolver_of(scope.layer), (metric.base, metric.conversion)
    for pair in ((metric.entity, metric.entity), *metric.constant_properties):
        found = [
            resolver.resolve(name, each.model, each.measure.time)
            for name, each in zip(pair, inputs, strict=True)
        ]
        refuse_unlike(pair[0], [member_side(scope, each.model, each.member) for each in found])


def _follows(
    metric: ConversionMetric, base: str, conversions: str, properties: list[str]
) -> exp.Expr | None:
    """Whether a conversion may be that of a row: of the same entity, later, and in time."""
    conditions: list[exp.Expr] = [
        exp.EQ(this=column(word, conversions), expression=column(word, base))
        for word in (ENTITY, *properties)
    ]
    conditions.append(exp.LTE(this=column(MOMENT, base), expression=column(MOMENT, conversions)))
    if metric.window is not None:
        since = shifted(column(MOMENT, conversions), -metric.window.count, metric.window.unit)
        conditions.append(exp.GT(this=column(MOMENT, base), expression=since))
    return both(conditions)
