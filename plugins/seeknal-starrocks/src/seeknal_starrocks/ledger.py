"""The table of deliveries: what was begun and done in tables that keep their earlier rows.

Each attempt has a label of its own, that of its transaction. What is begun and what has ended are
rows of their own, so that a statement that comes late takes back nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from seeknal.plugin import DeliveryError
from seeknal_starrocks.making import ensure_database, written_properties
from seeknal_starrocks.owners import Owner
from seeknal_starrocks.server import text

if TYPE_CHECKING:
    from seeknal_starrocks.server import Server
    from seeknal_starrocks.tablename import Table
    from seeknal_starrocks.work import Work

State = Literal["begun", "done", "undone"]
_NAMES = (
    *("label", "state", "delivery_id", "table_name", "node", "environment", "project", "copy"),
    *("output_id", "run_id", "mode", "rows", "total", "at"),
)
_COLUMNS = """
    `label` VARCHAR(96) NOT NULL, `state` VARCHAR(8) NOT NULL, `delivery_id` VARCHAR(65533),
    `table_name` VARCHAR(65533), `node` VARCHAR(65533), `environment` VARCHAR(65533),
    `project` VARCHAR(65533), `copy` VARCHAR(65533), `output_id` VARCHAR(65533),
    `run_id` VARCHAR(65533), `mode` VARCHAR(64), `rows` BIGINT, `total` BIGINT, `at` DATETIME
"""
_CREATE = (
    f"CREATE TABLE IF NOT EXISTS {{table}} ({' '.join(_COLUMNS.split())})"
    " PRIMARY KEY (`label`, `state`)"
    " COMMENT 'what seeknal has delivered' DISTRIBUTED BY HASH(`label`) BUCKETS 1"
)


@frozen(kw_only=True)
class Entry:
    """An attempt, and how many rows it has brought. ``total``: the table has so many then."""

    label: str
    delivery: str
    rows: int
    total: int


def prepare(work: Work, server: Server) -> None:
    """Make the table where it is missing. Raises DeliveryError, also where it is another one."""
    ensure_database(server, work.ledger.database)
    rows = server.ask(
        "SELECT COLUMN_NAME FROM information_schema.columns"
        f" WHERE TABLE_SCHEMA = {text(work.ledger.database)}"
        f" AND TABLE_NAME = {text(work.ledger.name)}"
    )
    known = {str(name).lower() for (name,) in rows}
    missing = [name for name in _NAMES if name not in known]
    if not missing:
        return
    if known:
        raise DeliveryError(
            f"the table {work.ledger} is not seeknal's: it has no {', '.join(missing)}",
            code="SK1957",
            help="delivery_database: of the connection names another database for deliveries",
        )
    replicas = work.connection.replication_num
    properties = {"replication_num": str(replicas)} if replicas is not None else {}
    server.ask(_CREATE.format(table=work.ledger.quoted) + written_properties(properties))


def new_label(work: Work) -> str:
    """Of an attempt: nothing was loaded under it before."""
    context = work.context
    said = "\n".join((context.delivery_id, context.project, str(work.table)))
    return f"seeknal_{hashlib.sha256(said.encode()).hexdigest()[:32]}_{secrets.token_hex(8)}"


def record(work: Work, server: Server, entry: Entry, state: State) -> None:
    """Tell of an attempt. Told again it changes nothing."""
    context, owner = work.context, work.owner
    values = (
        *(entry.label, state, entry.delivery, str(work.table), str(work.target.node)),
        *(owner.environment, owner.project, owner.copy, context.output_id, context.run_id),
        *(work.target.mode, entry.rows, entry.total),
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
    )
    given = ", ".join(str(each) if isinstance(each, int) else text(each) for each in values)
    names = ", ".join(f"`{name}`" for name in _NAMES)
    server.ask(f"INSERT INTO {work.ledger.quoted} ({names}) VALUES ({given})")


def done(work: Work, server: Server) -> Entry | None:
    """The attempt of this delivery that has brought its rows."""
    this = f"begun.`delivery_id` = {text(work.context.delivery_id)}"
    found = _entries(server, work.ledger, work.table, f"begun.`state` = 'done' AND {this}")
    return found[-1] if found else None


def last(server: Server, ledger: Table, table: Table) -> Entry | None:
    """The last attempt that has brought rows to a table. Raises DeliveryError."""
    found = _entries(server, ledger, table, "begun.`state` = 'done'")
    return found[-1] if found else None


def owners(server: Server, ledger: Table, table: Table) -> Sequence[Owner]:
    """All that have begun to deliver to a table; none where there is no table of deliveries."""
    known = server.ask(
        "SELECT 1 FROM information_schema.tables"
        f" WHERE TABLE_SCHEMA = {text(ledger.database)} AND TABLE_NAME = {text(ledger.name)}"
    )
    if not known:
        return []
    rows = server.ask(
        f"SELECT DISTINCT `project`, `environment`, `copy` FROM {ledger.quoted}"
        f" WHERE `table_name` = {text(str(table))}"
    )
    return [
        Owner(project=project, environment=environment, copy=copy)
        for project, environment, copy in rows
    ]


def open_attempts(work: Work, server: Server) -> Sequence[Entry]:
    """Attempts at the table, of any delivery, of which it is not known how they ended."""
    open = "begun.`state` = 'begun' AND ended.`label` IS NULL"
    return _entries(server, work.ledger, work.table, open)


def _entries(server: Server, ledger: Table, table: Table, where: str) -> list[Entry]:
    """In their order."""
    columns = ", ".join(f"begun.`{name}`" for name in ("label", "delivery_id", "rows", "total"))
    rows = server.ask(
        f"SELECT {columns} FROM {ledger.quoted} AS begun"
        f" LEFT JOIN {ledger.quoted} AS ended"
        " ON ended.`label` = begun.`label` AND ended.`state` <> 'begun'"
        f" WHERE begun.`table_name` = {text(str(table))} AND {where}"
        " ORDER BY begun.`at`"
    )
    return [
        Entry(label=label, delivery=delivery, rows=int(rows), total=int(total))
        for label, delivery, rows, total in rows
    ]
