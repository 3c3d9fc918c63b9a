"""A semantic layer as it was understood: every name is what it names.

What compiles queries stands on these. Expressions and filters are texts that were checked when the
project was read; `seeknal_semantic.expressions` and `seeknal_semantic.filters` give their trees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeVar

from attrs import field, frozen

if TYPE_CHECKING:
    from seeknal.plugin import Calendar, Duration, Location, NodeId

T = TypeVar("T")

EntityType = Literal["primary", "unique", "foreign", "natural"]


def named(things: Mapping[str, T], name: str) -> T | None:
    """What is of that name; of no other than case, where that is so."""
    if name in things:
        return things[name]
    lower = name.lower()
    return next((thing for key, thing in things.items() if key.lower() == lower), None)


@frozen(kw_only=True)
class Entity:
    """What rows are joined by. ``expr`` is over the columns of the model's node."""

    name: str
    type: EntityType
    expr: str
    description: str | None = None
    label: str | None = None


@frozen(kw_only=True)
class Dimension:
    """What is grouped and filtered by. ``grain`` is that of a time dimension's values."""

    name: str
    type: Literal["categorical", "time"]
    expr: str
    grain: str | None = None
    validity: Literal["start", "end"] | None = None
    partition: bool = False
    description: str | None = None
    label: str | None = None


@frozen(kw_only=True)
class NonAdditive:
    """Over which time values do not add up, and which of its moments counts.

    Each combination of ``groupings``, entities of the model, has a moment of its own.
    """

    dimension: Dimension
    window_choice: Literal["min", "max"]
    groupings: tuple[Entity, ...] = ()


@frozen(kw_only=True)
class Measure:
    """What is aggregated, and how. ``filters`` all have to be true of a row.

    ``time`` is its own time, or its model's; None where neither is said.
    """

    name: str
    agg: Literal[
        "sum",
        "count",
        "count_distinct",
        "average",
        "min",
        "max",
        "median",
        "percentile",
        "sum_boolean",
    ]
    expr: str
    filters: tuple[str, ...] = ()
    percentile: float | None = None
    discrete: bool = False
    approximate: bool = False
    time: Dimension | None = None
    non_additive: NonAdditive | None = None
    description: str | None = None
    label: str | None = None


@frozen(kw_only=True, eq=False)
class SemanticModel:
    """What the rows of the node ``rows`` mean. ``primary_entity`` names what a row is."""

    name: str
    id: NodeId
    rows: NodeId
    location: Location
    entities: Mapping[str, Entity] = field(factory=dict)
    dimensions: Mapping[str, Dimension] = field(factory=dict)
    measures: Mapping[str, Measure] = field(factory=dict)
    default_time_dimension: Dimension | None = None
    primary_entity: str | None = None
    description: str | None = None
    label: str | None = None

    def member(self, name: str) -> Dimension | Entity | None:
        """The dimension or entity of that name."""
        return named(self.dimensions, name) or named(self.entities, name)

    @property
    def validity(self) -> tuple[Dimension, Dimension] | None:
        """Since when and until when, exclusively, a row holds; None where rows always do."""
        found = {each.validity: each for each in self.dimensions.values() if each.validity}
        start, end = found.get("start"), found.get("end")
        return (start, end) if start is not None and end is not None else None

    @property
    def partitions(self) -> tuple[Dimension, ...]:
        return tuple(each for each in self.dimensions.values() if each.partition)


@frozen(kw_only=True, eq=False)
class MeasureInput:
    """A measure as a metric takes it."""

    model: SemanticModel
    measure: Measure
    alias: str | None = None
    filters: tuple[str, ...] = ()
    join_to_timespine: bool = False
    fill_nulls_with: int | float | None = None


@frozen(kw_only=True, eq=False)
class MetricInput:
    """A metric as another one takes it; ``alias`` is its name in that one's expression."""

    metric: Metric
    alias: str
    filters: tuple[str, ...] = ()
    offset: Duration | None = None
    offset_to_grain: str | None = None
    join_to_timespine: bool = False
    fill_nulls_with: int | float | None = None


@frozen(kw_only=True, eq=False)
class _Metric:
    """What every metric has. ``id`` is None for one that is a measure and nothing else."""

    name: str
    id: NodeId | None
    location: Location
    filters: tuple[str, ...] = ()
    time_granularity: str | None = None
    description: str | None = None
    label: str | None = None


@frozen(kw_only=True, eq=False)
class SimpleMetric(_Metric):
    """One measure."""

    input: MeasureInput


@frozen(kw_only=True, eq=False)
class RatioMetric(_Metric):
    """One metric divided by another one; NULL where that is 0."""

    numerator: MetricInput
    denominator: MetricInput


