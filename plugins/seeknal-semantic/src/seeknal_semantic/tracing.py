"""What the numbers of a semantic layer depend on: columns of models, metrics and spines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.plugin import ColumnRef
from seeknal_semantic.conditions import MetricOf
from seeknal_semantic.definitions import (
    ConversionMetric,
    CumulativeMetric,
    DerivedMetric,
    RatioMetric,
    SimpleMetric,
)
from seeknal_semantic.filters import leaves_in
from seeknal_semantic.metric_checking import bases_of, measured_in
from seeknal_semantic.resolving import NameRefused, resolver_of

if TYPE_CHECKING:
    from seeknal_semantic.compiling.query import Query
    from seeknal_semantic.definitions import (
        MeasureInput,
        Metric,
        MetricInput,
        SavedQuery,
        SemanticLayer,
    )
    from seeknal_semantic.graph import JoinStep
    from seeknal_semantic.metric_checking import Base

Refs = dict[ColumnRef, None]
"""In the order in which they are met. The relations are ids of nodes."""


@frozen(kw_only=True)
class Reads:
    """What a number is computed from, and what decides it without becoming part of it."""

    values: Refs = field(factory=dict)
    influences: Refs = field(factory=dict)

    @property
    def all(self) -> Iterator[ColumnRef]:
        yield from self.values
        yield from self.influences

    def add(self, other: Reads) -> None:
        self.values.update(other.values)
        self.influences.update(other.influences)


class Tracer:
    """Follows the names of one layer, as far as they mean something."""

    def __init__(self, layer: SemanticLayer) -> None:
        self.layer = layer
        self.resolver = resolver_of(layer)

    def metric(self, metric: Metric) -> Reads:
        """What a metric is made of: metrics that are nodes stand for themselves."""
        found = Reads()
        match metric:
            case SimpleMetric():
                found.add(self.measure(metric.input))
            case CumulativeMetric():
                found.add(self.measure(metric.input))
                self.times([metric], found)
            case ConversionMetric():
                found.add(self.conversion(metric))
            case RatioMetric():
                for side in (metric.numerator, metric.denominator):
                    found.add(self.input(side))
            case DerivedMetric():
                for each in metric.inputs:
                    found.add(self.input(each))
        self.filters(metric.filters, bases_of([metric]), found)
        return found

    def itself(self, metric: Metric) -> Reads:
        """A metric as others read it."""
        if metric.id is None:
            return self.metric(metric)
        return Reads(values={ColumnRef(metric.id, metric.name): None})

    def query(self, query: SavedQuery | Query) -> tuple[dict[str, Reads], Reads]:
        """Each column of the answer, and what decides on its rows."""
        named = {name: self.layer.metric(name) for name in query.metrics}
        metrics = [metric for metric in named.values() if metric is not None]
        models = self.layer.models.values()
        bases = bases_of(metrics) or [(each, each.default_time_dimension) for each in models]
        columns, rows = {}, Reads()
        for name in query.dimensions:
            columns[name] = Reads(values=dict.fromkeys(self.dimension(name, bases)))
        for name, metric in named.items():
            if metric is not None:
                columns[name] = self.itself(metric)
        self.filters(query.filters, bases, rows)
        if query.start is not None or query.end is not None:
            self.times(metrics, rows)
        return columns, rows

    def measure(self, given: MeasureInput) -> Reads:
        model, measure = given.model, given.measure
        found = Reads(values={ColumnRef(model.id, measure.name): None})
        base: Base = (model, measure.time)
        self.filters((*measure.filters, *given.filters), [base], found)
        if measure.non_additive is not None:
            entry = measure.non_additive
            for name in (entry.dimension.name, *(each.name for each in entry.groupings)):
                found.influences[ColumnRef(model.id, name)] = None
        if given.join_to_timespine:
            self.of_time([base], found)
        return found

    def conversion(self, metric: ConversionMetric) -> Reads:
        found = Reads()
        for side, number in ((metric.base, 0), (metric.conversion, 1)):
            base: Base = (side.model, side.measure.time)
            found.add(self.measure(side))
            names = [metric.entity, *(each[number] for each in metric.constant_properties)]
            for name in names:
                found.influences.update(dict.fromkeys(self.dimension(name, [base])))
        self.times([metric], found)
        return found

    def input(self, given: MetricInput) -> Reads:
        found = self.itself(given.metric)
        self.filters(given.filters, bases_of([given.metric]), found)
        if given.offset is not None or given.offset_to_grain or given.join_to_timespine:
            self.times([given.metric], found)
        return found

    def times(self, metrics: Iterable[Metric], found: Reads) -> None:
        """The times of all that metrics measure decide, and the periods that there are."""
        self.of_time(measured_in(metrics), found)

    def of_time(self, bases: Iterable[Base], found: Reads) -> None:
        for model, time in bases:
            if time is not None:
                found.influences[ColumnRef(model.id, time.name)] = None
        for spine in self.layer.spines.values():
            found.influences[ColumnRef(spine.id, spine.column)] = None

    def filters(self, filters: Iterable[str], bases: Iterable[Base], found: Reads) -> None:
        for leaf in leaves_in(filters):
            if isinstance(leaf, MetricOf):
                found.influences.update(dict.fromkeys(self.metric_of(leaf, bases)))
            else:
                found.influences.update(dict.fromkeys(self.dimension(leaf.text, bases)))

    def metric_of(self, leaf: MetricOf, bases: Iterable[Base]) -> Iterator[ColumnRef]:
        """A metric by entities, which stand on both sides of the join."""
        metric = self.layer.metric(leaf.metric)
        inner: list[Base] = []
        if metric is not None:
            yield from self.itself(metric).all
            inner = bases_of([metric])
        for name in leaf.entities:
            yield from self.dimension(name, [*bases, *inner])

    def dimension(self, name: str, bases: Iterable[Base]) -> Iterator[ColumnRef]:
        """What a name means for each of the bases, with what the joins to it compare."""
        for model, time in bases:
            try:
                found = self.resolver.resolve(name, model, time)
            except NameRefused as error:
                if error.code == "SK1503":
                    # A column of the rows that nothing of the model is called by.
                    yield ColumnRef(model.id, name)
                continue
            for step in found.path.steps:
                yield from _compared(step)
                if step.validity is not None and time is not None:
                    yield ColumnRef(model.id, time.name)
            yield ColumnRef(found.model.id, found.member.name)
            spine, grain = self.layer.custom_grains.get(found.grain or "", (None, None))
            if spine is not None and grain is not None:
                yield from (ColumnRef(spine.id, each) for each in (spine.column, grain.name))


def _compared(step: JoinStep) -> Iterator[ColumnRef]:
    yield ColumnRef(step.source.id, step.left.name)
    yield ColumnRef(step.model.id, step.right.name)
    for here, there in step.partitions:
        yield ColumnRef(step.source.id, here.name)
        yield ColumnRef(step.model.id, there.name)
    for end in step.validity or ():
        yield ColumnRef(step.model.id, end.name)
