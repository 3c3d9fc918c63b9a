"""Metrics of what they are made of: measures, and other metrics to any depth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seeknal.plugin import did_you_mean
from seeknal_semantic.definitions import (
    ConversionMetric,
    CumulativeMetric,
    DerivedMetric,
    MeasureInput,
    MetricInput,
    RatioMetric,
    SimpleMetric,
    as_metric,
    named,
)
from seeknal_semantic.metric_options import OF_TYPE, InputKeys, MeasureInputKeys
from seeknal_semantic.paths import METRIC_TIME
from seeknal_semantic.telling import Telling, texts

if TYPE_CHECKING:
    from seeknal.plugin import Node, Problem
    from seeknal_semantic.definitions import Measure, Metric, SemanticModel
    from seeknal_semantic.metric_options import MetricKeys, OperandKeys

Path = tuple[str | int, ...]


class MetricBuilder:
    """Builds the metrics of a project, each once; what others need first."""

    def __init__(
        self,
        models: Mapping[str, SemanticModel],
        nodes: Mapping[str, tuple[Node, MetricKeys]],
        told: list[Problem],
    ) -> None:
        self.models = models
        self.nodes = nodes
        self.told = told
        self.made: dict[str, Metric | None] = {}
        self.making: list[str] = []
        """The metrics that are being made, each for the one before it."""
        self.measures: dict[str, list[tuple[SemanticModel, Measure]]] = {}
        for model in models.values():
            for measure in model.measures.values():
                self.measures.setdefault(measure.name.lower(), []).append((model, measure))

    def metrics(self) -> dict[str, Metric]:
        """Those that are right, by name."""
        found = {name: self.metric(name) for name in self.nodes}
        return {name: metric for name, metric in found.items() if metric is not None}

    def metric(self, name: str) -> Metric | None:
        if name not in self.made:
            self.making.append(name)
            self.made[name] = _OneMetric(self, *self.nodes[name]).build()
            self.making.pop()
        return self.made[name]


class _OneMetric:
    """One metric: its keys, and what they name."""

    def __init__(self, around: MetricBuilder, node: Node, options: MetricKeys) -> None:
        self.around = around
        self.node = node
        self.options = options
        self.tell = Telling(node, around.told)

    def build(self) -> Metric | None:
        if self.node.name.lower() == METRIC_TIME or "__" in self.node.name:
            message = f"no metric can be called {self.node.name!r}"
            help = "a name without __, and not metric_time: queries have these for themselves"
            self.tell("SK1511", message, help, "name")
        if not self.keys_fit():
            return None
        build = {
            "simple": self.simple,
            "ratio": self.ratio,
            "derived": self.derived,
            "cumulative": self.cumulative,
            "conversion": self.conversion,
        }
        return build[self.options.type]()

    def keys_fit(self) -> bool:
        """Whether the keys are those of the metric's type; each that is not is told."""
        options = self.options
        needed, optional = OF_TYPE[options.type]
        missing = [key for key in needed if getattr(options, key) in (None, ())]
        for key in missing:
            self.tell("SK1507", f"type: {options.type} needs {key}", f"add {key}:", "type")
        every = {key for keys in OF_TYPE.values() for part in keys for key in part}
        for key in sorted(every - {*needed, *optional}):
            if getattr(options, key) not in (None, (), False):
                types = " or ".join(name for name, keys in OF_TYPE.items() if key in sum(keys, ()))
                message = f"{key} does not go with type: {options.type}"
                self.tell("SK1507", message, f"{key} is of type: {types}", key)
        if options.window is not None and options.grain_to_date is not None:
            message = "window and grain_to_date exclude each other"
            self.tell("SK1507", message, "keep one of them", "grain_to_date")
        if options.window is not None and options.window.count == 0:
            self.tell("SK1506", "a window of 0 holds nothing", "for example 7 days", "window")
        return not missing

    def common(self) -> dict[str, Any]:
        return {
            "name": self.node.name,
            "id": self.node.id,
            "location": self.node.location,
            "filters": texts(self.options.filter),
            "time_granularity": self.options.time_granularity,
            "description": self.node.description,
            "label": self.options.label,
        }

    def simple(self) -> SimpleMetric | None:
        found = self.measure_input("measure", gaps=True)
        return SimpleMetric(**self.common(), input=found) if found else None

    def cumulative(self) -> CumulativeMetric | None:
        found = self.measure_input("measure", gaps=True)
        if found is None:
            return None
        return CumulativeMetric(
            **self.common(),
            input=found,
            window=self.options.window,
            grain_to_date=self.options.grain_to_date,
            period_agg=self.options.period_agg or "first",
        )

    def ratio(self) -> RatioMetric | None:
        sides = {key: self.operand(getattr(self.options, key), key) for key in OF_TYPE["ratio"][0]}
        numerator, denominator = sides["numerator"], sides["denominator"]
        if numerator is None or denominator is None:
            return None
        return RatioMetric(**self.common(), numerator=numerator, denominator=denominator)

    def derived(self) -> DerivedMetric | None:
        found = [
            self.operand(entry, "inputs", number)
            for number, entry in enumerate(self.options.inputs)
        ]
        inputs = tuple(each for each in found if each is not None)
        self.tell_of_twins(inputs)
        if len(inputs) < len(found):
            return None
        return DerivedMetric(**self.common(), expr=self.options.expr or "", inputs=inputs)

    def tell_of_twins(self, inputs: tuple[MetricInput, ...]) -> None:
        seen: set[str] = set()
        for number, entry in enumerate(inputs):
            if entry.alias.lower() in seen:
                message = f"two inputs are called {entry.alias!r}"
                self.tell("SK1502", message, "give one an alias:", "inputs", number)
            seen.add(entry.alias.lower())

    def conversion(self) -> ConversionMetric | None:
        base = self.measure_input("base_measure")
        conversion = self.measure_input("conversion_measure")
        if base is None or conversion is None:
            return None
        options = self.options
        entity = options.entity or ""
        for side in (base, conversion):
            if named(side.model.entities, entity) is None:
                self.tell_of_member(entity, side.model, "entity", side.model.entities, "entity")
        for number, entry in enumerate(options.constant_properties):
            for side, key in ((base, "base_property"), (conversion, "conversion_property")):
                name, model = getattr(entry, key), side.model
                if "__" not in name and model.member(name) is None:
                    known = {**model.dimensions, **model.entities}
                    path = ("constant_properties", number, key)
                    self.tell_of_member(name, model, "dimension", known, *path)
        return ConversionMetric(
            **self.common(),
            base=base,
            conversion=conversion,
            entity=entity,
            window=options.window,
            calculation=options.calculation or "conversion_rate",
            constant_properties=tuple(
                (entry.base_property, entry.conversion_property)
                for entry in options.constant_properties
            ),
        )

    def tell_of_member(
        self,
        name: str,
        model: SemanticModel,
        what: str,
        known: Mapping[str, object],
        *path: str | int,
    ) -> None:
        help = did_you_mean(name, known) or f"there are: {', '.join(known) or 'none'}"
        self.tell("SK1503", f"{name!r} is no {what} of model {model.name!r}", help, *path)

    def measure_input(self, key: str, gaps: bool = False) -> MeasureInput | None:
        """The measure of a key, with what is said of it there or, with ``gaps``, of the metric."""
        given = getattr(self.options, key)
        inside = given if isinstance(given, MeasureInputKeys) else None
        name = inside.measure if inside else str(given)
        found = self.measure(name, (key, "measure") if inside else (key,))
        if found is None:
            return None
        model, measure = found
        filling = inside.fill_nulls_with if inside else None
        if gaps and self.options.fill_nulls_with is not None:
            if filling is not None:
                message = "fill_nulls_with stands twice: of the measure and of the metric"
                self.tell("SK1507", message, "keep one of them", "fill_nulls_with")
            filling = self.options.fill_nulls_with
        joins = (inside is not None and inside.join_to_timespine) or (
            gaps and self.options.join_to_timespine
        )
        return MeasureInput(
            model=model,
            measure=measure,
            alias=inside.alias if inside else None,
            filters=texts(inside.filter) if inside else (),
            join_to_timespine=joins,
            fill_nulls_with=filling,
        )

    def operand(self, given: str | OperandKeys, *path: str | int) -> MetricInput | None:
        """A metric, or a measure as one, with what is said of it here."""
        metric = self.operand_metric(given, path)
        if metric is None:
            return None
        if isinstance(given, str):
            return MetricInput(metric=metric, alias=metric.name)
        shifted = given if isinstance(given, InputKeys) else None
        return MetricInput(
            metric=metric,
            alias=given.alias or metric.name,
            filters=texts(given.filter),
            offset=shifted.offset if shifted else None,
            offset_to_grain=shifted.offset_to_grain if shifted else None,
            join_to_timespine=given.join_to_timespine,
            fill_nulls_with=given.fill_nulls_with,
        )

    def operand_metric(self, given: str | OperandKeys, path: Path) -> Metric | None:
        name = given if isinstance(given, str) else given.metric
        if name is None:
            assert not isinstance(given, str)
            found = self.measure(given.measure or "", (*path, "measure"))
            return as_metric(*found) if found else None
        at = path if isinstance(given, str) else (*path, "metric")
        metrics, measures = self.around.nodes, self.around.measures
        known = next((each for each in metrics if each.lower() == name.lower()), None)
        itself = known == self.node.name
        if known is not None and not (itself and name.lower() in measures):
            if known in self.around.making:
                self.tell_of_circle(known, at)
                return None
            return self.around.metric(known)
        if name.lower() in measures:
            found = self.measure(name, at)
            return as_metric(*found) if found else None
        every = [*metrics, *(each[0][1].name for each in measures.values())]
        help = did_you_mean(name, every) or f"metrics: {_some(metrics)}"
        self.tell("SK1501", f"{name!r} is no metric and no measure", help, *at)
        return None

    def tell_of_circle(self, first: str, path: Path) -> None:
        making = self.around.making
        circle = " -> ".join([*making[making.index(first) :], first])
        message = f"metrics need each other in a circle: {circle}"
        self.tell("SK1513", message, "remove one of these inputs", *path)

    @property
    def names_model(self) -> bool:
        """Whether it says itself of which model its one measure is."""
        marks, one = self.node.marks, self.options.type in ("simple", "cumulative")
        return one and marks is not None and marks.known("semantic_model")

    def measure(self, name: str, path: Path) -> tuple[SemanticModel, Measure] | None:
        """The measure of that name: of the metric's model where it says one, else of any."""
        found = self.around.measures.get(name.lower(), [])
        own = self.options.semantic_model
        of_own = [each for each in found if each[0].id == own]
        models = sorted(model.name for model, _ in found)
        if own is not None and found and not of_own and self.names_model:
            message = f"{name!r} is no measure of model {own.name}, but of {', '.join(models)}"
            self.tell("SK1501", message, f"semantic_model: {models[0]}", *path)
            return None
        if len(of_own) == 1 or len(found) == 1:
            return (of_own or found)[0]
        if found:
            message = f"{name!r} is a measure of several models: {', '.join(models)}"
            help = f"semantic_model: {models[0]}, or give each measure a name of its own"
            self.tell("SK1502", message, help, *path)
            return None
        every = [each[0][1].name for each in self.around.measures.values()]
        help = did_you_mean(name, every) or f"measures: {_some(every)}"
        if named(self.around.nodes, name) is not None:
            help = f"{name} is a metric: a metric of type derived or ratio takes one"
        self.tell("SK1501", f"{name!r} is no measure", help, *path)
        return None


def _some(names: Any, most: int = 12) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more if listed else "none"
