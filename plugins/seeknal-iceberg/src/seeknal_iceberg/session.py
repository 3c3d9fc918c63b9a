"""A conversation with a catalog, for ``connection test`` and the repl: it tells of tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.plugin import NodeError
from seeknal_iceberg.catalogs import (
    all_tables,
    is_unmade,
    load_table,
    open_catalog,
    table_name,
)

if TYPE_CHECKING:
    from seeknal_iceberg.options import Catalog


class CatalogSession:
    """Implements `seeknal.plugin.Session`, but for SQL, which no catalog answers."""

    def __init__(self, options: Catalog, root: Path) -> None:
        self._options = options
        self._root = root

    def execute(self, sql: str) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        raise NodeError(
            "an Iceberg catalog answers no SQL",
            code="SK0608",
            help="declare its table as a source (source: iceberg), run it, and ask for that:"
            ' seeknal sql "SELECT * FROM NAME"',
        )

    def tables(self) -> Sequence[str]:
        # To ask a project's own catalog is to make it.
        return [] if is_unmade(self._options, self._root) else all_tables(self._options, self._root)

    def schema(self, table: str) -> Sequence[tuple[str, str]]:
        name = table_name(table)
        found = load_table(open_catalog(self._options, name.catalog, self._root), name)
        return [(field.name, str(field.field_type)) for field in found.schema().fields]

    def describe(self) -> str:
        known = len(self.tables())
        counted = f"{known} table{'s' * (known != 1)}"
        if is_unmade(self._options, self._root):
            counted = "nothing was written to it yet"
        own = self._options.catalog == "sql" and self._options.uri is None
        what = "the project's own catalog, .seeknal/iceberg" if own else "Iceberg catalog"
        return f"{what}: {counted}"

    def close(self) -> None:
        """Nothing is kept open between questions."""
