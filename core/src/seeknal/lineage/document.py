"""A project's lineage as one JSON document: what the page reads and other tools may."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.host import clock
from seeknal.intervals.holding import holding_of
from seeknal.lineage.private import private_columns
from seeknal.values.names import NodeId
from seeknal.values.pii import type_of
from seeknal.values.secret import scrub
from seeknal.values.snapshot import Snapshot

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph
    from seeknal.lineage.model import NodeLineage, ProjectLineage
    from seeknal.lineage.private import Private
    from seeknal.values.audits import AuditResult
    from seeknal.values.column_lineage import ColumnRef
    from seeknal.values.node import Node
    from seeknal.values.project import Project
    from seeknal.values.targets import Target
    from seeknal.values.tracking import Spans

SCHEMA_VERSION = 1


@frozen(kw_only=True)
class Facts:
    """What runs left behind: outputs, how each node's last step ended, and some rows as text."""

    environment: str = "prod"
    snapshots: Mapping[NodeId, Snapshot] = field(factory=dict)
    statuses: Mapping[NodeId, str] = field(factory=dict)
    previews: Mapping[NodeId, Mapping[str, Any]] = field(factory=dict)
    marks: Mapping[NodeId, Spans] = field(factory=dict)
    """Which ranges of tracked nodes were invalidated."""


def lineage_document(
    project: Project,
    graph: Graph,
    lineage: ProjectLineage,
    facts: Facts,
    *,
    only: Collection[NodeId] | None = None,
    focus: tuple[NodeId, str | None] | None = None,
) -> dict[str, Any]:
    """The document, with the nodes of ``only`` in DAG order. Secrets are masked in every text."""
    chosen = [id for id in graph.order if only is None or id in only]
    shown = set(chosen)
    private = private_columns(project.nodes, lineage)
    document = {
        "schema_version": SCHEMA_VERSION,
        "project": project.name,
        "environment": facts.environment,
        "generated_at": clock.now().isoformat(),
        "focus": {"node": focus[0], "column": focus[1]} if focus else None,
        "nodes": [_node(project.nodes[id], lineage.nodes[id], private[id], facts) for id in chosen],
        "edges": [
            {"from": parent, "to": id}
            for id in chosen
            for parent in graph.parents[id]
            if parent in shown
        ],
    }
    masked: dict[str, Any] = scrubbed(document)
    return masked


def scrubbed(value: Any) -> Any:
    """A part of a document with the secrets in its texts masked."""
    # The same few names stand in it many times.
    masked = cache(scrub)

    def of(part: Any) -> Any:
        if isinstance(part, str):
            return masked(part)
        if isinstance(part, dict):
            return {name: of(inner) for name, inner in part.items()}
        return [of(inner) for inner in part] if isinstance(part, list | tuple) else part

    return of(value)


def _node(node: Node, lineage: NodeLineage, private: Private, facts: Facts) -> dict[str, Any]:
    snapshot = facts.snapshots.get(node.id)
    artifact = snapshot.artifact if snapshot else None
    ranges = holding_of(snapshot, facts.marks.get(node.id, ())) if snapshot else None
    return {
        "id": node.id,
        "kind": node.kind,
        "name": node.name,
        "type": _type(node),
        "layer": snapshot.layer_among(node.layer) if snapshot else node.layer,
        "domain": node.domain,
        "tags": list(node.tags),
        "owner": node.owner,
        "description": node.description,
        "file": node.location.file,
        "line": node.location.line,
        "sql": _sql(node, snapshot),
        "language": _language(node),
        "columns": _columns(node, lineage, private),
        "rows": artifact.rows if artifact else None,
        "status": facts.statuses.get(node.id, "success" if snapshot else "never run"),
        "last_run": snapshot.made_at or None if snapshot else None,
        "seconds": round(snapshot.seconds, 6) if snapshot else None,
        "audits": [_audit(result) for result in snapshot.audits] if snapshot else [],
        "targets": [_target(target) for target in node.targets],
        "note": snapshot.note if snapshot else None,
        "ranges": ranges.answer if ranges else None,
        "preview": facts.previews.get(node.id),
        "lineage": lineage_answer(lineage),
        **({"merges_by": list(node.merges_by)} if node.merges_by else {}),
    }


def lineage_answer(lineage: NodeLineage) -> dict[str, Any]:
    """One node's lineage as the document holds it."""
    query = lineage.query
    return {
        "unknown": query.unknown,
        "columns": [
            {
                "name": column.name,
                "values": _refs(column.values),
                "influences": _refs(column.influences),
            }
            for column in query.columns
        ],
        "rows": _refs(query.rows),
        "relations": sorted(query.relations),
    }


def _refs(refs: Collection[ColumnRef]) -> list[list[str]]:
    return [list(ref) for ref in sorted(refs)]


def _type(node: Node) -> str:
    if node.source:
        return node.source.type
    if node.python:
        return "python"
    if node.does == "delivers":
        return ", ".join(dict.fromkeys(target.type for target in node.targets)) or "documentation"
    return node.materialized


def _language(node: Node) -> str:
    """What the node is written in; a seed is nothing but its rows."""
    if node.python:
        return "python"
    if node.sql:
        return "sql"
    return "csv" if node.location.file.lower().endswith(".csv") else "yaml"


def _sql(node: Node, snapshot: Snapshot | None) -> str | None:
    if node.sql is not None:
        return node.sql.rendered
    if node.source is not None:
        return node.source.query
    return snapshot.query if snapshot else None


def _columns(node: Node, lineage: NodeLineage, private: Private) -> list[dict[str, Any]]:
    described = {spec.name.lower(): spec.description for spec in node.columns}
    return [
        {
            "name": column.name,
            "type": type_of(column.type, private.hides(column.name)),
            "description": described.get(column.name.lower()),
            "pii": private.has(column.name),
        }
        for column in lineage.columns
    ]


def _audit(result: AuditResult) -> dict[str, Any]:
    return {
        "type": result.audit_type,
        "name": result.name,
        "columns": list(result.columns),
        "passed": result.passed,
        "failing_rows": result.failing_rows,
        "severity": result.severity,
    }


def _target(target: Target) -> dict[str, Any]:
    return {"type": target.type, "table": target.label, "mode": target.mode}
