"""Which columns hold what is shown to nobody: ``pii: true``."""

from __future__ import annotations

from collections.abc import Mapping

from seeknal.model import Node, NodeId


def pii_columns(nodes: Mapping[NodeId, Node], id: NodeId) -> frozenset[str]:
    """Names, in lower case, of the columns of a node that it or what it reads marks as such."""
    found: set[str] = set()
    seen: set[NodeId] = set()
    waiting = [id]
    while waiting:
        current = waiting.pop()
        if current in seen or current not in nodes:
            continue
        seen.add(current)
        found |= {column.name.lower() for column in nodes[current].columns if column.pii}
        waiting += nodes[current].parents
    return frozenset(found)
