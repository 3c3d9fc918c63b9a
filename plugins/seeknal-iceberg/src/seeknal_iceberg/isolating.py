"""Where an environment other than production keeps its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plugin import NodeError, isolate
from seeknal_iceberg.addresses import names_catalogs
from seeknal_iceberg.catalogs import TableName, options_of, table_name

if TYPE_CHECKING:
    from seeknal.plugin import Target, TargetContext
    from seeknal_iceberg.options import Catalog, IcebergTarget


def table_of(target: Target, options: IcebergTarget, context: TargetContext) -> TableName:
    """The table that a target is written to in the context's environment. Reaches no server.

    Raises NodeError where it would be production's own.
    """
    name = table_name(options.table or f"default.{target.node.name}")
    if context.environment != "prod" and context.suffix in ("catalog", "database"):
        _check_catalogs_differ(options_of(target.connection, context), context)
    # The namespace is one part here, whose last name gets the environment's.
    parts = (name.catalog, ".".join(name.namespace), name.name)
    catalog, namespace, own = isolate(parts, context)
    return TableName(catalog=catalog, namespace=tuple(namespace.split(".")), name=own)


def _check_catalogs_differ(connection: Catalog, context: TargetContext) -> None:
    """The catalog in a table's name has to lead somewhere else when it has another name."""
    if names_catalogs(connection):
        return
    named = connection.warehouse or connection.properties.get("warehouse")
    why = "names its warehouse" if named else f"is of type {connection.catalog}"
    raise NodeError(
        f"the connection {why}, so that every catalog of it is the same one, and"
        f" environments.suffix: {context.suffix} would write production's tables",
        code="SK0832",
        help="environments: {suffix: schema} in seeknal_project.yml",
    )
