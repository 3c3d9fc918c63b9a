"""Dropping a table that nothing is delivered to any more: only one that is ours alone."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import (
    DeliveryError,
    Fate,
    quote_identifier,
    quote_name,
    scrub,
)
from seeknal_postgres import ledger, tables
from seeknal_postgres.catalogue import table_of
from seeknal_postgres.connecting import connect, said
from seeknal_postgres.connections import connection_of
from seeknal_postgres.isolating import isolated, isolated_schema

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import (
        Standing,
        Target,
        TargetContext,
    )
    from seeknal_postgres.catalogue import Table
    from seeknal_postgres.options import PostgresTarget

    Server = psycopg.Connection[Any]

_KIND = """
    SELECT c.relkind::text,
        EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid),
        EXISTS (SELECT FROM pg_catalog.pg_publication_rel p WHERE p.prrelid = c.oid)
    FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(%s)
"""
_DELIVERIES = """
    SELECT delivery_id, project, environment, node, table_oid::bigint, total, first_xid,
        xmin::text::bigint
    FROM {table} WHERE table_name = %s ORDER BY delivered_at DESC
"""
_ROWS = """
    SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
        SELECT FROM unnest(%s::bigint[], %s::bigint[]) AS ours(low, high)
        WHERE t.xmin::text::bigint BETWEEN ours.low AND ours.high))
    FROM {table} AS t
"""
_UNTOUCHED = """
    SELECT FROM pg_catalog.pg_namespace
    WHERE obj_description(oid, 'pg_namespace') = %s AND nspname = %s AND nspacl IS NULL
