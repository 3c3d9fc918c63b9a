"""Mode upsert_by_key: rows take the place of those with their key, in a primary key table."""

from __future__ import annotations

import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import ConnectionFailed, Delivered, DeliveryError, RowsRefused
from seeknal_starrocks import ledger, transactions
from seeknal_starrocks.cancelling import cancellable
from seeknal_starrocks.cluster import door_of
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.fitting import refuse_change, refuse_fewer, refuse_place, refuse_unfit
from seeknal_starrocks.ledger import Entry
from seeknal_starrocks.making import create, ensure_database
from seeknal_starrocks.marks import words_of, written
from seeknal_starrocks.parts import parts_of
from seeknal_starrocks.server import text
from seeknal_starrocks.tables import Standing, TableColumn, add_columns, change_of, plain, standing
from seeknal_starrocks.writetypes import as_key, sorted_first

if TYPE_CHECKING:
    from seeknal_starrocks.http import Door
    from seeknal_starrocks.server import Server
    from seeknal_starrocks.work import Work

_TRIES = 3
_PAUSE = 0.5


def upsert(work: Work) -> Delivered:
    """Deliver in one transaction. Raises DeliveryError or ConnectionFailed."""
    server = work.opened()
    try:
        ensure_database(server, work.table.database)
        ledger.prepare(work, server)
        there = standing(server, work.table)
        door = door_of(work.name, work.connection, server)
        _settle(work, server, door)
        before = ledger.done(work, server)
        if before is not None and there is not None:
            rows = before.rows if before.rows >= 0 else work.relation.rows
            return Delivered(rows=rows, detail="was delivered before")
        refuse_place(work, server, there)
        created = there is None
        there = _made_ready(work, server, there)
        rows = _carry_out(work, server, door, there)
    finally:
        server.close()
    return Delivered(
        rows=rows, detail=f"Created table {work.table}" if created else "", created=created
    )


def _settle(work: Work, server: Server, door: Door) -> None:
    """Let no earlier attempt be seen later than this one. Raises DeliveryError."""
    for entry in ledger.open_attempts(work, server):
        seen = transactions.settle(work.loading(door, work.table), entry.label)
        ledger.record(work, server, entry, "done" if seen else "undone")


def _made_ready(work: Work, server: Server, there: Standing | None) -> Standing:
    """The table with the columns that the rows need. Raises DeliveryError."""
    if there is None:
        refuse_unfit(work, _to_be(work))
        mark = evolve(work.beginning, made=work.made)
        server.ask(create(work, work.table, written(mark)))
    else:
        _refuse_other_keys(work, there)
        refuse_change(work, there)
        refuse_unfit(work, there)
        _remember(work, server, there)
        add_columns(server, work.table, change_of(there, work.writings).added)
    found = standing(server, work.table)
    if found is None:
        raise DeliveryError(f"the table {work.table} was made and is not there", code="SK1942")
    refuse_unfit(work, found)
    return found


def _remember(work: Work, server: Server, there: Standing) -> None:
    """Let the comment of a table tell that somebody else delivers to it than before.

    Who keeps his record of deliveries in another database finds it there.
    """
    mark = there.mark
    if mark is None or mark.other is not None or mark.owner == work.owner:
        return
    comment = written(mark.beside(work.owner), words_of(there.comment))
    server.ask(f"ALTER TABLE {work.table.quoted} COMMENT = {text(comment)}")


def _to_be(work: Work) -> Standing:
    """The table as it will be made."""
    columns = [
        TableColumn(name=writing.name, type=plain(as_key(writing).type), nullable=False, key="PRI")
        if writing.name in work.keys
        else TableColumn(name=writing.name, type=plain(writing.type), nullable=True)
        for writing in sorted_first(work.writings, work.keys)
    ]
    return Standing(table=work.table, columns=tuple(columns), comment="")


def _refuse_other_keys(work: Work, there: Standing) -> None:
    """Raises RowsRefused for a table whose rows are told apart by something else."""
    wanted = sorted(key.lower() for key in work.keys)
    if sorted(key.lower() for key in there.primary) != wanted:
        has = f"PRIMARY KEY ({', '.join(there.primary)})" if there.primary else "no primary key"
        raise RowsRefused(
            f"{work.table} has {has}, and unique_keys are {', '.join(work.keys)}",
            code="SK1952",
            help=_way_out(work, there),
        )


def _way_out(work: Work, there: Standing) -> str:
    """How the table gets other keys and no row is lost, nor takes the place of a newer one."""
    help = "unique_keys: those of the table, or give the target another table"
    if not {key.lower() for key in work.keys} <= there.by_name.keys():
        return help
    before = work.table.beside(f"{work.table.name}_before")
    names = ", ".join(quoted(column.name) for column in there.columns)
    same = " AND ".join(f"new.{quoted(key)} = old.{quoted(key)}" for key in work.keys)
    return (
        f"{help}; or let it be made anew: ALTER TABLE {work.table.quoted} RENAME"
        f" {quoted(before.name)}, run again, and bring the rows of other keys, one of each:"
        f" INSERT INTO {work.table.quoted} ({names}) SELECT {names}"
        f" FROM {before.quoted} AS old WHERE NOT EXISTS"
        f" (SELECT 1 FROM {work.table.quoted} AS new WHERE {same})"
    )


def _carry_out(work: Work, server: Server, door: Door, there: Standing) -> int:
    """Send the rows, once, whatever becomes of the answers; gives how many."""
    if work.relation.rows == 0:
        return 0
    partial = bool(change_of(there, work.writings).removed)
    work = work.spelt(there)
    loading = work.loading(door, work.table, partial=partial)
    entry = Entry(
        label=ledger.new_label(work), delivery=work.context.delivery_id, rows=-1, total=-1
    )
    ledger.record(work, server, entry, "begun")
    try:
        with cancellable(server, work.context) as reached:
            reached.by(door)
            parts = parts_of(work.relation, work.writings, work.context, work.private)
            rows = transactions.send(loading, entry.label, parts)
            refuse_fewer(work, rows)
    except BaseException:
        # What this cannot take back is taken back before anything else is delivered.
        with suppress(DeliveryError):
            transactions.roll_back(evolve(loading, door=door.again()), entry.label)
        raise
    if not transactions.commit(loading, entry.label):
        raise DeliveryError(
            f"StarRocks took the transaction back; {work.table} holds what it held", code="SK1940"
        )
    _tell(work, server, evolve(entry, rows=rows))
    return rows


def _tell(work: Work, server: Server, entry: Entry) -> None:
    """That the rows are there. Where nobody hears it, their label tells the next delivery."""
    for tried in range(_TRIES):
        try:
            with closing(work.opened() if tried else server) as asked:
                total = asked.number(f"SELECT count(*) FROM {work.table.quoted}")
                ledger.record(work, asked, evolve(entry, total=total), "done")
        except (DeliveryError, ConnectionFailed):
            time.sleep(_PAUSE * tried)
        else:
            return
