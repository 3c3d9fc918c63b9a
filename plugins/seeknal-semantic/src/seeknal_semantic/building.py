"""From the nodes of a project to its semantic layer, with everything that names nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from seeknal.plugin import Calendar, did_you_mean, quote_identifier
from seeknal_semantic.definitions import (
    CustomGrain,
    Dimension,
    Entity,
    Measure,
    NonAdditive,
    SavedQuery,
    SemanticLayer,
    SemanticModel,
    TimeSpine,
    named,
)
from seeknal_semantic.metric_building import MetricBuilder
from seeknal_semantic.metric_options import MetricKeys, SavedQueryKeys, TimeSpineKeys
from seeknal_semantic.options import SemanticModelKeys, expression_of
from seeknal_semantic.paths import METRIC_TIME
from seeknal_semantic.telling import Telling, texts

if TYPE_CHECKING:
    from seeknal.plugin import Node, NodeId, Problem, Project
    from seeknal_semantic.options import DimensionKeys, EntityKeys, MeasureKeys, NonAdditiveKeys

K = TypeVar("K", "EntityKeys", "DimensionKeys", "MeasureKeys")

_NAME = re.compile(r"[^\W\d]\w*")


_last: list[tuple[Project, SemanticLayer]] = []


def semantic_layer(project: Project) -> SemanticLayer:
    """The semantic layer of a project that was read without problems.

    It is made once for all that is asked of one project in turn.
    """
    for known, layer in _last:
        if known is project:
            return layer
    made = read_layer(project.nodes, project.calendar)[0]
    _last[:] = [(project, made)]
    return made


def read_layer(
    nodes: Mapping[NodeId, Node], calendar: Calendar | None = None
) -> tuple[SemanticLayer, list[Problem]]:
    """The layer that nodes define, as far as it is right, and what is wrong with their names.

    What only texts say, expressions and filters, is not looked at.
    """
    told: list[Problem] = []
    layer = _Builder(nodes, told).layer(calendar or Calendar())
    return layer, told


class _Builder:
    """One reading of a project's semantic nodes."""

    def __init__(self, nodes: Mapping[NodeId, Node], told: list[Problem]) -> None:
        self.nodes = nodes
        self.told = told

    def layer(self, calendar: Calendar) -> SemanticLayer:
        models = {
            node.name: self.model(node, node.options, Telling(node, self.told))
            for node in self.nodes.values()
            if isinstance(node.options, SemanticModelKeys)
        }
        metrics = {
            node.name: (node, node.options)
            for node in self.nodes.values()
            if isinstance(node.options, MetricKeys)
        }
        return SemanticLayer(
            models=models,
            metrics=MetricBuilder(models, metrics, self.told).metrics(),
            spines={
                node.name: _spine(node, node.options)
                for node in self.nodes.values()
                if isinstance(node.options, TimeSpineKeys)
            },
            saved_queries={
                node.name: _saved_query(node, node.options)
                for node in self.nodes.values()
                if isinstance(node.options, SavedQueryKeys)
            },
            calendar=calendar,
            ids={name.lower(): node.id for name, (node, _) in metrics.items()},
        )

    def model(self, node: Node, options: SemanticModelKeys, tell: Telling) -> SemanticModel:
        if (fault := fault_of(node.name)) is not None:
            tell("SK1511", f"semantic model {fault}", "letters, digits and single _", "name")
        entities = {
            entry.name: _entity(entry)
            for entry in _distinct(options.entities, "entities", "entity", tell)
        }
        dimensions = {
            entry.name: _dimension(entry)
            for entry in _distinct(options.dimensions, "dimensions", "dimension", tell)
        }
        self.tell_of_both(entities, dimensions, options, tell)
        time = self.time(options.default_time_dimension, dimensions, tell, "default_time_dimension")
        primary = next((each.name for each in entities.values() if each.type == "primary"), None)
        measures = {
            entry.name: self.measure(entry, number, entities, dimensions, time, tell)
            for number, entry in _numbered(options.measures, "measures", "measure", tell)
        }
        self.tell_of_validity(entities, dimensions, options, tell)
        return SemanticModel(
            name=node.name,
            id=node.id,
            rows=options.model,
            location=node.location,
            entities=entities,
            dimensions=dimensions,
            measures=measures,
            default_time_dimension=time,
            primary_entity=options.primary_entity or primary,
            description=node.description,
            label=options.label,
        )

    def tell_of_both(
        self,
        entities: Mapping[str, Entity],
        dimensions: Mapping[str, Dimension],
        options: SemanticModelKeys,
        tell: Telling,
    ) -> None:
        """An entity and a dimension of one name are the same column, or one of them is meant."""
        for number, entry in enumerate(options.dimensions):
            entity = named(entities, entry.name)
            dimension = named(dimensions, entry.name)
            if entity is not None and dimension is not None and not _is_same(entity, dimension):
                message = f"{entry.name!r} is a dimension and an entity, which are not the same"
                tell("SK1502", message, "give one another name", "dimensions", number, "name")

    def tell_of_validity(
        self,
        entities: Mapping[str, Entity],
        dimensions: Mapping[str, Dimension],
        options: SemanticModelKeys,
        tell: Telling,
    ) -> None:
        """A row of a natural key holds from one time to another: both are said, or none."""
        ends = [entry.validity for entry in options.dimensions if entry.validity]
        natural = [n for n, entry in enumerate(options.entities) if entry.type == "natural"]
        if natural and sorted(ends) not in ([], ["end", "start"]):
            message = "a natural entity has one dimension with validity: start and one with end"
            tell("SK1507", message, None, "entities", natural[0], "type")
        if ends and not natural:
            at = next(n for n, entry in enumerate(options.dimensions) if entry.validity)
            message = "validity says when a row of a natural entity holds, and there is none"
            help = "type: natural on the entity that has several rows"
            tell("SK1507", message, help, "dimensions", at, "validity")
        for number, entry in enumerate(options.dimensions):
            if entry.validity and entry.type != "time":
                message = f"validity: {entry.name!r} is no time dimension"
                tell("SK1512", message, "type: time", "dimensions", number, "type")
        stated = options.primary_entity
        keys = [each.name for each in entities.values() if each.type == "primary"]
        repeating = {
            each.name.lower(): each.type
            for each in entities.values()
            if each.type in ("foreign", "natural")
        }
        if stated is not None and (type := repeating.get(stated.lower())) is not None:
            message = f"primary_entity: {stated!r} is {type}: many rows may be of one"
            tell("SK1507", message, "another name for what a row is", "primary_entity")
        for number, key in enumerate(options.entities):
            if key.type == "primary" and key.name in keys[1:]:
                message = f"a second primary entity, beside {keys[0]!r}"
                tell("SK1507", message, "type: unique", "entities", number, "type")

    def time(
        self,
        name: str | None,
        dimensions: Mapping[str, Dimension],
        tell: Telling,
        *path: str | int,
        who: str = "",
    ) -> Dimension | None:
        """The time dimension of that name."""
        if name is None:
            return None
        found = named(dimensions, name)
        times = [each.name for each in dimensions.values() if each.type == "time"]
        if found is None:
            help = did_you_mean(name, times) or f"time dimensions: {', '.join(times) or 'none'}"
            tell("SK1503", f"{who}{name!r} is no dimension of the model", help, *path)
        elif found.type != "time":
            tell("SK1512", f"{who}{name!r} is no time dimension", "type: time", *path)
            return None
        return found

    def measure(
        self,
        entry: MeasureKeys,
        number: int,
        entities: Mapping[str, Entity],
        dimensions: Mapping[str, Dimension],
        time: Dimension | None,
        tell: Telling,
    ) -> Measure:
        at = ("measures", number)
        named_time = entry.agg_time_dimension
        who = f"the time of measure {entry.name}: "
        own = self.time(named_time, dimensions, tell, *at, "agg_time_dimension", who=who)
        non_additive = None
        if entry.non_additive_dimension is not None:
            non_additive = self.non_additive(
                entry.non_additive_dimension, entities, dimensions, tell, *at
            )
        return Measure(
            name=entry.name,
            agg="average" if entry.agg == "avg" else entry.agg,
            expr=_of_measure(entry),
            filters=texts(entry.filter),
            percentile=entry.percentile,
            discrete=entry.discrete,
            approximate=entry.approximate,
            time=own or time,
            non_additive=non_additive,
            description=entry.description,
            label=entry.label,
        )

    def non_additive(
        self,
        entry: NonAdditiveKeys,
        entities: Mapping[str, Entity],
        dimensions: Mapping[str, Dimension],
        tell: Telling,
        *at: str | int,
    ) -> NonAdditive | None:
        at = (*at, "non_additive_dimension")
        dimension = self.time(entry.name, dimensions, tell, *at, "name")
        groupings = []
        for number, name in enumerate(entry.window_groupings):
            entity = named(entities, name)
            if entity is None:
                help = did_you_mean(name, entities) or f"entities: {', '.join(entities) or 'none'}"
                message = f"{name!r} is no entity of the model"
                tell("SK1503", message, help, *at, "window_groupings", number)
            else:
                groupings.append(entity)
        if dimension is None:
            return None
        return NonAdditive(
            dimension=dimension, window_choice=entry.window_choice, groupings=tuple(groupings)
        )


