"""Metrics in words: of what they are made, and by what they can be grouped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seeknal_semantic.definitions import (
    ConversionMetric,
    CumulativeMetric,
    DerivedMetric,
    RatioMetric,
    grouped_inputs,
    measure_inputs,
)
from seeknal_semantic.paths import METRIC_TIME
from seeknal_semantic.resolving import NameRefused, resolver_of

if TYPE_CHECKING:
    from seeknal_semantic.definitions import MeasureInput, Metric, MetricInput, SemanticLayer

COLUMNS = ("metric", "type", "models", "description")
_TYPES = {
    RatioMetric: "ratio",
    DerivedMetric: "derived",
    CumulativeMetric: "cumulative",
    ConversionMetric: "conversion",
}


def type_of(metric: Metric) -> str:
    """The type as files write it; ``measure`` for one that is a measure and nothing else."""
    return _TYPES.get(type(metric), "simple" if metric.id is not None else "measure")


def rows_of(layer: SemanticLayer) -> list[tuple[str, str, str, str]]:
    """A row for each metric, then for each measure that is one by itself."""
    metrics = sorted(layer.metrics.values(), key=lambda metric: metric.name)
    measures = sorted(layer.lone_measures, key=lambda metric: metric.name)
    return [
        (metric.name, type_of(metric), ", ".join(_models(metric)), metric.description or "")
        for metric in (*metrics, *measures)
    ]


def described(metric: Metric, layer: SemanticLayer) -> dict[str, Any]:
    """Everything that files say of a metric, as plain values."""
    place = metric.location
    found: dict[str, Any] = {
        "metric": metric.name,
        "type": type_of(metric),
        "description": metric.description,
        "file": place.file,
        "line": place.line,
        "filters": list(metric.filters),
        "time_granularity": metric.time_granularity,
        **_parts(metric),
        "models": _models(metric),
        "dimensions": _dimensions(metric, layer),
    }
    return {key: value for key, value in found.items() if value not in (None, [], {})}


def lines_of(found: Mapping[str, Any]) -> Iterator[str]:
    """The same for people."""
    yield f"{found['metric']}: {found['type']}, {found['file']}:{found['line']}"
    if "description" in found:
        yield f"  {found['description']}"
    for key, value in found.items():
        if key not in ("metric", "type", "file", "line", "description"):
            yield from _lines(key, value)


def _lines(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        yield f"  {key}:"
        yield from (f"    {_words(each)}" for each in value)
    elif isinstance(value, list):
        yield f"  {key}: {', '.join(map(str, value))}"
    else:
        yield f"  {key}: {_words(value) if isinstance(value, dict) else value}"


def _words(value: Mapping[str, Any]) -> str:
    """The name, which comes first, and what is said of it."""
    name, *rest = value.items()
    texts = (f"{key}: {', '.join(each) if isinstance(each, list) else each}" for key, each in rest)
    return ", ".join([str(name[1]), *texts])


def _parts(metric: Metric) -> dict[str, Any]:
    match metric:
        case RatioMetric():
            return {
                "numerator": _input(metric.numerator),
                "denominator": _input(metric.denominator),
            }
        case DerivedMetric():
            return {"expr": metric.expr, "inputs": [_input(each) for each in metric.inputs]}
        case CumulativeMetric():
            return {
                "measure": _measure(metric.input),
                "window": None if metric.window is None else str(metric.window),
                "grain_to_date": metric.grain_to_date,
                "period_agg": metric.period_agg,
            }
        case ConversionMetric():
            return {
                "base_measure": _measure(metric.base),
                "conversion_measure": _measure(metric.conversion),
                "entity": metric.entity,
                "window": None if metric.window is None else str(metric.window),
                "calculation": metric.calculation,
            }
        case _:
            return {"measure": _measure(metric.input)}


def _measure(given: MeasureInput) -> dict[str, Any]:
    measure = given.measure
    found = {
        "measure": measure.name,
        "model": given.model.name,
        "agg": measure.agg,
        "expr": measure.expr,
        "filters": [*measure.filters, *given.filters],
        "time": measure.time.name if measure.time else None,
        "fill_nulls_with": given.fill_nulls_with,
        "join_to_timespine": given.join_to_timespine or None,
    }
    return {key: value for key, value in found.items() if value not in (None, [])}


def _input(given: MetricInput) -> dict[str, Any]:
    metric = given.metric
    found = {
        "metric": metric.name,
        "alias": None if given.alias == metric.name else given.alias,
        "offset": None if given.offset is None else str(given.offset),
        "offset_to_grain": given.offset_to_grain,
        "filters": list(given.filters),
        "fill_nulls_with": given.fill_nulls_with,
        "join_to_timespine": given.join_to_timespine or None,
    }
    return {key: value for key, value in found.items() if value not in (None, [])}


def _models(metric: Metric) -> list[str]:
    return list(dict.fromkeys(each.model.name for each in measure_inputs(metric)))


def _dimensions(metric: Metric, layer: SemanticLayer) -> list[str]:
    """What all of a metric's measures can be grouped by."""
    resolver = resolver_of(layer)
    inputs = grouped_inputs(metric)
    first = inputs[0]
    names = list(resolver.available(first.model))
    if first.measure.time is not None and METRIC_TIME not in names:
        names.insert(0, METRIC_TIME)
    found = []
    for name in names:
        try:
            for each in inputs:
                resolver.resolve(name, each.model, each.measure.time)
        except NameRefused:
            continue
        found.append(name)
    return found
