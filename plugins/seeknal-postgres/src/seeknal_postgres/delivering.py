"""One delivery: one transaction that locks, loads, checks, replaces and records it.

Readers see the rows of before or those of after, whenever it ends and however.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.plugin import (
    Delivered,
    DeliveryError,
    RowsRefused,
    TargetGone,
    TargetStands,
    quote_identifier,
    rows_to_write,
    span_of,
)
from seeknal_postgres import ledger, tables
from seeknal_postgres.batch import refuse_nul, writings_of
from seeknal_postgres.cancelling import cancellable
from seeknal_postgres.catalogue import table_of
from seeknal_postgres.connecting import connect, kept_of, told
from seeknal_postgres.connections import connection_of
from seeknal_postgres.hooks import after_rows, before_rows, counted_anew
from seeknal_postgres.isolating import isolated, isolated_schema, online_schema_in
from seeknal_postgres.keeping import delete, may_keep_back, number, refuse_fewer
from seeknal_postgres.loading import STAGE, for_table, load, refuse_unfit, stage, telling
from seeknal_postgres.names import CODE, HELP, too_long
from seeknal_postgres.replacing import replace_all
from seeknal_postgres.reserved import refuse_reserved
from seeknal_postgres.timerange import replaced_range
from seeknal_postgres.upserting import (
    insert_new,
    insert_on_conflict,
    missing,
    outdated,
    update_changed,
)
from seeknal_postgres.work import Work

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import (
        DeliveryContext,
        Range,
        Relation,
        Target,
    )
    from seeknal_postgres.catalogue import Table
    from seeknal_postgres.options import Postgres, PostgresTarget

    Server = psycopg.Connection[Any]

_AT_ONCE = 1_000
"""Ranges that one statement removes: a scan of the table for each would be slow."""

_FILLED_ITSELF = "428C9"
"""Another value for an identity that is always generated."""
LOST = "the connection was lost after it was committed"


def deliver(
    target: Target, options: PostgresTarget, relation: Relation, context: DeliveryContext
) -> Delivered:
    """Write ``relation`` to its table. Raises DeliveryError or ConnectionFailed."""
    name, connection = connection_of(target, None, context)
    named = table_of(options.table or relation.node.name, connection.schema)
    table, connection = isolated(named, connection, context)
    ledger_schema = isolated_schema(connection.delivery_schema, context)
    refuse_reserved(table, ledger_schema, online_schema_in(connection, context.environment))
    check_names(relation, table, ledger_schema)
    work = _prepare(target, options, relation, context, connection, table)
    return evolve(_carry_out(work, name), span=span_of(work.ranges))


def check_names(relation: Relation, table: Table, ledger: str) -> None:
    """Raises DeliveryError for names that the server would cut off."""
    columns = [("column", name) for name in relation.names]
    names = [("schema", table.schema), ("table", table.name), ("schema", ledger), *columns]
    fault = next(too_long(names), None)
    if fault is not None:
        raise RowsRefused(fault, code=CODE, help=HELP)


def _prepare(
    target: Target,
    options: PostgresTarget,
    relation: Relation,
    context: DeliveryContext,
    connection: Postgres,
    table: Table,
) -> Work:
    """Look for everything that can be found wrong without the server."""
    found = rows_to_write(
        target,
        relation,
        context,
        keys=options.unique_keys,
        time_column=options.time_column,
        lookback=options.lookback,
        find_range=replaced_range,
    )
    return Work(
        target=target,
        options=options,
        table=table,
        relation=found.relation,
        writings=writings_of(found.relation, context),
        context=context,
        connection=connection,
        ranges=found.ranges,
        keys=options.unique_keys if target.mode == "upsert_by_key" else (),
    )


def _carry_out(work: Work, name: str) -> Delivered:
    import psycopg

    server = connect(name, work.connection, work.context.project_root)
    try:
        with cancellable(server, work.context):
            done = _transaction(server, work)
    except psycopg.OperationalError as error:
        rows = rows_after_loss(work, error, lambda: _rows_of(work, name))
        done = Delivered(rows=rows, detail=LOST)
    except psycopg.Error as error:
        raise refused(work, error) from None
    finally:
        server.close()
    return done


def _transaction(server: Server, work: Work) -> Delivered:
    ledger.prepare(server, work.ledger)
    with server.transaction():
        hold(server, work.connection, work.table)
        there = tables.columns_of(server, work.table)
        id = work.context.delivery_id
        before = ledger.delivered_rows(server, work.ledger, id, str(work.table))
        if not there and _is_gone(work, before):
            raise TargetGone(f"there is no table {work.table} any more")
        if before is not None:
            return Delivered(rows=before, detail="was delivered before")
        if there and work.context.anew and _has_rows(server, work):
            raise TargetStands(f"there is a table {work.table}")
        if _is_there(server, work):
            return Delivered(rows=0, detail="was delivered already")
        before_rows(server, work)
        rows, detail = _insert_rows(server, work, _still_there(server, work, there))
        after_rows(server, work)
        oid, total = _table_now(server, work, rows, created=not there)
        ledger.record(server, work.ledger, (*_marker(work, rows), oid, total))
    return Delivered(rows=rows, detail=detail, created=not there)


def _has_rows(server: Server, work: Work) -> bool:
    return bool(number(server, f"SELECT EXISTS (SELECT FROM {work.table.quoted})::int"))


def _still_there(
    server: Server, work: Work, there: tuple[tables.TableColumn, ...]
) -> tuple[tables.TableColumn, ...]:
    """The table's columns as the hooks before the rows have left them."""
    if not work.options.pre_hook:
        return there
    now = tables.columns_of(server, work.table)
    if there and not now and (work.target.accumulates or work.target.by_range):
        raise DeliveryError(
            f"pre_hook has removed {work.table}, whose earlier rows are not delivered again;"
            " nothing was changed",
            code="SK1371",
            help="mode: full makes the table anew with each delivery",
        )
    return now


