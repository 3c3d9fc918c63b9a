"""What of a layer's definitions matters to the rows of one query."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import asdict

from seeknal_semantic.tracing import Tracer

if TYPE_CHECKING:
    from seeknal.plugin import ColumnRef
    from seeknal_semantic.compiling.query import Query
    from seeknal_semantic.definitions import SemanticLayer

_FOR_PEOPLE = ("description", "label", "location")


def mattering(layer: SemanticLayer, query: Query) -> str:
    """A text that is another one where anything is defined otherwise that the query asks for.

    These are its metrics, and what they are made of; the measures, dimensions and entities of
    models that they name, and those that joins to them compare; time spines; and the calendar.
    """
    columns, rows = Tracer(layer).query(query)
    waiting = [ref for reads in (*columns.values(), rows) for ref in reads.all]
    found: dict[str, object] = {"query": _plain(query), "calendar": _plain(layer.calendar)}
    while waiting:
        ref = waiting.pop()
        key = f"{ref.relation}.{ref.column}"
        if key not in found:
            found[key], more = _defined(ref, layer)
            waiting += more
    return json.dumps(found, sort_keys=True, default=str)


def _defined(ref: ColumnRef, layer: SemanticLayer) -> tuple[object, list[ColumnRef]]:
    """What a name means, and the names that this takes."""
    for metric in layer.metrics.values():
        if metric.id == ref.relation:
            return _plain(metric), [*Tracer(layer).metric(metric).all]
    for model in layer.models.values():
        if model.id == ref.relation:
            members = [model.measures.get(ref.column), model.member(ref.column)]
            return [model.rows, *(_plain(each) for each in members if each is not None)], []
    return [_plain(each) for each in layer.spines.values() if each.id == ref.relation], []


def _plain(value: Any) -> object:
    """The attributes of a definition; other nodes that it is made of by their names."""
    kept = asdict(
        value,
        filter=lambda attribute, _: attribute.name not in _FOR_PEOPLE,
        value_serializer=lambda _, __, each: each.name if hasattr(each, "location") else each,
    )
    return [type(value).__name__, kept]
