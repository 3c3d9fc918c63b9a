"""What a query's metrics come to: aggregates of measures, and formulas over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plugin import Duration
from seeknal_semantic.compiling.scope import Measured
from seeknal_semantic.definitions import (
    ConversionMetric,
    CumulativeMetric,
    Measure,
    RatioMetric,
    SemanticModel,
    SimpleMetric,
)

if TYPE_CHECKING:
    from seeknal_semantic.definitions import (
        MeasureInput,
        Metric,
        MetricInput,
    )

Offset = Duration | str
"""So much earlier, or at the begin of the period of this grain."""


@frozen(kw_only=True)
class Aggregate:
    """A measure over the rows that the filters let through, at another time where offsets say so.

    ``filters`` are those of definitions, ``offsets`` the outermost first. ``over`` is the metric
    that says which rows count for a period, where these are not just its own.
    """

    model: SemanticModel
    measure: Measure
    filters: tuple[str, ...] = ()
    offsets: tuple[Offset, ...] = ()
    over: CumulativeMetric | ConversionMetric | None = None

    @property
    def measured(self) -> Measured:
        """Where its rows are, and their time: of what converts, not of what that becomes."""
        over = self.over
        measure = over.base.measure if isinstance(over, ConversionMetric) else self.measure
        return Measured(model=self.model, time=measure.time, name=measure.name)


@frozen(kw_only=True)
class Quotient:
    """One value divided by another."""

    numerator: Value
    denominator: Value


@frozen(kw_only=True)
class Formula:
    """An expression over values, by their aliases."""

    expr: str
    values: Mapping[str, Value]


@frozen(kw_only=True)
class Shown:
    """A value as it is shown: ``fill`` where it is NULL; in every period with ``every_period``."""

    value: Value
    fill: int | float | None = None
    every_period: bool = False


@frozen(kw_only=True)
class Among:
    """A value for each group of another one too, which it may not have itself."""

    value: Value
    other: Value


Value = Aggregate | Quotient | Formula | Shown | Among


def value_of(
    metric: Metric, filters: tuple[str, ...] = (), offsets: tuple[Offset, ...] = ()
) -> Value:
    """What a metric comes to; ``filters`` and ``offsets`` are those of what takes it as input."""
    filters = (*metric.filters, *filters)
    if isinstance(metric, SimpleMetric):
        return _measured(metric.input, filters, offsets)
    if isinstance(metric, CumulativeMetric):
        return _measured(metric.input, filters, offsets, metric)
    if isinstance(metric, ConversionMetric):
        return _converted(metric, filters, offsets)
    if isinstance(metric, RatioMetric):
        return Quotient(
            numerator=_input(metric.numerator, filters, offsets),
            denominator=_input(metric.denominator, filters, offsets),
        )
    values = {each.alias: _input(each, filters, offsets) for each in metric.inputs}
    return Formula(expr=metric.expr, values=values)


def aggregates(value: Value) -> list[Aggregate]:
    """Every aggregate that a value takes, in order, once."""
    if isinstance(value, Aggregate):
        return [value]
    return list(dict.fromkeys(each for one in _inner(value) for each in aggregates(one)))


def with_gaps(value: Value) -> list[Value]:
    """The values within ``value`` that are to be shown in every period."""
    own = [value] if isinstance(value, Shown) and value.every_period else []
    return [*own, *(each for one in _inner(value) for each in with_gaps(one))]


def _inner(value: Value) -> tuple[Value, ...]:
    """The values that one is made of."""
    match value:
        case Aggregate():
            return ()
        case Shown(value=inner):
            return (inner,)
        case Quotient(numerator=one, denominator=other) | Among(value=one, other=other):
            return one, other
        case Formula(values=values):
            return tuple(values.values())


def _input(given: MetricInput, filters: tuple[str, ...], offsets: tuple[Offset, ...]) -> Value:
    earlier = given.offset or given.offset_to_grain
    offsets = (*offsets, earlier) if earlier else offsets
    return _shown(
        value_of(given.metric, (*given.filters, *filters), offsets),
        given.fill_nulls_with,
        given.join_to_timespine,
    )


def _measured(
    given: MeasureInput,
    filters: tuple[str, ...],
    offsets: tuple[Offset, ...],
    over: CumulativeMetric | ConversionMetric | None = None,
) -> Value:
    aggregate = Aggregate(
        model=given.model,
        measure=given.measure,
        filters=(*given.measure.filters, *given.filters, *filters),
        offsets=offsets,
        over=over,
    )
    return _shown(aggregate, given.fill_nulls_with, given.join_to_timespine)


def _converted(
    metric: ConversionMetric, filters: tuple[str, ...], offsets: tuple[Offset, ...]
) -> Value:
    """The conversions, or their share of all that may convert."""
    base, conversion = metric.base, metric.conversion
    found = Aggregate(
        model=base.model,
        measure=conversion.measure,
        filters=(*base.measure.filters, *base.filters, *filters),
        offsets=offsets,
        over=metric,
    )
    fill = conversion.fill_nulls_with
    every = _measured(base, filters, offsets)
    if metric.calculation == "conversions":
        return Among(value=_shown(found, fill, conversion.join_to_timespine), other=every)
    # Where nothing converts, the share of what may is 0.
    share = _shown(found, 0 if fill is None else fill, conversion.join_to_timespine)
    return Quotient(numerator=share, denominator=every)


def _shown(value: Value, fill: float | None, every_period: bool) -> Value:
    if fill is None and not every_period:
        return value
    if fill is not None and isinstance(value, Shown):
        # What takes a metric as input says nearer by what to fill it than the metric does.
        value = evolve(value, fill=None)
    return Shown(value=value, fill=fill, every_period=every_period)
