"""Where a view is: its connection, its database, and its name in an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plugin import NodeError
from seeknal_starrocks.addresses import DEFAULT_CATALOG, address_of
from seeknal_starrocks.isolating import connection_of, isolated
from seeknal_starrocks.options import StarRocks
from seeknal_starrocks.serving.options import StarRocksView
from seeknal_starrocks.tablename import table_of

if TYPE_CHECKING:
    from seeknal.plugin import Target, TargetContext
    from seeknal_starrocks.tablename import Table


def place_of(target: Target, context: TargetContext) -> Table:
    """Where the view is in the context's environment. Reaches no server. Raises NodeError."""
    _, connection = connection_of(target, context)
    return isolated(place_with(target, connection), context)


def place_with(target: Target, connection: object) -> Table:
    """Where the view is in production, by the options of its connection. Raises NodeError."""
    assert isinstance(target.options, StarRocksView)
    if not target.connection:
        raise NodeError(
            f"{target.node} does not say on which connection its view is",
            code="SK1982",
            help="connection: NAME, of profiles.yml",
        )
    database = None
    if isinstance(connection, StarRocks):
        address = address_of(target.connection, connection)
        database = address.database if address.catalog == DEFAULT_CATALOG else None
    return table_of(target.options.view or target.node.name, database)
