"""The catalog of an opened project, in Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeknal.state.catalog import Document


class OpenedCatalog:
    """What `OpenedProject.catalog` gives: it is read anew at each call."""

    def __init__(self, root: Path, environment: str) -> None:
        self._root = root
        self._environment = environment

    def table(self, name: str) -> Document:
        """What is known of a table and its columns, as its file in the catalog says it.

        Raises UsageError for an unknown node or one of which nothing is stored.
        """
        from seeknal.query.catalog import table_named

        return table_named(self._all(), name, self._environment, self._root)

    def tables(self, layer: str | None = None, domain: str | None = None) -> list[Document]:
        """The stored tables, all of them or those of a layer or a domain."""
        from seeknal.query.catalog import tables

        return tables(self._all(), layer, domain)

    def search(self, word: str) -> list[Document]:
        """The tables that have ``word`` in a name, a description or a column."""
        from seeknal.query.catalog import search

        return [entry for entry, _ in search(self._all(), word)]

    def transitions(
        self, batch_id: str | None = None, node: str | None = None
    ) -> list[dict[str, Any]]:
        """The layer transitions of the environment, of a run or a node, newest first."""
        from seeknal.query.catalog import is_transition
        from seeknal.state.history import History

        history = History(self._root / "target")
        records = history.all(batch_id=batch_id, environment=self._environment)
        return [
            record
            for record in filter(is_transition, records)
            if node in (None, record["node"], record["node"].partition(".")[2])
        ]

    def _all(self) -> list[Document]:
        from seeknal.query.catalog import catalog_of

        return catalog_of(self._root, self._environment).documents()

    def __repr__(self) -> str:
        return f"<catalog of {str(self._root)!r}, environment {self._environment!r}>"
