"""Keeping the metadata catalog of an environment as its state is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from seeknal.state.artifacts import Artifacts
from seeknal.state.catalog import VALUES, Catalog, document, version_of
from seeknal.values.digests import digest
from seeknal.values.pii import any_pii, type_of

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.state.catalog import Document
    from seeknal.state.column_statistics import Statistics
    from seeknal.state.ledger import EnvironmentState
    from seeknal.values.names import NodeId
    from seeknal.values.project import Project
    from seeknal.values.snapshot import Artifact, Snapshot


def keep_catalog(
    loaded: Loaded, environment: str, state: EnvironmentState, *, anew: bool = False
) -> None:
    """Write the files of tables that have changed since they were written, and remove others'.

    Without ``anew`` only where the environment has another generation or other marks, or files say
    something else of a node, such as which columns are private. Raises OSError.
    """
    project = loaded.project
    catalog = Catalog(project.target, environment)
    words = digest(
        *(text for id, found in loaded.fingerprints().items() for text in (id, found.config))
    )
    mark = [*version_of(state), project.profile_statistics, words]
    if not anew and catalog.is_current(mark):
        return
    documents = catalog_documents(loaded, environment, state)
    catalog.write(found for found, new in documents.values() if new)
    catalog.keep_only(documents.keys(), mark)


def catalog_documents(
    loaded: Loaded, environment: str, state: EnvironmentState
) -> dict[NodeId, tuple[Document, bool]]:
    """Each table's document, and whether its file does not say that yet."""
    project, snapshots = loaded.project, state.snapshots
    catalog = Catalog(project.target, environment)
    wanted = {
        id: made
        for id, snapshot in snapshots.items()
        if (made := document(project.nodes.get(id), snapshot, state))
    }
    hidden = _hidden(loaded, {id: snapshots[id] for id in wanted})
    found: dict[NodeId, tuple[Document, bool]] = {}
    new: dict[NodeId, Document] = {}
    for id, made in wanted.items():
        for column in made["columns"]:
            column["type"] = type_of(column["type"], column["name"].lower() in hidden[id])
        known = catalog.current(made)
        if known is None or _tells(known, hidden[id]):
            known, new[id] = None, made
        found[id] = known or made, known is None
    for id, statistics in _statistics(project, new, snapshots).items():
        for column in found[id][0]["columns"]:
            told = statistics.get(column["name"], {})
            if column["name"].lower() in hidden[id]:
                told = {name: value for name, value in told.items() if name not in VALUES}
            column |= told
    return found


def _hidden(loaded: Loaded, snapshots: Mapping[NodeId, Snapshot]) -> dict[NodeId, frozenset[str]]:
    """The columns, in lower case, of which no value is told: all of a node that is gone."""
    from seeknal.lineage.private import outdated, private_columns
    from seeknal.lineage.project import trace_project

    project = loaded.project
    names = {
        id: frozenset(column.name.lower() for column in snapshot.columns or ())
        for id, snapshot in snapshots.items()
    }
    if not any_pii(project.nodes):
        return {id: frozenset() if id in project.nodes else names[id] for id in names}
    fingerprints = loaded.fingerprints()
    lineage = trace_project(
        project, loaded.graph, loaded.plugins, fingerprints=fingerprints, snapshots=snapshots
    )
    private = private_columns(project.nodes, lineage, outdated(fingerprints, snapshots))
    return {
        id: frozenset(name for name in found if id not in private or private[id].hides(name))
        for id, found in names.items()
    }


def _tells(known: Document, private: Collection[str]) -> bool:
    """Whether a file has values of columns that are private now."""
    return any(
        column["name"].lower() in private and any(column[name] is not None for name in VALUES)
        for column in known["columns"]
    )


def footers_tell(artifact: Artifact) -> bool:
    """Whether its files have no other rows than its own, and its own columns."""
    return all(part.whole and part.columns in ((), artifact.columns) for part in artifact.parts)


def _statistics(
    project: Project, new: Mapping[NodeId, Document], snapshots: Mapping[NodeId, Snapshot]
) -> dict[NodeId, Statistics]:
    """What is known of the columns of tables; nothing of a file that is gone or damaged."""
    artifacts = Artifacts(project.target)
    stored: dict[NodeId, Artifact] = {}
    for id in new:
        artifact = snapshots[id].artifact
        if artifact is not None and all(path.is_file() for path in artifacts.paths(artifact)):
            stored[id] = artifact
    if not stored:
        return {}
    import duckdb

    from seeknal.sql.own import own_duckdb
    from seeknal.state.column_statistics import of_all_rows, of_footers

    found: dict[NodeId, Statistics] = {}
    if project.profile_statistics:
        with duckdb.connect() as connection:
            for id, artifact in stored.items():
                with suppress(duckdb.Error):
                    scan = artifacts.scan(artifact)
                    found[id] = of_all_rows(connection, scan, artifact.columns)
        return found
    tables = {
        id: (artifacts.paths(artifact), artifact.columns)
        for id, artifact in stored.items()
        if footers_tell(artifact)
    }
    with suppress(duckdb.Error), own_duckdb() as connection:
        found = of_footers(connection, tables)
    return found
