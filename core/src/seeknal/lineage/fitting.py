"""Views that do not fit their inputs, as far as columns are known without reading any data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seeknal.graph import Graph
from seeknal.lineage.binding import Binder, Unbound
from seeknal.lineage.nodes import declared, still_true
from seeknal.model import Column, Fingerprint, NodeId, Problem, Project, Snapshot
from seeknal.plugins import Plugins


def misfits(
    project: Project,
    graph: Graph,
    plugins: Plugins,
    *,
    fingerprints: Mapping[NodeId, Fingerprint],
    snapshots: Mapping[NodeId, Snapshot],
) -> Iterator[Problem]:
    """A warning for each view, and each SQL node that one reads, whose query does not bind.

    Columns are those that are declared, and those that ``snapshots`` tell as far as
    ``fingerprints`` say that they are still true. Imports DuckDB only where there are views.
    """
    views = [id for id, node in project.nodes.items() if node.materialized == "view"]
    if not views:
        return
    wanted = graph.ancestors(views) | set(views)
    known: dict[NodeId, tuple[Column, ...]] = {}
    with Binder(project.root, project.nodes, plugins) as binder:
        for id in graph.order:
            if id not in wanted:
                continue
            node, mark = project.nodes[id], fingerprints[id]
            stored = still_true(node, snapshots.get(id), mark.content, mark.upstream)
            columns = stored.columns or declared(node) if node.source else stored.columns
            binds = node.kind == "transform" and node.sql is not None
            if columns is None and binds and known.keys() >= set(node.parents):
                assert node.sql is not None
                for parent in node.parents:
                    binder.define(parent, known[parent])
                try:
                    columns = binder.columns(node.sql.executable)
                except Unbound as error:
                    yield Problem(
                        code="SK0754",
                        message=f"{id} does not fit its inputs as they are known: {error}",
                        location=node.sql.location,
                        help="it fails when it runs, unless they have other columns by then",
                        node=id,
                        severity="warn",
                    )
            if columns is not None:
                known[id] = columns
