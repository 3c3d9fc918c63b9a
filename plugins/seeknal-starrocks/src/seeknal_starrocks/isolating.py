"""Where an environment other than production keeps its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import NodeError, Secret, isolate, quote_identifier, written_name
from seeknal_starrocks.addresses import DEFAULT_CATALOG, address_of
from seeknal_starrocks.options import StarRocks, StarRocksTarget
from seeknal_starrocks.tablename import Table, table_of

if TYPE_CHECKING:
    from seeknal.plugin import Context, Target, TargetContext

LONGEST_DATABASE = 256
LEDGER = "deliveries"


def connection_of(target: Target, context: Context) -> tuple[str, StarRocks]:
    """The name of a target's connection, and its options. Raises NodeError where it has none."""
    if target.connection is None:
        raise NodeError(
            "it does not say in which StarRocks", code="SK1950", help="connection: NAME"
        )
    return target.connection, context.connection(target.connection, StarRocks)


def within_default(name: str, connection: StarRocks) -> StarRocks:
    """The connection in the default catalog: rows are loaded into StarRocks' own tables alone."""
    address = address_of(name, connection)
    return evolve(
        connection,
        url=None,
        host=address.host,
        port=address.port,
        user=address.user,
        password=Secret(address.password),
        catalog=DEFAULT_CATALOG,
        database=None,
    )


def named(target: Target, options: StarRocksTarget, name: str, connection: StarRocks) -> Table:
    """The table in production. Raises NodeError where nothing can be loaded into it."""
    address = address_of(name, connection)
    own = address.database if address.catalog == DEFAULT_CATALOG else None
    return table_of(options.table or target.node.name, own)


def isolated(table: Table, context: TargetContext, environment: str | None = None) -> Table:
    """The table in the context's environment, or another one: its database has the name.

    Raises NodeError for a name that becomes too long.
    """
    parts: tuple[str, ...] = (table.database, table.name)
    if context.suffix == "database":
        # To StarRocks a schema is a database.
        parts = (table.database, "", table.name)
    found = isolate(parts, context, limit=LONGEST_DATABASE, environment=environment)
    return Table(database=found[0], name=found[-1])


def ledger_of(connection: StarRocks, context: TargetContext) -> Table:
    """The table of deliveries, which lies apart whatever the suffix."""
    environment = context.environment
    apart = f"__{environment}" if environment != "prod" else ""
    return Table(database=connection.delivery_database + apart, name=LEDGER)


def place_of(target: Target, options: StarRocksTarget, context: TargetContext) -> str:
    """Where a target is written, for people. Reaches no server."""
    name, connection = connection_of(target, context)
    return str(isolated(named(target, options, name, connection), context))


def names_of(target: Target, connection: object) -> Sequence[str]:
    """The names that mean the target's table, first the one with its database. Raises NodeError."""
    assert isinstance(target.options, StarRocksTarget)
    default = None
    if isinstance(connection, StarRocks):
        address = address_of(target.connection or "", connection)
        default = address.database if address.catalog == DEFAULT_CATALOG else None
    table = table_of(target.options.table or target.node.name, default)
    names, databases = (
        dict.fromkeys((written_name(part), quote_identifier(part)))
        for part in (table.name, table.database)
    )
    full = [f"{database}.{name}" for database in databases for name in names]
    return [*full, *(names if table.database == default else ())]
