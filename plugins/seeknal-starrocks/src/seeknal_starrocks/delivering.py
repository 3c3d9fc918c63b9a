"""One delivery: what it writes is looked at, and brought in as its mode says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import NodeError, rows_to_write, span_of
from seeknal_starrocks.batch import writings_of
from seeknal_starrocks.isolating import (
    connection_of,
    isolated,
    ledger_of,
    named,
    within_default,
)
from seeknal_starrocks.replacing import replace
from seeknal_starrocks.tablename import refuse_unsendable
from seeknal_starrocks.turns import turn_of
from seeknal_starrocks.twins import LONGER
from seeknal_starrocks.work import Work

if TYPE_CHECKING:
    from seeknal.plugin import Delivered, DeliveryContext, Relation, Target
    from seeknal_starrocks.options import StarRocksTarget
    from seeknal_starrocks.tablename import Table


def deliver(
    target: Target, options: StarRocksTarget, relation: Relation, context: DeliveryContext
) -> Delivered:
    """Write ``relation`` to its table. Raises DeliveryError or ConnectionFailed."""
    name, connection = connection_of(target, context)
    table = isolated(named(target, options, name, connection), context)
    ledger = ledger_of(connection, context)
    refuse_table(table, ledger, target.mode)
    found = rows_to_write(
        target,
        relation,
        context,
        keys=options.unique_keys,
        time_column=options.time_column,
        lookback=options.lookback,
    )
    work = Work(
        target=target,
        options=options,
        table=table,
        ledger=ledger,
        relation=found.relation,
        writings=writings_of(found.relation, context),
        context=context,
        name=name,
        connection=within_default(name, connection),
        ranges=found.ranges,
        keys=options.unique_keys if target.mode == "upsert_by_key" else (),
    )
    with turn_of(work):
        return evolve(_written(work), span=span_of(work.ranges))


def _written(work: Work) -> Delivered:
    if work.target.mode == "upsert_by_key":
        from seeknal_starrocks.upserting import upsert

        return upsert(work)
    return replace(work)


def refuse_table(table: Table, ledger: Table, mode: str) -> None:
    """Raises NodeError for a table that nothing may be delivered to, or not in this mode."""
    refuse_unsendable(table, spare=0 if mode == "upsert_by_key" else LONGER)
    if table.database.lower() in ("information_schema", "sys", "_statistics_"):
        raise NodeError(
            f"{table} is a table of StarRocks' own",
            code="SK1951",
            help="table: database.name, in another database",
        )
    if table == ledger:
        raise NodeError(
            f"{table} holds what was delivered: seeknal writes it itself",
            code="SK1951",
            help="give the target another table; delivery_database: of the connection moves this",
        )