def _table_now(server: Server, work: Work, rows: int, *, created: bool) -> tuple[int, int | None]:
    """The table's oid and its rows, as far as nobody but us has written to it."""
    if work.options.post_hook and not tables.columns_of(server, work.table):
        raise DeliveryError(
            f"post_hook has removed {work.table}; nothing was changed",
            code="SK1371",
            help="leave the table where it is, under its name",
        )
    oid, total = ledger.table_now(server, work.ledger, work.table, created=created)
    if total is not None and work.mode == "full":
        # Attempts that were taken back are counted among what was written.
        total = rows
    if total is not None and counted_anew(work):
        total = number(server, f"SELECT count(*) FROM {work.table.quoted}")
    return oid, total


def _is_gone(work: Work, before: int | None) -> bool:
    """Whether a table that is missing has been there, and has to be whole when it is made again.

    ``before``: how many rows this very delivery has brought.
    """
    return work.context.partial or bool(work.context.replaced and before is not None)


def hold(server: Server, connection: Postgres, table: Table) -> None:
    """Be the only delivery to a table until the transaction ends; nobody waits for ever."""
    limit = int(connection.lock_timeout.seconds * 1000)
    server.execute("SELECT set_config('lock_timeout', %s, true)", [f"{limit}ms"])
    lock = [ledger.lock_of(table)]
    server.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", lock)


def _is_there(server: Server, work: Work) -> bool:
    """Whether an append was made before, of which only the table's own record is left."""
    context = work.context
    if work.mode != "append" or context.recorded or not tables.columns_of(server, work.table):
        return False
    node, table = str(work.relation.node), str(work.table)
    place = (work.ledger, table, node, context.environment, context.project)
    last = ledger.last_output(server, *place)
    return last is not None and last[1] == context.output_id


def _marker(work: Work, rows: int) -> tuple[object, ...]:
    spans = [work.ranges[0]] if len(work.ranges) == 1 else []
    times = next(((str(entry.start), str(entry.end)) for entry in spans), (None, None))
    context = work.context
    identity = (context.delivery_id, str(work.table), str(work.relation.node))
    return (
        *identity,
        context.environment,
        context.run_id,
        work.mode,
        rows,
        *times,
        context.output_id,
        context.project,
    )


