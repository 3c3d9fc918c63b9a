"""What a semantic node reads that its keys name only by measures, metrics and dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from seeknal.plugin import SqlRefused
from seeknal_semantic.building import read_layer
from seeknal_semantic.conditions import MetricOf, leaves
from seeknal_semantic.definitions import (
    ConversionMetric,
    CumulativeMetric,
    DerivedMetric,
    RatioMetric,
    SimpleMetric,
    named,
)
from seeknal_semantic.filters import parse_filter
from seeknal_semantic.metric_checking import bases_of
from seeknal_semantic.metric_options import MetricKeys, SavedQueryKeys
from seeknal_semantic.resolving import NameRefused, resolver_of
from seeknal_semantic.telling import texts

if TYPE_CHECKING:
    from seeknal.plugin import Node, NodeId
    from seeknal_semantic.definitions import Metric, MetricInput, SemanticLayer

_last: list[tuple[Mapping[NodeId, Node], SemanticLayer]] = []
"""The layer of the nodes that were asked about last: core asks for each node of a project."""


def reads_of(node: Node, nodes: Mapping[NodeId, Node]) -> Iterable[NodeId] | None:
    """The models and metrics that a metric or a saved query is made of."""
    options = node.options
    if not isinstance(options, MetricKeys | SavedQueryKeys):
        return None
    layer = _layer_of(nodes)
    if isinstance(options, MetricKeys):
        return dict.fromkeys(_of_metric(node, layer))
    return dict.fromkeys(_of_query(node, layer))


def _layer_of(nodes: Mapping[NodeId, Node]) -> SemanticLayer:
    if not _last or _last[0][0] is not nodes:
        _last[:] = [(nodes, read_layer(nodes)[0])]
    return _last[0][1]


def _of_metric(node: Node, layer: SemanticLayer) -> Iterator[NodeId]:
    metric = named(layer.metrics, node.name)
    if metric is None:
        return
    match metric:
        case SimpleMetric() | CumulativeMetric():
            yield metric.input.model.id
        case ConversionMetric():
            yield from (metric.base.model.id, metric.conversion.model.id)
        case RatioMetric():
            for side in (metric.numerator, metric.denominator):
                yield from _of_input(side, layer)
        case DerivedMetric():
            for each in metric.inputs:
                yield from _of_input(each, layer)
    yield from _of_filters(metric.filters, [metric], layer)
    if isinstance(metric, SimpleMetric | CumulativeMetric):
        yield from _of_filters(metric.input.filters, [metric], layer)


def _of_input(entry: MetricInput, layer: SemanticLayer) -> Iterator[NodeId]:
    if entry.metric.id is not None:
        yield entry.metric.id
    elif isinstance(entry.metric, SimpleMetric):
        yield entry.metric.input.model.id
    yield from _of_filters(entry.filters, [entry.metric], layer)


def _of_query(node: Node, layer: SemanticLayer) -> Iterator[NodeId]:
    options = node.options
    assert isinstance(options, SavedQueryKeys)
    found = [layer.metric(name) for name in options.metrics]
    metrics = [metric for metric in found if metric is not None]
    for metric in metrics:
        if metric.id is not None:
            yield metric.id
        elif isinstance(metric, SimpleMetric):
            yield metric.input.model.id
    yield from _of_dimensions(options.dimensions, metrics, layer)
    yield from _of_filters(texts(options.filter), metrics, layer)


def _of_filters(
    filters: Iterable[str], metrics: list[Metric], layer: SemanticLayer
) -> Iterator[NodeId]:
    for text in filters:
        try:
            found = list(leaves(parse_filter(text)))
        except SqlRefused:
            continue
        for leaf in found:
            if isinstance(leaf, MetricOf):
                if (id := layer.ids.get(leaf.metric.lower())) is not None:
                    yield id
                yield from _of_dimensions(leaf.entities, metrics, layer)
            else:
                yield from _of_dimensions([leaf.text], metrics, layer)


def _of_dimensions(
    names: Iterable[str], metrics: list[Metric], layer: SemanticLayer
) -> Iterator[NodeId]:
    """The models that joins lead through."""
    resolver = resolver_of(layer)
    for name in names:
        for model, time in bases_of(metrics):
            try:
                found = resolver.resolve(name, model, time)
            except NameRefused:
                continue
            yield from (step.model.id for step in found.path.steps)
