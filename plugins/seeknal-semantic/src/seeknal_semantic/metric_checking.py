"""What is wrong with metrics and saved queries: expressions, filters, grains and times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from seeknal.plugin import SqlRefused, did_you_mean
from seeknal_semantic.conditions import MetricOf, leaves
from seeknal_semantic.definitions import (
    ConversionMetric,
    CumulativeMetric,
    DerivedMetric,
    RatioMetric,
    grouped_inputs,
    measure_inputs,
)
from seeknal_semantic.expressions import check_formula, columns_of
from seeknal_semantic.filters import parse_filter
from seeknal_semantic.grains import FISCAL, GRAINS, is_grain
from seeknal_semantic.paths import METRIC_TIME, SEPARATOR
from seeknal_semantic.resolving import NameRefused, metric_of, resolver_of

if TYPE_CHECKING:
    from seeknal_semantic.definitions import (
        Dimension,
        MeasureInput,
        Metric,
        MetricInput,
        SavedQuery,
        SemanticLayer,
        SemanticModel,
    )
    from seeknal_semantic.telling import Telling

Base = tuple["SemanticModel", "Dimension | None"]
"""What is measured in, and by which time."""


def check_metric(metric: Metric, layer: SemanticLayer, tell: Telling) -> None:
    """Tell what is wrong with one metric, whose names are those of something."""
    _Checker(layer, tell).metric(metric)


def check_saved_query(query: SavedQuery, layer: SemanticLayer, tell: Telling) -> None:
    """Tell what is wrong with one saved query."""
    _Checker(layer, tell).saved_query(query)


def bases_of(metrics: Iterable[Metric]) -> list[Base]:
    """What names in filters and dimensions of metrics are looked up in."""
    return _distinct(each for metric in metrics for each in grouped_inputs(metric))


def measured_in(metrics: Iterable[Metric]) -> list[Base]:
    """All models that metrics measure in, each once with each of its times."""
    return _distinct(each for metric in metrics for each in measure_inputs(metric))


def _distinct(inputs: Iterable[MeasureInput]) -> list[Base]:
    found: dict[tuple[int, str], Base] = {}
    for each in inputs:
        time = each.measure.time
        found[id(each.model), time.name if time else ""] = (each.model, time)
    return list(found.values())


_COUNTED = ("sum", "count", "count_distinct")


class _Checker:
    def __init__(self, layer: SemanticLayer, tell: Telling) -> None:
        self.layer = layer
        self.resolver = resolver_of(layer)
        self.tell = tell

    def metric(self, metric: Metric) -> None:
        bases = bases_of([metric])
        self.filters(metric.filters, bases, "filter")
        if metric.time_granularity is not None:
            self.own_grain(metric.time_granularity, "time_granularity")
            self.needs_time(metric, "time_granularity")
        match metric:
            case CumulativeMetric():
                self.grain(metric.grain_to_date, "grain_to_date")
                self.needs_time(metric, "type")
                self.adds_up(metric, "type")
                self.filters(metric.input.filters, bases, "measure", "filter")
            case ConversionMetric():
                self.needs_time(metric, "type")
                self.adds_up(metric, "type")
                self.side(metric.base, "base_measure")
                self.side(metric.conversion, "conversion_measure")
                measure = metric.conversion.measure
                if measure.agg not in _COUNTED:
                    name, agg = measure.name, measure.agg
                    message = f"conversions are {', '.join(_COUNTED)}; {name} is {agg}"
                    self.tell("SK1507", message, None, "conversion_measure")
            case DerivedMetric():
                self.derived(metric)
            case RatioMetric():
                for key in ("numerator", "denominator"):
                    self.input(getattr(metric, key), key)
            case _:
                self.filters(metric.input.filters, bases, "measure", "filter")

    def adds_up(self, metric: Metric, *path: str | int) -> None:
        """Over several moments nothing adds up that has a non_additive_dimension."""
        for each in measure_inputs(metric):
            if each.measure.non_additive is not None:
                name = each.measure.name
                message = f"{name} has a non_additive_dimension: it does not add up over time"
                self.tell("SK1507", message, "a metric of type simple takes it", *path)

    def side(self, side: MeasureInput, key: str) -> None:
        self.filters(side.filters, [(side.model, side.measure.time)], key, "filter")

    def input(self, entry: MetricInput, *path: str | int) -> None:
        self.filters(entry.filters, bases_of([entry.metric]), *path, "filter")
        self.grain(entry.offset_to_grain, *path, "offset_to_grain")
        if entry.offset is not None or entry.offset_to_grain is not None:
            key = "offset" if entry.offset is not None else "offset_to_grain"
            self.needs_time(entry.metric, *path, key)

    def derived(self, metric: DerivedMetric) -> None:
        for number, entry in enumerate(metric.inputs):
            self.input(entry, "inputs", number)
        try:
            check_formula(metric.expr)
        except SqlRefused as error:
            spot = (error.line, error.column)
            help = "one expression over the inputs' names"
            self.tell.in_text("SK1504", str(error), help, metric.expr, spot, "expr")
            return
        known = {entry.alias.lower(): entry.alias for entry in metric.inputs}
        named = {name.lower(): name for name in columns_of(metric.expr)}
        for lower, name in named.items():
            if lower not in known:
                help = did_you_mean(name, known.values()) or f"inputs: {', '.join(known.values())}"
                self.tell("SK1501", f"{name!r} is no input of {metric.name}", help, "expr")
        for number, entry in enumerate(metric.inputs):
            if entry.alias.lower() not in named:
                message = f"the input {entry.alias!r} does not stand in expr"
                self.tell("SK1507", message, "name it there, or leave it out", "inputs", number)

    def needs_time(self, metric: Metric, *path: str | int) -> None:
        for model, time in measured_in([metric]):
            if time is None:
                message = f"{metric.name} needs a time, and model {model.name} names none"
                help = "default_time_dimension: of the model, or agg_time_dimension: of the measure"
                self.tell("SK1512", message, help, *path)

    def own_grain(self, grain: str, *path: str | int) -> None:
        """One that says how coarse it is, as those of the project's own do not."""
        self.grain(grain, *path)
        if grain in self.layer.custom_grains:
            message = f"{grain!r} is a grain of the project's own, which a query names"
            self.tell("SK1506", message, f"metric_time__{grain} in the query", *path)

    def grain(self, grain: str | None, *path: str | int) -> None:
        if grain is None or is_grain(grain) or grain in self.layer.custom_grains:
            return
        known = [*GRAINS, *FISCAL, *self.layer.custom_grains]
        help = did_you_mean(grain, known) or f"grains: {', '.join(known)}"
        self.tell("SK1506", f"{grain!r} is no grain", help, *path)

    def filters(self, filters: Sequence[str], bases: Sequence[Base], *path: str | int) -> None:
        """Filters of definitions, which may name columns of the measure's model as well."""
        for number, text in enumerate(filters):
            self.filter(text, bases, *path, number)

    def filter(
        self, text: str, bases: Sequence[Base], *path: str | int, columns: bool = True
    ) -> None:
        try:
            found = parse_filter(text)
        except SqlRefused as error:
            spot = (error.line, error.column)
            self.tell.in_text("SK1505", str(error), None, text, spot, *path)
            return
        for leaf in leaves(found):
            spot = (leaf.line, leaf.column)
            if isinstance(leaf, MetricOf):
                self.metric_of(leaf, bases, text, *path)
                continue
            if columns and SEPARATOR not in leaf.text and leaf.text.lower() != METRIC_TIME:
                # It may be a column: that shows when the columns of its model's node are known.
                continue
            for model, time in bases:
                try:
                    self.resolver.resolve(leaf.text, model, time)
                except NameRefused as error:
                    self.tell.in_text(error.code, error.message, error.help, text, spot, *path)
                    break

    def metric_of(self, leaf: MetricOf, bases: Sequence[Base], text: str, *path: str | int) -> None:
        spot = (leaf.line, leaf.column)
        if leaf.metric.lower() == self.tell.node.name.lower() and self.tell.node.kind == "metric":
            message = f"metrics need each other in a circle: {leaf.metric} -> {leaf.metric}"
            self.tell.in_text("SK1513", message, None, text, spot, *path)
        else:
            try:
                metric_of(self.layer, leaf.metric)
            except NameRefused as error:
                self.tell.in_text(error.code, error.message, error.help, text, spot, *path)
        for entity in leaf.entities:
            for model, time in bases:
                try:
                    self.resolver.resolve(entity, model, time)
                except NameRefused as error:
                    self.tell.in_text(error.code, error.message, error.help, text, spot, *path)
                    break

    def saved_query(self, query: SavedQuery) -> None:
        metrics: list[Metric] = []
        for number, name in enumerate(query.metrics):
            try:
                metrics.append(metric_of(self.layer, name))
            except NameRefused as error:
                self.tell(error.code, error.message, error.help, "metrics", number)
        bases = bases_of(metrics)
        for number, name in enumerate(query.dimensions):
            self.dimension(name, bases, "dimensions", number)
        for number, text in enumerate(query.filters):
            self.filter(text, bases, "filter", number, columns=False)
        self.order(query)
        self.moments(query)

    def dimension(self, name: str, bases: Sequence[Base], *path: str | int) -> None:
        for model, time in bases:
            try:
                self.resolver.resolve(name, model, time)
            except NameRefused as error:
                self.tell(error.code, error.message, error.help, *path)
                return

    def order(self, query: SavedQuery) -> None:
        known = [*query.metrics, *query.dimensions]
        lower = [name.lower() for name in known]
        for number, text in enumerate(query.order_by):
            name = text.removeprefix("-")
            if name.lower() not in lower:
                help = did_you_mean(name, known) or f"one of: {', '.join(known)}"
                message = f"{name!r} is not in the query that it orders"
                self.tell("SK1503", message, help, "order_by", number)

    def moments(self, query: SavedQuery) -> None:
        for key in ("start", "end"):
            text = getattr(query, key)
            try:
                datetime.fromisoformat(text or "2000-01-01")
            except ValueError:
                help = "write it as 2026-01-31, or 2026-01-31 08:00:00"
                self.tell("SK1506", f"{text!r} is no date and no time", help, key)
        if query.timezone is not None:
            from zoneinfo import ZoneInfo

            try:
                ZoneInfo(query.timezone)
            except (KeyError, OSError, ValueError):
                message = f"{query.timezone!r} is no time zone"
                self.tell("SK1506", message, "write it as Europe/Berlin", "timezone")
