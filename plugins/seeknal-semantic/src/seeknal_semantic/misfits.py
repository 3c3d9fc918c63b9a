"""Columns that a semantic node names and that the rows it is about do not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import Misfit, column_help
from seeknal_semantic.conditions import MetricOf
from seeknal_semantic.expressions import columns_in
from seeknal_semantic.filters import leaves_in
from seeknal_semantic.metric_options import MeasureInputKeys, MetricKeys, TimeSpineKeys
from seeknal_semantic.options import MeasureKeys, SemanticModelKeys
from seeknal_semantic.paths import METRIC_TIME, SEPARATOR
from seeknal_semantic.telling import texts

if TYPE_CHECKING:
    from seeknal.plugin import Column, Node, NodeId
    from seeknal_semantic.options import DimensionKeys, EntityKeys

Named = tuple[str, str]
"""A key, and a column that its value names."""


def misfits_of(
    node: Node, columns: Sequence[Column], nodes: Mapping[NodeId, Node]
) -> list[Misfit] | None:
    """What is no column of the rows that a model, a metric or a time spine is about."""
    options = node.options
    if isinstance(options, SemanticModelKeys):
        named, members, model = list(_of_model(options)), _members(options), node.name
    elif isinstance(options, TimeSpineKeys):
        grains = options.custom_granularities
        custom = [("custom_granularities", each.column or each.name) for each in grains]
        named, members, model = [("column", options.column), *custom], set(), node.name
    elif isinstance(options, MetricKeys) and len(node.parents) == 1:
        parent = nodes.get(node.parents[0])
        if parent is None or not isinstance(parent.options, SemanticModelKeys):
            return []
        named, members, model = list(_of_metric(options)), _members(parent.options), parent.name
    else:
        return None
    known = [column.name for column in columns]
    lower = {name.lower() for name in known} | members
    return [
        Misfit(
            code="SK1510",
            message=f"{name} is no column of the rows of {model}",
            key=key,
            word=name,
            help=column_help(name, [*known, *sorted(members)]),
        )
        for key, name in dict.fromkeys(named)
        if name.lower() not in lower
    ]


def _members(options: SemanticModelKeys) -> set[str]:
    """What filters may name beside columns."""
    entities = {entry.name.lower() for entry in options.entities}
    return entities | {entry.name.lower() for entry in options.dimensions}


def _of_model(options: SemanticModelKeys) -> Iterator[Named]:
    entries: Iterable[EntityKeys | DimensionKeys | MeasureKeys]
    entries = (*options.entities, *options.dimensions, *options.measures)
    for entry in entries:
        if entry.expr is None:
            if not (isinstance(entry, MeasureKeys) and entry.agg == "count"):
                yield "name", entry.name
        else:
            yield from (("expr", name) for name in columns_in(str(entry.expr)))
    for measure in options.measures:
        yield from _of_filters(texts(measure.filter))


def _of_metric(options: MetricKeys) -> Iterator[Named]:
    yield from _of_filters(texts(options.filter))
    if isinstance(options.measure, MeasureInputKeys):
        yield from _of_filters(texts(options.measure.filter))


def _of_filters(filters: Sequence[str]) -> Iterator[Named]:
    for leaf in leaves_in(filters):
        if isinstance(leaf, MetricOf) or SEPARATOR in leaf.text:
            continue
        if leaf.text.lower() != METRIC_TIME:
            yield "filter", leaf.text
