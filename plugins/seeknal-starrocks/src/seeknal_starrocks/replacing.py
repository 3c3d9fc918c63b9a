"""Modes full and incremental_by_time: a twin is filled and swapped with the table.

StarRocks has no transaction over statements, and SWAP is one that changes all that readers see at
once, the comment too, which says whose delivery it is.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plugin import Delivered, DeliveryError, RowsRefused, TargetGone
from seeknal_starrocks import granting, twins, views
from seeknal_starrocks.cancelling import cancellable
from seeknal_starrocks.cluster import door_of
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.fitting import refuse_change, refuse_fewer, refuse_place, refuse_unfit
from seeknal_starrocks.keeping import keep
from seeknal_starrocks.loading import load
from seeknal_starrocks.making import create, ensure_database
from seeknal_starrocks.marks import words_of, written
from seeknal_starrocks.parts import parts_of
from seeknal_starrocks.server import Lost, text
from seeknal_starrocks.tables import add_columns, change_of, standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeknal_starrocks.http import Door
    from seeknal_starrocks.server import Server
    from seeknal_starrocks.tablename import Table
    from seeknal_starrocks.tables import Standing
    from seeknal_starrocks.work import Work


@frozen(kw_only=True)
class _Filled:
    """A twin that holds all that the table is to hold."""

    twin: Table
    comment: str
    rows: int
    detail: str = ""


def replace(work: Work) -> Delivered:
    """Deliver by a twin. Raises DeliveryError or ConnectionFailed."""
    server = work.opened()
    try:
        ensure_database(server, work.table.database)
        twins.drop_left(server, work.table)
        there = standing(server, work.table)
        done = _without_rows(work, server, there)
        return done or _by_twin(work, server, there)
    finally:
        server.close()


def _without_rows(work: Work, server: Server, there: Standing | None) -> Delivered | None:
    """What is told where nothing is to be written. Raises TargetGone and TargetStands."""
    context, mode = work.context, work.target.mode
    mark = there.mark if there is not None else None
    ours = (context.delivery_id, context.project, context.environment)
    if mark is not None and (mark.delivery, mark.project, mark.environment) == ours:
        rows = work.relation.rows if work.relation.rows >= 0 else mark.rows
        return Delivered(rows=rows, detail="was delivered before")
    if there is None and context.partial:
        raise TargetGone(f"there is no table {work.table} any more")
    refuse_place(work, server, there)
    if there is not None and mode == "incremental_by_time" and not work.ranges:
        return Delivered(rows=0, detail="no rows: nothing to replace")
    return None


def _by_twin(work: Work, server: Server, there: Standing | None) -> Delivered:
    twin = twins.new_twin(work.table)
    try:
        with cancellable(server, work.context) as reached:
            door = reached.by(door_of(work.name, work.connection, server))
            filled = _fill(work, server, door, there, twin)
        before: Sequence[tuple[str, str]] = ()
        if there is not None:
            granting.carry(work, server, twin)
            before = views.active(server, work.table)
    except BaseException:
        _forget(work, server, twin)
        raise
    _put_in_place(work, server, filled, there)
    views.activate(work, server, before)
    _forget(work, server, twin)
    created = there is None
    detail = f"Created table {work.table}" if created else filled.detail
    return Delivered(rows=filled.rows, detail=detail, created=created)


def _fill(work: Work, server: Server, door: Door, there: Standing | None, twin: Table) -> _Filled:
    kept, detail, made = 0, "", work.made
    before = server.number(f"SELECT count(*) FROM {work.table.quoted}") if there else 0
    if there is None or not _alike(work, there):
        comment = written(work.beginning, words_of(there.comment) if there is not None else "")
        server.ask(create(work, twin, comment))
        if there is not None:
            change = change_of(there, work.writings)
            detail = f"columns changed: {change}" if change else "made anew"
    else:
        work = work.spelt(there)
        made = there.mark.made if there.mark is not None else ""
        comment = written(work.beginning, words_of(there.comment))
        server.ask(f"CREATE TABLE {twin.quoted} LIKE {work.table.quoted}")
        server.ask(f"ALTER TABLE {twin.quoted} COMMENT = {text(comment)}")
        add_columns(server, twin, change_of(there, work.writings).added)
    if there is not None and work.target.mode == "incremental_by_time":
        kept = keep(work, server, there, twin)
        detail = f"{before - kept:,} replaced"
    rows = _load(work, door, twin)
    _check_count(work, server, twin, kept + rows, before if there is not None else None)
    mark = evolve(
        work.beginning,
        delivery=work.context.delivery_id,
        output=work.context.output_id,
        rows=kept + rows,
        made=made,
        twin=twin.name,
    ).after(there.mark if there is not None else None)
    comment = written(mark, words_of(there.comment) if there is not None else "")
    server.ask(f"ALTER TABLE {twin.quoted} COMMENT = {text(comment)}")
    return _Filled(twin=twin, comment=comment, rows=rows, detail=detail)


def _alike(work: Work, there: Standing) -> bool:
    """Whether the twin is made like the table, or by the options of the target.

    A table that somebody else has made keeps what it is. Raises RowsRefused for rows that a table
    does not take which keeps its columns.
    """
    made = there.mark.made if there.mark is not None else ""
    if work.target.mode == "incremental_by_time" or not work.options.create_table or not made:
        refuse_change(work, there)
        refuse_unfit(work, there)
        return True
    change = change_of(there, work.writings)
    evolves = work.options.schema_change == "evolve" and not (change.removed or change.retyped)
    if change and not evolves:
        return False
    return made == work.made and not _any_unfit(work, there)


def _any_unfit(work: Work, there: Standing) -> bool:
    """Whether a value does not fit into its column."""
    try:
        refuse_unfit(work, there)
    except RowsRefused:
        return True
    return False


def _load(work: Work, door: Door, twin: Table) -> int:
    """Bring all rows into the twin; gives how many."""
    loading, rows = work.loading(door, twin), 0
    for number, part in enumerate(
        parts_of(work.relation, work.writings, work.context, work.private)
    ):
        load(loading, f"{twin.name[-24:]}_{number}", part)
        rows += part.rows
    refuse_fewer(work, rows)
    return rows


def _check_count(work: Work, server: Server, twin: Table, wanted: int, before: int | None) -> None:
    """Raises DeliveryError where the twin has other rows, or somebody has written to the table."""
    found = server.number(f"SELECT count(*) FROM {twin.quoted}")
    if found != wanted:
        raise DeliveryError(
            f"{found:,} of {wanted:,} rows arrived in {twin}; nothing was changed",
            code="SK1940",
            help="a table whose model merges rows, or whose partitions lack some, takes no others",
        )
    if before is None or work.target.mode != "incremental_by_time":
        return
    now = server.number(f"SELECT count(*) FROM {work.table.quoted}")
    if now != before:
        raise DeliveryError(
            f"somebody else has written to {work.table}: it has {now:,} rows, and had {before:,}",
            code="SK1949",
            help="run again when nobody else writes to it: its rows are copied meanwhile",
        )


def _put_in_place(work: Work, server: Server, filled: _Filled, there: Standing | None) -> None:
    """Let readers see the twin in place of the table. Raises DeliveryError where they do not."""
    name = quoted(filled.twin.name)
    change = (
        f"ALTER TABLE {work.table.quoted} SWAP WITH {name}"
        if there is not None
        else f"ALTER TABLE {filled.twin.quoted} RENAME {quoted(work.table.name)}"
    )
    try:
        server.ask(change)
    except DeliveryError as error:
        if not _is_in_place(work, filled, error):
            raise


def _is_in_place(work: Work, filled: _Filled, error: DeliveryError) -> bool:
    """What became of a change of places whose answer was lost.

    Before it is asked the twin is dropped: from then on nothing can change any more. It is never
    asked for again, for two of them are none.
    """
    try:
        server = work.opened()
    except Exception:
        raise error from None
    try:
        found = standing(server, work.table)
        if found is not None and found.comment == filled.comment:
            return True
        twins.drop(server, filled.twin)
        found = standing(server, work.table)
        return found is not None and found.comment == filled.comment
    except Lost:
        raise error from None
    finally:
        server.close()


def _forget(work: Work, server: Server, twin: Table) -> None:
    """Drop what is no longer wanted; the next delivery does it where this one cannot."""
    with suppress(Exception):
        try:
            twins.drop(server, twin)
        except Lost:
            again = work.opened()
            try:
                twins.drop(again, twin)
            finally:
                again.close()
