"""Keeping the metadata catalog of an environment as its state is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.state.artifacts import Artifacts
from seeknal.state.catalog import Catalog, document
from seeknal.values.pii import pii_columns
from seeknal.values.provenance import PROVENANCE

if TYPE_CHECKING:
    from seeknal.state.catalog import Document
    from seeknal.state.column_statistics import Statistics
    from seeknal.state.ledger import EnvironmentState
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.project import Project
    from seeknal.values.snapshot import Snapshot


def keep_catalog(
    project: Project, environment: str, state: EnvironmentState, *, anew: bool = False
) -> None:
    """Write the files of tables that have changed since they were written, and remove others'.

    Without ``anew`` only where the environment has another generation. Raises OSError.
    """
    catalog = Catalog(project.target, environment)
    mark = [state.generation, project.profile_statistics]
    if not anew and catalog.is_current(mark):
        return
    documents = catalog_documents(project, environment, state)
    catalog.write(found for found, new in documents.values() if new)
    catalog.keep_only(documents.keys(), mark)


def catalog_documents(
    project: Project, environment: str, state: EnvironmentState
) -> dict[NodeId, tuple[Document, bool]]:
    """Each table's document, and whether its file does not say that yet."""
    catalog = Catalog(project.target, environment)
    found: dict[NodeId, tuple[Document, bool]] = {}
    new: dict[NodeId, Document] = {}
    for id, snapshot in state.snapshots.items():
        wanted = document(project.nodes.get(id), snapshot, environment, state.generation)
        if wanted is None:
            continue
        known = catalog.current(wanted)
        if known is None:
            new[id] = wanted
        found[id] = known or wanted, known is None
    for id, statistics in _statistics(project, new, state.snapshots).items():
        hidden = _hidden(project.nodes, state.snapshots, id)
        for column in found[id][0]["columns"]:
            told = statistics.get(column["name"], {})
            if column["name"] in hidden:
                told = {name: value for name, value in told.items() if name not in ("min", "max")}
            column |= told
    return found


def _statistics(
    project: Project, new: Mapping[NodeId, Document], snapshots: Mapping[NodeId, Snapshot]
) -> dict[NodeId, Statistics]:
    """What is known of the columns of tables; nothing of a file that is gone or damaged."""
    artifacts = Artifacts(project.target)
    files: dict[NodeId, Path] = {}
    for id in new:
        artifact = snapshots[id].artifact
        if artifact is not None and artifacts.path(artifact).is_file():
            files[id] = artifacts.path(artifact)
    if not files:
        return {}
    import duckdb

    from seeknal.state.column_statistics import of_all_rows, of_footers

    columns = {path: snapshots[id].columns or () for id, path in files.items()}
    with duckdb.connect() as connection:
        if project.profile_statistics:
            found = {}
            for id, path in files.items():
                with suppress(duckdb.Error):
                    found[id] = of_all_rows(connection, path, columns[path])
            return found
        with suppress(duckdb.Error):
            told = of_footers(connection, columns)
            return {id: told[path] for id, path in files.items()}
    return {}


def _hidden(
    nodes: Mapping[NodeId, Node], snapshots: Mapping[NodeId, Snapshot], id: NodeId
) -> set[str]:
    """Columns of which no value is told: those with ``pii: true``, and what may be made of them."""
    private = pii_columns(nodes, id)
    own = snapshots[id].columns or ()
    if not private:
        return set()
    handed_on = {
        column.name
        for parent in (nodes[id].parents if id in nodes else ())
        if (known := snapshots.get(parent)) is not None
        for column in known.columns or ()
    }
    plain = handed_on | {column.name for column in PROVENANCE}
    if id in nodes and nodes[id].does == "loads":
        plain |= {column.name for column in own}
    return {c.name for c in own if c.name.lower() in private or c.name not in plain}
