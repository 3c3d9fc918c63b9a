"""What a semantic node reads that its keys name only by measures, metrics and dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from seeknal.plugin import NodeId
from seeknal_semantic.building import read_layer
from seeknal_semantic.definitions import named
from seeknal_semantic.metric_options import MetricKeys, SavedQueryKeys
from seeknal_semantic.tracing import Tracer

if TYPE_CHECKING:
    from seeknal.plugin import Node
    from seeknal_semantic.definitions import SemanticLayer
    from seeknal_semantic.tracing import Reads

_last: list[tuple[Mapping[NodeId, Node], SemanticLayer]] = []
"""The layer of the nodes that were asked about last: core asks for each node of a project."""


def reads_of(node: Node, nodes: Mapping[NodeId, Node]) -> Iterable[NodeId] | None:
    """The models, metrics and time spines that a metric or a saved query depends on."""
    if not isinstance(node.options, MetricKeys | SavedQueryKeys):
        return None
    layer = layer_of_nodes(nodes)
    found: list[Reads] = []
    if isinstance(node.options, MetricKeys):
        metric = named(layer.metrics, node.name)
        found += [Tracer(layer).metric(metric)] if metric is not None else []
    elif (query := layer.saved_queries.get(node.name)) is not None:
        columns, rows = Tracer(layer).query(query)
        found += [*columns.values(), rows]
    return dict.fromkeys(NodeId(ref.relation) for reads in found for ref in reads.all)


def layer_of_nodes(nodes: Mapping[NodeId, Node]) -> SemanticLayer:
    """The layer that nodes define, as far as it is right, made once for all that is asked of it."""
    for known, layer in _last:
        if known is nodes:
            return layer
    made = read_layer(nodes)[0]
    _last[:] = [(nodes, made)]
    return made
