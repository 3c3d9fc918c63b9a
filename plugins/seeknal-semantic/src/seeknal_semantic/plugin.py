"""The semantic layer's plugin: what it declares and the hooks it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import hookimpl

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from seeknal.plugin import (
        Audit,
        AuditContext,
        AuditResult,
        AuditType,
        Calendar,
        Change,
        Column,
        DiffOption,
        Misfit,
        Node,
        NodeId,
        NodeKind,
        Outputs,
        Problem,
        Project,
        QueryLineage,
        Relation,
        Section,
        TemplateCall,
        TemplateFunction,
        WrittenQuery,
    )


@hookimpl
def node_kinds() -> Iterable[NodeKind]:
    from seeknal_semantic.kinds import KINDS

    return KINDS


@hookimpl
def audit_types() -> Iterable[AuditType]:
    from seeknal_semantic.audit_types import TYPES

    return TYPES


@hookimpl
def node_audits(
    node: Node, nodes: Mapping[NodeId, Node], calendar: Calendar
) -> Iterable[Audit] | None:
    """The keys that a semantic model declares, and the periods of a time spine."""
    if node.kind not in ("semantic_model", "time_spine"):
        return None
    from seeknal_semantic.keys import audits_of

    return audits_of(node, nodes, calendar)


@hookimpl
def audit_nodes(audit: Audit) -> Sequence[str] | None:
    if audit.type != "entity_reference":
        return None
    from seeknal_semantic.keys import nodes_of

    return nodes_of(audit)


@hookimpl
def audit(
    audits: Sequence[Audit], relation: Relation, context: AuditContext
) -> Sequence[AuditResult] | None:
    """Results in the order of ``audits``."""
    if not all(each.type in ("entity_key", "entity_reference") for each in audits):
        return None
    from seeknal_semantic.auditing import run

    return run(audits, relation, context)


@hookimpl
def template_functions() -> Iterable[TemplateFunction]:
    from seeknal.plugin import TemplateFunction

    usage = "metric_query(metrics=['revenue'], dimensions=['region'])"
    return [TemplateFunction(name="metric_query", usage=usage, write=_write)]


def _write(call: TemplateCall) -> WrittenQuery:
    from seeknal_semantic.asking import written

    return written(call)


@hookimpl
def node_inputs(node: Node, nodes: Mapping[NodeId, Node]) -> Iterable[NodeId] | None:
    if not _is_ours(node):
        return None
    from seeknal_semantic.reading import reads_of

    return reads_of(node, nodes)


@hookimpl
def node_lineage(
    node: Node, parents: Mapping[NodeId, Sequence[Column]], nodes: Mapping[NodeId, Node]
) -> QueryLineage | None:
    if not _is_ours(node):
        return None
    from seeknal_semantic.column_lineage import lineage_of

    return lineage_of(node, parents, nodes)


@hookimpl
def node_misfits(
    node: Node, columns: Sequence[Column], nodes: Mapping[NodeId, Node]
) -> Iterable[Misfit] | None:
    if not _is_ours(node):
        return None
    from seeknal_semantic.misfits import misfits_of

    return misfits_of(node, columns, nodes)


@hookimpl
def plan_sections(
    project: Project, environment: str, changes: Sequence[Change]
) -> Iterable[Section]:
    if not any(change.node.kind in ("metric", "semantic_model") for change in changes):
        return []
    from seeknal_semantic.planning import sections_of

    return sections_of(project, changes)


@hookimpl
def diff_options() -> Iterable[DiffOption]:
    from seeknal.plugin import DiffOption

    metrics = "Compare metrics instead of rows: these, or all."
    dimensions = "By what metrics are compared: region, ordered_at__month."
    return [
        DiffOption(name="metrics", metavar="NAME,...", help=metrics, alone=True),
        DiffOption(name="dimensions", metavar="NAME,...", help=dimensions),
    ]


@hookimpl
def diff_sections(
    project: Project, a: Outputs, b: Outputs, asked: Mapping[str, Sequence[str]], limit: int
) -> Iterable[Section]:
    if not asked.keys() & {"metrics", "dimensions"}:
        return []
    from seeknal_semantic.comparing import section_of

    return [section_of(project, a, b, asked, limit)]


@hookimpl
def compile_metric(
    query: Mapping[str, object],
    project: Project,
    columns_of: Callable[[NodeId], Sequence[Column]],
    dialect: str,
    duckdb: DuckDBPyConnection | None,
) -> str | None:
    from seeknal_semantic.asking import proving_over, query_of
    from seeknal_semantic.building import semantic_layer
    from seeknal_semantic.compiler import MetricCompiler

    layer = semantic_layer(project)
    compiler = MetricCompiler(layer, columns_of)
    compiled = compiler.compile(query_of(query, layer), dialect)
    if duckdb is not None:
        proving_over(duckdb).prove(compiler, compiled)
    return compiled.sql


@hookimpl
def validate_project(project: Project) -> Iterable[Problem]:
    """What is wrong with the semantic layer and can be seen without rows."""
    if not any(map(_is_ours, project.nodes.values())):
        return []
    from seeknal_semantic.checking import problems_of

    return problems_of(project)


def _is_ours(node: Node) -> bool:
    return node.kind in ("semantic_model", "metric", "saved_query", "time_spine")
