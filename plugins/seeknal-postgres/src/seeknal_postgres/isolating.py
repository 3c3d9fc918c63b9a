"""Where an environment other than production keeps its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import NodeError, isolate
from seeknal_postgres.catalogue import Table, table_of
from seeknal_postgres.connections import connection_of
from seeknal_postgres.names import LONGEST_NAME

if TYPE_CHECKING:
    from seeknal.plugin import Target, TargetContext
    from seeknal_postgres.options import Postgres, PostgresTarget


def isolated(
    table: Table, connection: Postgres, context: TargetContext, environment: str | None = None
) -> tuple[Table, Postgres]:
    """The table and its database in the context's environment, or another one.

    Raises NodeError for a name that becomes too long, or a database that is not named.
    """
    database = _database(connection, context)
    name = (*database, table.schema, table.name)
    *found, schema, own = isolate(name, context, limit=LONGEST_NAME, environment=environment)
    if tuple(found) != database:
        connection = evolve(connection, dbname=found[0])
    return Table(schema=schema, name=own), connection


def isolated_schema(schema: str, context: TargetContext) -> str:
    """A schema of our own, such as that of the ledger, which lies apart whatever the suffix."""
    if context.suffix in ("database", "catalog"):
        return schema
    name = _schema_in(schema, context.environment)
    if name != schema and len(name.encode()) > LONGEST_NAME:
        raise NodeError(
            f"schema {name!r} is longer than the {LONGEST_NAME} bytes that a name may have",
            code="SK0833",
            help="choose a shorter name for the environment, or for delivery_schema",
        )
    return name


def online_schema_in(connection: Postgres, environment: str) -> str:
    """The schema of what an environment keeps online, which lies apart whatever the suffix."""
    return _schema_in(connection.online_schema, environment)


def _schema_in(schema: str, environment: str) -> str:
    return schema if environment == "prod" else f"{schema}__{environment}"


def place_of(target: Target, options: PostgresTarget, context: TargetContext) -> str:
    """Where a target is written, for people. Reaches no server."""
    _, connection = connection_of(target, None, context)
    named = table_of(options.table or target.node.name, connection.schema)
    table, found = isolated(named, connection, context)
    isolated_schema(connection.delivery_schema, context)
    other = found.dbname if found.dbname != connection.dbname else None
    return f"{other}.{table}" if other else str(table)


def _database(connection: Postgres, context: TargetContext) -> tuple[str, ...]:
    if context.environment == "prod" or context.suffix not in ("database", "catalog"):
        return ()
    if connection.dbname is None or connection.embedded:
        raise NodeError(
            f"the connection does not name a database, which environments.suffix:"
            f" {context.suffix} needs",
            code="SK0832",
            help="write database: in profiles.yml, or suffix: schema in seeknal_project.yml",
        )
    return (connection.dbname,)