def _is_same(entity: Entity, dimension: Dimension) -> bool:
    """Whether both are the same column or expression, in quotes or without."""
    one, other = entity.expr, dimension.expr
    return one == other or quote_identifier(one) == other or one == quote_identifier(other)


def _distinct(entries: Sequence[K], key: str, what: str, tell: Telling) -> list[K]:
    return [entry for _, entry in _numbered(entries, key, what, tell)]


def _numbered(entries: Sequence[K], key: str, what: str, tell: Telling) -> Iterator[tuple[int, K]]:
    """Entries with names that can be, each once, with their numbers in the file."""
    seen: dict[str, str] = {}
    for number, entry in enumerate(entries):
        at = (key, number, "name")
        fault = fault_of(entry.name)
        if fault is not None:
            tell("SK1511", f"{what} {fault}", "letters, digits and single _", *at)
        elif (first := seen.setdefault(entry.name.lower(), entry.name)) != entry.name or any(
            each.name == entry.name for each in entries[:number]
        ):
            other = "" if first == entry.name else f", but for case: {first!r}"
            message = f"{what} {entry.name!r} stands twice in the model{other}"
            tell("SK1502", message, "give one of them another name", *at)
        else:
            yield number, entry


def fault_of(name: str) -> str | None:
    """Why nothing of a semantic layer can have a name; None where something can."""
    if not _NAME.fullmatch(name):
        return f"{name!r} is no name"
    if "__" in name:
        return f"{name!r} has __, by which queries say what lies behind a join or a grain"
    if name.lower() == METRIC_TIME:
        return f"{name!r} is what queries call each metric's own time"
    return None