@frozen(kw_only=True, eq=False)
class DerivedMetric(_Metric):
    """An expression over the aliases of other metrics."""

    expr: str
    inputs: tuple[MetricInput, ...]


@frozen(kw_only=True, eq=False)
class CumulativeMetric(_Metric):
    """A measure over a window that ends with each period, since its begin, or over all time."""

    input: MeasureInput
    window: Duration | None = None
    grain_to_date: str | None = None
    period_agg: Literal["first", "last", "average"] = "first"


@frozen(kw_only=True, eq=False)
class ConversionMetric(_Metric):
    """How many of ``base``, by ``entity``, are followed by one of ``conversion`` in time."""

    base: MeasureInput
    conversion: MeasureInput
    entity: str
    window: Duration | None = None
    calculation: Literal["conversion_rate", "conversions"] = "conversion_rate"
    constant_properties: tuple[tuple[str, str], ...] = ()
    """Names in the base's model and in the conversion's, whose values have to be equal."""


Metric = SimpleMetric | RatioMetric | DerivedMetric | CumulativeMetric | ConversionMetric


@frozen(kw_only=True)
class CustomGrain:
    """A grain of the project's own: a column of a time spine."""

    name: str
    column: str


@frozen(kw_only=True, eq=False)
class TimeSpine:
    """The periods of one grain, each once, in the column of a node."""

    name: str
    id: NodeId
    rows: NodeId
    location: Location
    column: str
    grain: str
    custom: tuple[CustomGrain, ...] = ()


@frozen(kw_only=True)
class SavedQuery:
    """A query under a name, as ``seeknal query`` would be given it."""

    name: str
    id: NodeId
    location: Location
    metrics: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    limit: int | None = None
    start: str | None = None
    end: str | None = None
    timezone: str | None = None
    description: str | None = None
    label: str | None = None


@frozen(kw_only=True, eq=False)
class SemanticLayer:
    """Everything that a query may ask of a project."""

    models: Mapping[str, SemanticModel]
    metrics: Mapping[str, Metric]
    spines: Mapping[str, TimeSpine]
    saved_queries: Mapping[str, SavedQuery]
    calendar: Calendar
    ids: Mapping[str, NodeId] = field(factory=dict)
    """The nodes of all metrics, those that are wrong among them, by name in lower case."""

    def measures(self, name: str) -> tuple[tuple[SemanticModel, Measure], ...]:
        """Each measure of that name, with its model."""
        found = ((model, named(model.measures, name)) for model in self.models.values())
        return tuple((model, measure) for model, measure in found if measure is not None)

    def metric(self, name: str) -> Metric | None:
        """The metric of that name, or the measure as one; None where several models have it."""
        metric = named(self.metrics, name)
        if metric is not None:
            return metric
        measures = self.measures(name)
        return as_metric(*measures[0]) if len(measures) == 1 else None

    @property
    def lone_measures(self) -> tuple[SimpleMetric, ...]:
        """The measures that are metrics by themselves, of one model each."""
        return tuple(
            as_metric(model, measure)
            for model in self.models.values()
            for measure in model.measures.values()
            if named(self.metrics, measure.name) is None and len(self.measures(measure.name)) == 1
        )

    @property
    def custom_grains(self) -> Mapping[str, tuple[TimeSpine, CustomGrain]]:
        """The project's own grains, by name."""
        return {
            grain.name: (spine, grain) for spine in self.spines.values() for grain in spine.custom
        }


def measure_inputs(metric: Metric) -> tuple[MeasureInput, ...]:
    """Every measure that a metric is made of, at any depth."""
    conversions = (each for each in _measuring(metric) if isinstance(each, ConversionMetric))
    return (*grouped_inputs(metric), *(each.conversion for each in conversions))


def grouped_inputs(metric: Metric) -> tuple[MeasureInput, ...]:
    """Those whose rows filters choose and dimensions group: of a conversion what may convert."""
    return tuple(
        each.base if isinstance(each, ConversionMetric) else each.input
        for each in _measuring(metric)
    )


def _measuring(metric: Metric) -> Iterator[SimpleMetric | CumulativeMetric | ConversionMetric]:
    """The metrics that take measures themselves, at any depth."""
    match metric:
        case RatioMetric():
            inputs: tuple[MetricInput, ...] = (metric.numerator, metric.denominator)
        case DerivedMetric():
            inputs = metric.inputs
        case _:
            yield metric
            return
    for each in inputs:
        yield from _measuring(each.metric)


def as_metric(model: SemanticModel, measure: Measure) -> SimpleMetric:
    """A measure as the simple metric that it is by itself."""
    return SimpleMetric(
        name=measure.name,
        id=None,
        location=model.location,
        description=measure.description,
        label=measure.label,
        input=MeasureInput(model=model, measure=measure),
    )
