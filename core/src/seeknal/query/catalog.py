"""The metadata catalog as it is asked for: tables by layer, domain and word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.plan.environments import existing
from seeknal.state.catalog import Catalog
from seeknal.state.store import read_state

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.state.catalog import Document
    from seeknal.state.ledger import EnvironmentState


def catalog_of(root: Path, environment: str) -> Catalog:
    """The catalog of an environment, as `brought_up_to_date` gives it.

    Raises UsageError for an unknown environment, and what that raises.
    """
    state = existing(read_state(root / "target").environments, environment)
    return brought_up_to_date(root, state)


def brought_up_to_date(
    root: Path, state: EnvironmentState, loaded: Loaded | None = None
) -> Catalog:
    """The catalog of an environment, after whatever moved its map, as far as it can be written.

    Files that are lost or damaged are written again. Where the project is ``loaded``, also after
    columns were marked as private. Raises ProjectError where files have to be read that are wrong.
    """
    catalog = Catalog(root / "target", state.name)
    tables = [id for id, snapshot in state.snapshots.items() if snapshot.columns is not None]
    damaged = not catalog.is_complete(tables)
    if state.snapshots and (loaded or damaged or not catalog.is_of(state)):
        from seeknal.plan.session import Request, load
        from seeknal.run.catalog import keep_catalog

        loaded = loaded or load(root, Request(command="catalog"))
        with suppress(OSError):
            keep_catalog(loaded, state.name, state, anew=damaged)
    return catalog


def tables(
    found: Iterable[Document], layer: str | None = None, domain: str | None = None
) -> list[Document]:
    """The tables of a layer and a domain, where these are given."""
    return [
        entry
        for entry in found
        if layer in (None, entry["layer"]) and domain in (None, entry["domain"])
    ]


def search(found: Iterable[Document], word: str) -> list[tuple[Document, list[str]]]:
    """The tables that have ``word`` in a name, a description or a column, and where they do."""
    wanted = word.lower()
    hits = [
        (entry, [place for place, text in _texts(entry) if wanted in text.lower()])
        for entry in found
    ]
    return [(entry, places) for entry, places in hits if places]


def _texts(entry: Document) -> Iterable[tuple[str, str]]:
    for key in ("table_name", "description", "business_purpose", "domain", "layer", "owner"):
        yield "name" if key == "table_name" else key, entry[key] or ""
    yield "tags", " ".join(entry["tags"])
    for column in entry["columns"]:
        yield f"column {column['name']}", f"{column['name']} {column['description'] or ''}"


def is_transition(record: Mapping[str, Any]) -> bool:
    """Whether a record of the history is of a step that took rows from somewhere."""
    return record.get("node") is not None and record.get("reads") is not None


def table_named(found: Iterable[Document], name: str, environment: str, root: Path) -> Document:
    """The table of that name, with its kind or without. Raises UsageError."""
    from seeknal.query.stored import find_node, no_node
    from seeknal.values.names import NodeId

    entries = {NodeId(entry["table_name"]): entry for entry in found}
    if any(name in (id, id.name) for id in entries):
        return find_node(name, entries)
    from seeknal.plan.session import Request, load
    from seeknal.plan.unstored import unstored

    defined = load(root, Request(command="catalog")).project.nodes
    for id in defined:
        if name in (id, id.name):
            raise unstored(id, environment, root / "target")
    raise no_node(name, [*entries, *defined])
