"""The lineage of a whole project, node by node in the order of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING

from seeknal.host.garbage import uncollected
from seeknal.lineage.binding import Binder
from seeknal.lineage.cache import LineageCache
from seeknal.lineage.model import ProjectLineage
from seeknal.lineage.nodes import still_true, trace_node, trace_source
from seeknal.values.digests import digest

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph
    from seeknal.kernel.plugins import Plugins
    from seeknal.lineage.model import NodeLineage
    from seeknal.lineage.nodes import Known
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.project import Project
    from seeknal.values.snapshot import Fingerprint, Snapshot


@uncollected()
def trace_project(
    project: Project,
    graph: Graph,
    plugins: Plugins,
    *,
    fingerprints: Mapping[NodeId, Fingerprint],
    snapshots: Mapping[NodeId, Snapshot],
) -> ProjectLineage:
    """What every node depends on. Runs nothing; binds against empty tables what never ran.

    ``snapshots`` are an environment's outputs: they tell the columns of sources and the queries
    of Python nodes, as far as ``fingerprints`` say that they are still true. What was found is
    kept below ``target/`` and not found again while nothing has changed.
    """
    kept = LineageCache(project.target)
    found: dict[NodeId, NodeLineage] = {}
    schemas: dict[NodeId, str] = {}
    with closing(Binder(project, plugins)) as binder:
        for id in graph.order:
            node, mark = project.nodes[id], fingerprints[id]
            known = still_true(node, snapshots.get(id), mark.content, mark.upstream)
            if node.source is not None:
                found[id] = trace_source(node, known, binder)
            else:
                by = plugins.origin("kind", id.kind)
                parts = [by, *(schemas[parent] for parent in node.parents)]
                if node.does == "describes":
                    # What others say decides what its names mean.
                    parts.append(mark.upstream)
                key = _key(id, mark, known, parts)
                found[id] = kept.get(key) or kept.put(key, trace_node(node, found, known, binder))
            schemas[id] = _schema(found[id])
    kept.save()
    return ProjectLineage(nodes=found)


def _key(id: NodeId, mark: Fingerprint, known: Known, parts: list[str]) -> str:
    """All that a node's lineage is told from."""
    columns = _columns(known.columns) if known.columns else ""
    query = known.query or known.untraced or ""
    return digest(_engine(), id, mark.content, mark.config, columns, query, *parts)[:32]


def _schema(lineage: NodeLineage) -> str:
    known = _columns(lineage.columns) if lineage.known else "?"
    return digest(lineage.node, known)


def _columns(columns: tuple[Column, ...]) -> str:
    return "\0".join([part for column in columns for part in (column.name, column.type)])


@cache
def _engine() -> str:
    from importlib.metadata import version

    return version("duckdb")
