"""Which catalog a connection leads to and which table a target means, however it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal_iceberg.catalogs import DEFAULT_CATALOG, table_name
from seeknal_iceberg.options import Catalog, IcebergTarget

if TYPE_CHECKING:
    from seeknal.plugin import Target
    from seeknal_iceberg.catalogs import TableName


def names_of(target: Target, connection: object) -> Sequence[str]:
    """The names that mean the target's table, first the one with its catalog.

    Raises NodeError for what is no name of a table.
    """
    assert isinstance(target.options, IcebergTarget)
    options = connection if isinstance(connection, Catalog) else Catalog()
    written = table_name(target.options.table or f"default.{target.node.name}")
    # Where the name of a catalog says nothing, all of them are one.
    name = written if names_catalogs(options) else evolve(written, catalog=DEFAULT_CATALOG)
    found = [text for known in (name, written) for text in _spelled(known)]
    return list(dict.fromkeys(found))


def _spelled(name: TableName) -> list[str]:
    parts = (name.catalog, *name.identifier)
    quoted = [f'"{part}"' for part in parts]
    found = [".".join(parts), ".".join(quoted)]
    if name.catalog == DEFAULT_CATALOG and len(name.namespace) == 1:
        found += [".".join(parts[1:]), ".".join(quoted[1:])]
    return found


def names_catalogs(options: Catalog) -> bool:
    """Whether the catalog in a table's name leads somewhere else when it has another name."""
    named = options.warehouse or options.properties.get("warehouse")
    return options.catalog == "sql" or (options.catalog == "rest" and not named)


def server_of(options: Catalog) -> str:
    """The catalog's kind, address and warehouse."""
    warehouse = options.warehouse or options.properties.get("warehouse") or ""
    uri = options.uri or options.properties.get("uri") or ""
    return f"{options.catalog} {uri} {warehouse}"
