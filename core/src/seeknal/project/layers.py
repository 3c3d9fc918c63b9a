"""Nodes whose rows carry where they are from: their layer is part of what they compute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.values.digests import digest

if TYPE_CHECKING:
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node


def with_layers(nodes: Mapping[NodeId, Node]) -> dict[NodeId, Node]:
    """``nodes``, of which those below which a source keeps provenance know it."""
    traced = {id for id, node in nodes.items() if node.source and node.source.provenance}
    if not traced:
        return dict(nodes)
    children: dict[NodeId, list[NodeId]] = {}
    for id, node in nodes.items():
        for parent in node.parents:
            children.setdefault(parent, []).append(id)
    waiting = list(traced)
    while waiting:
        new = [id for id in children.get(waiting.pop(), ()) if id not in traced]
        traced |= set(new)
        waiting += new
    return {id: _traced(node) if id in traced else node for id, node in nodes.items()}


def _traced(node: Node) -> Node:
    if node.layer is None or node.source is not None:
        return evolve(node, provenance=True)
    return evolve(
        node,
        provenance=True,
        definition=digest(node.definition, node.layer),
        frame=digest(node.frame, node.layer),
    )
