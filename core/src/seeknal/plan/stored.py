"""Which views are stored all the same, because something needs their rows as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seeknal.values.secret import holds_secret

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node

DEEPEST_INLINING = 50
"""DuckDB's binder gives up on views over views at some hundreds; this stays far below."""


def inlined_views(nodes: Mapping[NodeId, Node], graph: Graph) -> frozenset[NodeId]:
    """The nodes whose SQL is read through rather than stored."""
    depth: dict[NodeId, int] = {}
    for id in graph.order:
        node = nodes[id]
        if node.materialized == "view" and not _needs_rows(node, nodes, graph):
            level = 1 + max((depth.get(parent, 0) for parent in node.parents), default=0)
            if level <= DEEPEST_INLINING:
                depth[id] = level
    return frozenset(depth)


def _needs_rows(node: Node, nodes: Mapping[NodeId, Node], graph: Graph) -> bool:
    from seeknal.sql.syntax import takes_columns_from_data

    if node.audits or node.targets or node.python or node.sql is None:
        return True
    if node.sql.calls:
        # It is written over the types of inputs, which may change under a view.
        return True
    if not node.rows_of_body:
        # Other kinds make more of their SQL than it says: types, checks, fewer columns.
        return True
    sql = node.sql.executable
    # An environment keeps the SQL of its views, and no password.
    if takes_columns_from_data(sql) or holds_secret(sql):
        return True
    children = [nodes[child] for child in graph.children[node.id]]
    return any(child.python is not None for child in children)
