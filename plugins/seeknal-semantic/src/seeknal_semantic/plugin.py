"""The semantic layer's plugin: what it declares and the hooks it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import hookimpl

if TYPE_CHECKING:
    from seeknal.plugin import Column, Misfit, Node, NodeId, NodeKind, Problem, Project


@hookimpl
def node_kinds() -> Iterable[NodeKind]:
    from seeknal_semantic.kinds import KINDS

    return KINDS


@hookimpl
def node_inputs(node: Node, nodes: Mapping[NodeId, Node]) -> Iterable[NodeId] | None:
    if not _is_ours(node):
        return None
    from seeknal_semantic.reading import reads_of

    return reads_of(node, nodes)


@hookimpl
def node_misfits(
    node: Node, columns: Sequence[Column], nodes: Mapping[NodeId, Node]
) -> Iterable[Misfit] | None:
    if not _is_ours(node):
        return None
    from seeknal_semantic.misfits import misfits_of

    return misfits_of(node, columns, nodes)


@hookimpl
def compile_metric(
    query: Mapping[str, object],
    project: Project,
    columns_of: Callable[[NodeId], Sequence[Column]],
    dialect: str,
) -> str | None:
    from seeknal_semantic.asking import query_of
    from seeknal_semantic.building import semantic_layer
    from seeknal_semantic.compiler import MetricCompiler

    layer = semantic_layer(project)
    return MetricCompiler(layer, columns_of).compile(query_of(query, layer), dialect).sql


@hookimpl
def validate_project(project: Project) -> Iterable[Problem]:
    """What is wrong with the semantic layer and can be seen without rows."""
    if not any(map(_is_ours, project.nodes.values())):
        return []
    from seeknal_semantic.checking import problems_of

    return problems_of(project)


def _is_ours(node: Node) -> bool:
    return node.kind in ("semantic_model", "metric", "saved_query", "time_spine")
