"""What reads nodes that only describe reads what they describe: a run has no step for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.values.digests import digest
from seeknal.values.node import Input

if TYPE_CHECKING:
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node


def through_descriptions(nodes: Mapping[NodeId, Node]) -> dict[NodeId, Node]:
    """``nodes``, of which those that run have what they read through others as inputs as well.

    What these others say is then part of their definition, as far as it matters to their queries.
    """
    describing = {id for id, node in nodes.items() if node.does == "describes"}
    return {
        id: node
        if id in describing or describing.isdisjoint(node.parents)
        else _reading(node, nodes, describing)
        for id, node in nodes.items()
    }


def _reading(node: Node, nodes: Mapping[NodeId, Node], describing: set[NodeId]) -> Node:
    places = {entry.ref: entry.location for entry in reversed(node.inputs)}
    said: dict[NodeId, None] = {}
    inputs = list(node.inputs)
    waiting = [(id, places[id]) for id in node.parents if id in describing]
    while waiting:
        id, place = waiting.pop()
        if id in said:
            continue
        said[id] = None
        for parent in nodes[id].parents:
            if parent in describing:
                waiting.append((parent, place))
            elif parent not in places:
                places[parent] = place
                inputs.append(Input(ref=parent, location=place))
    calls = [call for each in node.queries if each.sql for call in each.sql.calls]
    mattering = [call.said for call in calls if call.said is not None]
    if not mattering or len(mattering) < len(calls):
        mattering = [nodes[id].definition for id in sorted(said)]
    return evolve(
        node,
        inputs=tuple(inputs),
        definition=digest(node.definition, *mattering),
        frame=digest(node.frame, *mattering),
    )