def _insert_rows(
    server: Server, work: Work, there: tuple[tables.TableColumn, ...]
) -> tuple[int, str]:
    """Write the rows as the mode says; gives how many, and what people want to know of it."""
    if not there:
        return _create_table(server, work)
    server.execute(f"LOCK TABLE {work.table.quoted} IN ROW EXCLUSIVE MODE".encode())
    if work.mode == "full":
        return replace_all(server, work, there)
    if work.relation.rows == 0 and not work.ranges:
        # What types they would have had is nothing that a table could refuse.
        return 0, "no rows"
    there = evolve_table(server, work, there)
    if work.mode == "incremental_by_time":
        return _incremental(server, work, there)
    if work.mode == "append":
        return load(server, work, there), ""
    return upsert(server, work, there)


def _create_table(server: Server, work: Work) -> tuple[int, str]:
    if not work.options.create_table:
        raise DeliveryError(
            f"there is no table {work.table}, and create_table is false",
            code="SK1341",
            help="create it, or leave create_table out",
        )
    create_table(server, work)
    rows = load(server, work, tables.columns_of(server, work.table))
    if work.context.replaced:
        # Else each delivery of one range would look through all of the table.
        work.told(tables.index(server, work.table, work.context.replaced[-1].column))
    return rows, f"Created table {work.table}"


def create_table(server: Server, work: Work) -> None:
    """Make the table of a work, with what stands in it beside the rows."""
    made = work.made(work.writings)
    work.told(tables.create(server, work.table, made, work.keys, work.beside))


def evolve_table(
    server: Server, work: Work, there: tuple[tables.TableColumn, ...]
) -> tuple[tables.TableColumn, ...]:
    """Add the columns that the rows have and the table lacks; gives the columns that it has then.

    Raises RowsRefused when the table cannot take the rows.
    """
    change = tables.change_of(there, work.writings)
    if change.retyped:
        raise RowsRefused(
            f"{work.table} does not fit: {tables.Change(retyped=change.retyped)}",
            code="SK1343",
            help="cast the column in the node's SQL, or change the table",
        )
    _refuse_computed(work, there)
    refuse_unfit(work, there)
    missing = [column.name for column in change.removed if column.required]
    if missing:
        raise RowsRefused(
            f"{work.table} needs values for {', '.join(missing)}, which the rows do not have",
            code="SK1344",
        )
    if change.removed:
        names = ", ".join(column.name for column in change.removed)
        work.context.log.warning("%s keeps the column %s, which the rows lack", work.table, names)
    if not change.added:
        return there
    if work.options.schema_change == "fail":
        raise RowsRefused(
            f"{work.table} has no column for {', '.join(new.name for new in change.added)}",
            code="SK1345",
            help="schema_change: evolve adds it, or take it out of the node's SQL",
        )
    added = tables.Change(added=work.made(change.added))
    work.told(tables.alter(server, work.table, added))
    return tables.columns_of(server, work.table)


def _refuse_computed(work: Work, there: Sequence[tables.TableColumn]) -> None:
    """Raises RowsRefused for columns whose values the table makes itself."""
    computed = {column.name for column in there if column.generated}
    found = [writing.name for writing in work.writings if writing.name in computed]
    if found:
        raise RowsRefused(
            f"{work.table} does not fit: it makes the values of {', '.join(found)} itself",
            code="SK1343",
            help="leave the column out in the node's SQL",
        )


def _incremental(
    server: Server, work: Work, there: Sequence[tables.TableColumn]
) -> tuple[int, str]:
    if not work.ranges:
        return 0, "no rows: nothing to replace"
    gone = 0
    for first in range(0, len(work.ranges), _AT_ONCE):
        ranges = work.ranges[first : first + _AT_ONCE]
        where = " OR ".join(map(_within, ranges))
        ends = [end for entry in ranges for end in (entry.start, entry.end)]
        gone += delete(server, work.table, where, ends)
    return load(server, work, there), f"{gone:,} replaced"


def _within(entry: Range) -> str:
    column, end = quote_identifier(entry.column), "<=" if entry.closed else "<"
    return f"({column} >= %s AND {column} {end} %s)"


def upsert(server: Server, work: Work, there: Sequence[tables.TableColumn]) -> tuple[int, str]:
    """Bring the rows in by their keys; gives how many, and what people want to know of it."""
    rows, touched = put_in_place(server, work, there)
    return rows, f"{touched:,} changed"


