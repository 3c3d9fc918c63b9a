"""The distinct values of dimensions, where a query names no metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.items import items_of
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.compiling.restricting import parsed, shown_conditions
from seeknal_semantic.compiling.scope import Asked, Measured
from seeknal_semantic.compiling.showing import shown_value
from seeknal_semantic.compiling.source import Source
from seeknal_semantic.compiling.trees import aliased, where
from seeknal_semantic.conditions import Name, leaves
from seeknal_semantic.paths import METRIC_TIME, readings
from seeknal_semantic.resolving import NameRefused

if TYPE_CHECKING:
    from seeknal_semantic.compiling.items import Item
    from seeknal_semantic.compiling.query import Query
    from seeknal_semantic.compiling.scope import Parts, Scope
    from seeknal_semantic.definitions import SemanticModel


def distinct_values(scope: Scope, query: Query, parts: Parts) -> exp.Select:
    """The combinations that occur, in the model from which the fewest joins lead to all."""
    _refuse_times(scope, query)
    model, items = _nearest(scope, query)
    source = Source(scope, Measured(model=model))
    asked = Asked(dimensions=query.dimensions, filters=query.filters)
    conditions = shown_conditions(scope, asked, parts, source, None)
    columns = [aliased(shown_value(scope, parts, source, item, None), item.name) for item in items]
    return source.simplified(where(source.select(*columns).distinct(), conditions))


def _refuse_times(scope: Scope, query: Query) -> None:
    times = [
        name
        for name in query.dimensions
        for reading in readings(name, scope.layer.custom_grains)
        if reading.name.lower() == METRIC_TIME and not reading.hops
    ]
    times += [key for key in ("start", "end") if getattr(query, key) is not None]
    if times:
        raise refused("SK1512", f"{times[0]} is about the time of a metric, and there is none")


def _filtered(query: Query) -> list[str]:
    """The dimensions and entities that the filters name."""
    found: list[str] = []
    for words in query.filters:
        for leaf in leaves(parsed(words)):
            found += [leaf.text] if isinstance(leaf, Name) else leaf.entities
    return found


def _nearest(scope: Scope, query: Query) -> tuple[SemanticModel, tuple[Item, ...]]:
    found: list[tuple[int, SemanticModel, tuple[Item, ...]]] = []
    errors: list[NameRefused] = []
    for model in scope.layer.models.values():
        try:
            items = items_of(scope, query.dimensions, Measured(model=model))
            filtered = items_of(scope, _filtered(query), Measured(model=model))
        except NameRefused as error:
            errors.append(error)
            continue
        steps = {
            step for item in (*items, *filtered) if item.found for step in item.found.path.steps
        }
        found.append((len(steps), model, items))
    if not found:
        if len(errors) == 1:
            raise errors[0]
        best = next(
            (error for error in errors if error.code != "SK1503"), errors[0] if errors else None
        )
        raise best or refused("SK1503", "there is no semantic model")
    least = min(count for count, _, _ in found)
    nearest = [(model, items) for count, model, items in found if count == least]
    if len(nearest) > 1:
        names = ", ".join(sorted(model.name for model, _ in nearest))
        raise refused(
            "SK1509",
            f"{', '.join(query.dimensions)} can be read in several models: {names}",
            help="name a metric, or the way: entity__dimension",
        )
    return nearest[0]