"""
"""A schema that we have made and to which nobody was given any right."""
_FORGET = "DELETE FROM {table} WHERE table_name = %s AND project = %s AND environment = %s"


@frozen(kw_only=True)
class _Told:
    """One delivery as the ledger tells of it."""

    delivery_id: str
    project: str | None
    environment: str
    node: str
    oid: int | None
    total: int | None
    low: int | None
    high: int


def drop(
    target: Target,
    options: PostgresTarget,
    standing: Standing,
    context: TargetContext,
    *,
    dry_run: bool,
) -> Fate:
    """Drop the table, in one transaction that looks at it under its lock.

    Raises DeliveryError or ConnectionFailed.
    """
    import psycopg

    name, connection = connection_of(target, None, context)
    named = table_of(options.table or target.node.name, connection.schema)
    table, connection = isolated(named, connection, context)
    schema = isolated_schema(connection.delivery_schema, context)
    server = connect(name, connection, context.project_root)
    try:
        with server.transaction(force_rollback=dry_run):
            limit = int(connection.lock_timeout.seconds * 1000)
            server.execute("SELECT set_config('lock_timeout', %s, true)", [f"{limit}ms"])
            lock = [ledger.lock_of(table)]
            server.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", lock)
            if (fate := _without_looking(server, table)) is not None:
                return fate
            if not dry_run:
                # Nobody writes between the look at its rows and its end.
                server.execute(f"LOCK TABLE {table.quoted} IN ACCESS EXCLUSIVE MODE".encode())
            return _dropped(server, table, schema, standing, context)
    except psycopg.errors.DependentObjectsStillExist as error:
        return Fate(verdict="kept", why=scrub(_on_one_line(said(error))))
    except psycopg.errors.LockNotAvailable:
        why = f"somebody is using it (waited {connection.lock_timeout} for its lock)"
        return Fate(verdict="kept", why=why)
    except psycopg.Error as error:
        raise DeliveryError(f"{table}: {scrub(said(error))}", code="SK1347") from None
    finally:
        server.close()


def _without_looking(server: Server, table: Table) -> Fate | None:
    """What is to be said of it by what it is, None where its rows decide."""
    row = server.execute(_KIND, [table.quoted]).fetchone()
    if row is None:
        return Fate(verdict="gone")
    kind, inherits, published = row
    if kind != "r":
        return _kept("it is a view or a partitioned table, which seeknal does not make")
    if inherits:
        return _kept("it is a partition or a child of another table")
    if published:
        return _kept("it belongs to a publication, by which others read it")
    return None


def _dropped(
    server: Server, table: Table, schema: str, standing: Standing, context: TargetContext
) -> Fate:
    told = _told(server, table, schema)
    row = server.execute("SELECT to_regclass(%s)::oid::bigint", [table.quoted]).fetchone()
    if row is None or row[0] is None:
        return Fate(verdict="gone")
    if why := _is_not_ours(told, row[0], standing, context) or _others_wrote(server, table, told):
        return _kept(why)
    server.execute(f"DROP TABLE {table.quoted}".encode())
    forget = _FORGET.format(table=quote_name(schema, ledger.TABLE))
    server.execute(forget.encode(), [str(table), context.project, context.environment])
    if context.environment != "prod":
        _tidy(server, table, schema, context)
    return Fate(verdict="dropped")


def _tidy(server: Server, table: Table, ledger_schema: str, context: TargetContext) -> None:
    """Drop the environment's own schemas once they are empty, the ledger's with the ledger."""
    own = [
        name for name in (table.schema, ledger_schema) if name.endswith(f"__{context.environment}")
    ]
    if ledger_schema in own:
        told = quote_name(ledger_schema, ledger.TABLE)
        row = server.execute(f"SELECT EXISTS (SELECT FROM {told})".encode()).fetchone()
        if row and not row[0]:
            server.execute(f"DROP TABLE {told}".encode())
    for name in own:
        _drop_schema(server, name)


def _drop_schema(server: Server, name: str) -> None:
    import psycopg

    row = server.execute(_UNTOUCHED, [tables.MADE, name]).fetchone()
    if row is None:
        return
    with suppress(psycopg.errors.DependentObjectsStillExist), server.transaction():
        server.execute(f"DROP SCHEMA {quote_identifier(name)}".encode())


def _kept(why: str) -> Fate:
    return Fate(verdict="kept", why=why)


def _told(server: Server, table: Table, schema: str) -> list[_Told]:
    """What the ledger tells of the table, the newest delivery first; nothing without one."""
    if not ledger.is_ready(server, schema):
        return []
    query = _DELIVERIES.format(table=quote_name(schema, ledger.TABLE))
    rows = server.execute(query.encode(), [str(table)]).fetchall()
    names = ("delivery_id", "project", "environment", "node", "oid", "total", "low", "high")
    return [_Told(**dict(zip(names, row, strict=True))) for row in rows]


def _is_not_ours(
    told: list[_Told], oid: int, standing: Standing, context: TargetContext
) -> str | None:
    """What the ledger says against it."""
    if not told:
        return "its database has no record that seeknal delivered to it"
    ours = (context.project, context.environment)
    for entry in told:
        if entry.oid in (oid, None) and (entry.project, entry.environment) != ours:
            project = entry.project or "another version of seeknal"
            return f"{project} delivered to it too, from environment {entry.environment}"
    newest = told[0]
    if newest.delivery_id not in standing.deliveries:
        return (
            f"its last delivery, {newest.delivery_id}, was not made from here: another copy of"
            " the project delivers to it"
        )
    if newest.total is None or newest.oid != oid:
        return "seeknal did not make it, or an earlier version did"
    return None


def _others_wrote(server: Server, table: Table, told: list[_Told]) -> str | None:
    """Whether anybody else has written to it, by which transactions its rows are of."""
    oid = told[0].oid
    ours = [(entry.low, entry.high) for entry in told if entry.oid == oid and entry.low]
    query = _ROWS.format(table=table.quoted)
    lows, highs = [low for low, _ in ours], [high for _, high in ours]
    row = server.execute(query.encode(), [lows, highs]).fetchone()
    assert row is not None
    if row[1]:
        return f"somebody else has written to it: {row[1]:,} of its rows are not ours"
    if row[0] != told[0].total:
        return (
            f"somebody else has written to it: it has {row[0]:,} rows, and"
            f" {told[0].total:,} were left there"
        )
    return None


def _on_one_line(text: str) -> str:
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())