def _entity(entry: EntityKeys) -> Entity:
    return Entity(
        name=entry.name,
        type=entry.type,
        expr=expression_of(entry),
        description=entry.description,
        label=entry.label,
    )


def _of_measure(entry: MeasureKeys) -> str:
    """What is aggregated: ``count`` of nothing is that of rows."""
    return "1" if entry.expr is None and entry.agg == "count" else expression_of(entry)


def _dimension(entry: DimensionKeys) -> Dimension:
    is_time = entry.type == "time"
    return Dimension(
        name=entry.name,
        type="time" if is_time else "categorical",
        expr=expression_of(entry),
        grain=(entry.time_granularity or "day") if is_time else None,
        validity=entry.validity,
        partition=entry.partition,
        description=entry.description,
        label=entry.label,
    )


def _spine(node: Node, options: TimeSpineKeys) -> TimeSpine:
    return TimeSpine(
        name=node.name,
        id=node.id,
        rows=options.model,
        location=node.location,
        column=options.column,
        grain=options.time_granularity,
        custom=tuple(
            CustomGrain(name=entry.name, column=entry.column or entry.name)
            for entry in options.custom_granularities
        ),
    )


def _saved_query(node: Node, options: SavedQueryKeys) -> SavedQuery:
    return SavedQuery(
        name=node.name,
        id=node.id,
        location=node.location,
        metrics=options.metrics,
        dimensions=options.dimensions,
        filters=texts(options.filter),
        order_by=options.order_by,
        limit=options.limit,
        start=options.start,
        end=options.end,
        timezone=options.timezone,
        description=node.description,
        label=options.label,
    )
