"""Dropping a table that nothing is delivered to any more: only one that is ours alone."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from seeknal.plugin import DeliveryError, Fate
from seeknal_starrocks import ledger, twins
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.isolating import (
    connection_of,
    isolated,
    ledger_of,
    named,
    within_default,
)
from seeknal_starrocks.owners import owner_of
from seeknal_starrocks.server import Lost, Server, text
from seeknal_starrocks.tables import standing as found_there

if TYPE_CHECKING:
    from seeknal.plugin import Standing, Target, TargetContext
    from seeknal_starrocks.marks import Mark
    from seeknal_starrocks.options import StarRocksTarget
    from seeknal_starrocks.owners import Owner
    from seeknal_starrocks.tablename import Table


def drop(
    target: Target,
    options: StarRocksTarget,
    standing: Standing,
    context: TargetContext,
    *,
    dry_run: bool,
) -> Fate:
    """Drop the table, and what deliveries to it have left. Raises DeliveryError."""
    name, connection = connection_of(target, context)
    table = isolated(named(target, options, name, connection), context)
    told = ledger_of(connection, context)
    with closing(Server.opened(name, within_default(name, connection))) as server:
        try:
            found = found_there(server, table)
        except Lost:
            raise
        except DeliveryError:
            return _kept("it is a view, which seeknal does not make")
        if found is None:
            if not dry_run:
                twins.drop_left(server, table)
            return Fate(verdict="gone")
        why = _is_not_ours(server, table, told, found.mark, standing, context)
        if why := why or _dependent(server, table):
            return _kept(why)
        if not dry_run:
            twins.drop_left(server, table)
            server.ask(f"DROP TABLE {table.quoted}")
        why = _left_empty(server, table, context)
    return Fate(verdict="dropped", why=why)


def _kept(why: str) -> Fate:
    return Fate(verdict="kept", why=why)


def _left_empty(server: Server, table: Table, context: TargetContext) -> str:
    """That an environment's database stays, which had nothing but the table.

    A database has no comment that could tell whether we have made it, and DROP DATABASE would take
    along what somebody else makes there meanwhile.
    """
    database = table.database
    if context.environment == "prod" or not database.endswith(f"__{context.environment}"):
        return ""
    others = server.number(
        f"SELECT count(*) FROM information_schema.tables WHERE TABLE_SCHEMA = {text(database)}"
        f" AND TABLE_NAME <> {text(table.name)}"
    )
    if others:
        return ""
    return f"the database {database} has no other table and stays: nothing tells who made it"


def _is_not_ours(
    server: Server,
    table: Table,
    told: Table,
    mark: Mark | None,
    standing: Standing,
    context: TargetContext,
) -> str | None:
    """What speaks against it by its comment, its rows and the table of deliveries."""
    if mark is None:
        return "its comment does not say that seeknal delivered to it"
    ours = owner_of(context)
    others = [each for each in _owners(server, told, table, mark) if each != ours]
    if others:
        return others[0].told_to(ours)
    if mark.node != str(standing.node):
        return f"{mark.node} delivered to it"
    if not mark.made:
        return "seeknal did not make it"
    delivery, rows = mark.delivery, mark.rows
    if not delivery:
        last = ledger.last(server, told, table)
        if last is None:
            return "there is no record of a delivery to it"
        delivery, rows = last.delivery, last.total
    if delivery not in standing.deliveries:
        return (
            f"its last delivery, {delivery}, was not made from here: another copy of the project"
            " delivers to it"
        )
    now = server.number(f"SELECT count(*) FROM {table.quoted}")
    if now != rows:
        return f"somebody else has written to it: it has {now:,} rows, and {rows:,} were left there"
    return None


def _owners(server: Server, told: Table, table: Table, mark: Mark) -> list[Owner]:
    """All that are known to have delivered to it."""
    return [*mark.owners, *ledger.owners(server, told, table)]


def _dependent(server: Server, table: Table) -> str | None:
    """What reads the table, as far as its text names it."""
    views = server.ask(
        "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.tables"
        f" WHERE TABLE_TYPE = 'VIEW' AND TABLE_SCHEMA <> {text('information_schema')}"
    )
    for database, name in views:
        place = f"{quoted(str(database))}.{quoted(str(name))}"
        shown = _definition(server, place)
        if table.name.lower() in shown.lower():
            return f"the view {database}.{name} reads it"
    return None


def _definition(server: Server, place: str) -> str:
    """What a view is made of; of a materialized one too."""
    try:
        return str(server.ask(f"SHOW CREATE VIEW {place}")[0][-1])
    except Lost:
        raise
    except DeliveryError:
        return str(server.ask(f"SHOW CREATE MATERIALIZED VIEW {place}")[0][-1])
