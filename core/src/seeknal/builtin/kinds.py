"""The kinds of node that core brings, and how those that compute rows do it."""

from __future__ import annotations

from attrs import frozen

from seeknal.plugin import Context, Node, NodeInputs, NodeKind, Rows, hookimpl


@frozen(kw_only=True)
class NoOptions:
    """A kind without keys of its own."""


@hookimpl
def node_kinds() -> list[NodeKind]:
    return [
        NodeKind(name="source", folder="sources", options=NoOptions, summary="rows from outside"),
        NodeKind(
            name="transform",
            folder="transforms",
            options=NoOptions,
            summary="rows by SQL or Python",
        ),
        NodeKind(
            name="exposure",
            folder="exposures",
            options=NoOptions,
            summary="who depends on nodes",
            produces_rows=False,
        ),
    ]


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: Context) -> Rows | None:
    return inputs.body if node.kind == "transform" else None