def put_in_place(
    server: Server, work: Work, there: Sequence[tables.TableColumn]
) -> tuple[int, int]:
    """Bring the rows in by their keys; gives how many, and how many of the table they changed."""
    types = {column.name: column for column in there}
    work = for_table(work, types)
    rows = stage(server, work)
    is_unique = tables.has_unique(server, work.table, work.keys)
    if not is_unique:
        work.context.log.warning(
            "%s has no unique index on %s: it is locked against other writers while it is written",
            work.table,
            ", ".join(work.keys),
        )
        server.execute(f"LOCK TABLE {work.table.quoted} IN SHARE ROW EXCLUSIVE MODE".encode())
        server.execute(f"ANALYZE {STAGE}".encode())
    statements = (
        [insert_on_conflict(work, types, STAGE)]
        if is_unique
        else [update_changed(work, types, STAGE), insert_new(work, types, STAGE)]
    )
    with telling(server, work, types):
        touched = _all_touched(server, work, types, rows, statements)
    return rows, touched


def _all_touched(
    server: Server,
    work: Work,
    types: Mapping[str, tables.TableColumn],
    rows: int,
    statements: Sequence[str],
) -> int:
    """How many rows of the table an upsert changes. Raises DeliveryError where some are kept back.

    What a trigger makes of a new row may be what is there already: it is not written again, and
    nothing but its key tells that it has arrived.
    """
    events = may_keep_back(server, work.table)
    new, old = missing(work, types, STAGE), outdated(work, types, STAGE)
    wanted = None
    if "UPDATE" in events and "INSERT" not in events:
        wanted = number(server, new) + number(server, old)
    touched = sum(server.execute(statement.encode()).rowcount for statement in statements)
    if wanted is not None:
        refuse_fewer(touched, wanted)
    if "INSERT" in events:
        refuse_fewer(rows - number(server, new), rows)
    return touched


def rows_after_loss(
    work: Work, error: psycopg.OperationalError, committed: Callable[[], int | None]
) -> int:
    """A connection lost during COMMIT leaves open what happened: the server is asked.

    Raises what refuses the work where it did not commit, and where nobody answers.
    """
    if error.sqlstate is not None and not error.sqlstate.startswith(("08", "57P")):
        raise refused(work, error)
    try:
        rows = committed()
    except Exception:
        rows = None
    if rows is None:
        raise refused(work, error)
    return rows


def _rows_of(work: Work, name: str) -> int | None:
    with connect(name, work.connection, work.context.project_root) as server:
        id = work.context.delivery_id
        return ledger.delivered_rows(server, work.ledger, id, str(work.table))


def refused(work: Work, error: psycopg.Error) -> DeliveryError:
    text = told(error, work.private)
    if error.sqlstate in ("22021", "22P05"):
        # Only now is it worth a look at every text.
        refuse_nul(work.relation, work.context)
    if error.sqlstate == "55P03":
        return DeliveryError(
            f"another delivery holds {work.table} (waited {work.connection.lock_timeout}): {text}",
            code="SK1346",
            help="run again when it has ended; lock_timeout: 5m waits longer",
        )
    # Data and integrity faults, and limits that a row exceeds, are there at each attempt.
    lasting = (error.sqlstate or "").startswith(("22", "23", "54"))
    kind = RowsRefused if lasting else DeliveryError
    column = error.diag.column_name or _copied(error)
    place = f"{work.table}.{column}" if column else str(work.table)
    # What a trigger advises may hold values as well.
    hint = None if work.private else error.diag.message_hint
    if error.sqlstate == _FILLED_ITSELF:
        hint = "let it be GENERATED BY DEFAULT, or leave the column out in the node's SQL"
    kept = f"{place}: {kept_of(error)}"
    return kind(f"{place}: {text}", code="SK1347", help=hint or "it holds what it held", kept=kept)


def _copied(error: psycopg.Error) -> str | None:
    """The column that the server was reading when a COPY failed."""
    found = re.search(r"^COPY .*, column (.+?)(?:: .*)?$", error.diag.context or "", re.MULTILINE)
    return found[1] if found else None
