"""Keeping rows online: one transaction that locks, compares the mark, writes and notes it.

Who looks up sees the rows of before or those of after, and hardly waits: all rows are written
beside the table, which is put in its place at the end.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve, frozen

from seeknal.plugin import (
    DeliveryError,
    RowsRefused,
    Target,
    check_keys,
    quote_identifier,
)
from seeknal_postgres import onlinemarks, tables
from seeknal_postgres.batch import writings_of
from seeknal_postgres.catalogue import Table
from seeknal_postgres.delivering import check_names, create_table, hold, put_in_place
from seeknal_postgres.fitting import cast_to
from seeknal_postgres.keeping import delete
from seeknal_postgres.loading import STAGE, for_table, load, stage
from seeknal_postgres.onlinevalues import kept
from seeknal_postgres.options import PostgresTarget
from seeknal_postgres.typename import TYPE
from seeknal_postgres.work import Work

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import Context, DeliveryContext, OnlineTable, Relation
    from seeknal_postgres.options import Postgres

    Server = psycopg.Connection[Any]

_PATIENCE = 0.2
"""Seconds for which others wait behind a lock that is not to be had yet."""
_GRANTS = """
    SELECT 'GRANT ' || a.privilege_type || ' ON ' || %s || ' TO '
        || CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    FROM pg_catalog.pg_class c, aclexplode(c.relacl) AS a
    WHERE c.oid = to_regclass(%s) AND a.grantee <> c.relowner
"""
"""Statements that let others do with one table what they may do with another."""


@frozen(kw_only=True)
class Keeping:
    """What is to be kept: all rows where ``gone`` is None, else what changes."""

    table: OnlineTable
    rows: Work
    gone: Work | None
    before: str | None
    mark: str


def keeping_of(
    table: OnlineTable,
    place: Table,
    rows: Relation,
    gone: Relation | None,
    marks: tuple[str | None, str],
    connection: Postgres,
    context: Context,
) -> Keeping:
    """Look for everything that can be found wrong without the server. Raises RowsRefused."""
    keys = tuple(key.name for key in table.keys)
    work = _work_of(rows, place, keys, connection, context)
    check_keys(work.relation, keys, work.context)
    removed = None
    if gone is not None:
        removed = _work_of(_keys_of(gone, keys), place, keys, connection, context)
    before, mark = marks
    return Keeping(table=table, rows=work, gone=removed, before=before, mark=mark)


def _keys_of(gone: Relation, keys: tuple[str, ...]) -> Relation:
    """The keys of rows that go. Raises RowsRefused where one is missing: too many would go."""
    columns = {column.name: column for column in gone.columns}
    missing = [key for key in keys if key not in columns]
    if missing:
        raise RowsRefused(
            f"rows that go have no column {missing[0]!r}, which is a key",
            code="SK1338",
            help="give the keys of rows that go as a whole",
        )
    return evolve(gone, columns=tuple(columns[key] for key in keys))


def _work_of(
    rows: Relation, place: Table, keys: tuple[str, ...], connection: Postgres, context: Context
) -> Work:
    relation = _as_kept(rows)
    check_names(relation, place, place.schema)
    options = PostgresTarget(table=str(place), unique_keys=keys)
    # What a delivery's context has beside is not asked for by what writes rows alone.
    given = cast("DeliveryContext", context)
    return Work(
        target=Target(
            node=rows.node,
            type=TYPE,
            options=options,
            key=place.name,
            label=str(place),
            mode="upsert_by_key",
        ),
        options=options,
        table=place,
        relation=relation,
        writings=writings_of(relation, given),
        context=given,
        connection=connection,
        keys=keys,
    )


def _as_kept(rows: Relation) -> Relation:
    """The rows with the types in which columns are kept."""
    columns = tuple(map(kept, rows.columns))
    if columns == rows.columns:
        return rows
    changed = ", ".join(
        f"CAST({name} AS {new.type}) AS {name}"
        for new, old in zip(columns, rows.columns, strict=True)
        if new != old
        for name in [quote_identifier(new.name)]
    )
    scan = f"(SELECT * REPLACE ({changed}) FROM {rows.scan})"
    return evolve(rows, scan=scan, columns=columns)


def carry_out(server: Server, keeping: Keeping) -> int:
    """Keep the rows; gives how many rows changed. Raises DeliveryError where it may not be."""
    work, table = keeping.rows, keeping.rows.table
    onlinemarks.prepare(server, table.schema)
    with server.transaction():
        hold(server, work.connection, table)
        there = tables.columns_of(server, table)
        found = onlinemarks.read(server, table)
        onlinemarks.refuse_foreign(found, table, keeping.table, stands=bool(there))
        now = found.text if found is not None and there else None
        if now != keeping.before:
            raise DeliveryError(
                f"{table} was changed by somebody else meanwhile; it holds what that one kept",
                code="SK1382",
                help="run again: it goes on from what is there now",
            )
        if keeping.gone is None:
            changed = _make_anew(server, work, stands=bool(there))
        else:
            changed = _change(server, work, keeping.gone, there)
        onlinemarks.note(server, table, keeping.table, keeping.mark)
    return changed


def committed(server: Server, keeping: Keeping) -> int | None:
    """How many rows were kept, if they were; whoever is still at it is waited for."""
    table = keeping.rows.table
    with server.transaction():
        hold(server, keeping.rows.connection, table)
        found = onlinemarks.read(server, table)
    is_ours = found is not None and found.stands and found.text == keeping.mark != keeping.before
    return keeping.rows.relation.rows if is_ours else None


def _make_anew(server: Server, work: Work, *, stands: bool) -> int:
    beside = Table(schema=work.table.schema, name=f"seeknal_new_{server.info.backend_pid}")
    new = evolve(work, table=beside)
    create_table(server, new)
    rows = load(server, new, tables.columns_of(server, beside))
    if stands:
        _grant_as_before(server, work.table, beside)
        _lock(server, work)
        _drop(server, work.table)
    name = quote_identifier(work.table.name)
    server.execute(f"ALTER TABLE {beside.quoted} RENAME TO {name}".encode())
    return rows


def _grant_as_before(server: Server, old: Table, new: Table) -> None:
    """Whoever may read the table may do so still when another is in its place."""
    for (grant,) in server.execute(_GRANTS, [new.quoted, old.quoted]).fetchall():
        server.execute(grant.encode())


def _lock(server: Server, work: Work) -> None:
    """Be alone with the table. Who looks up waits behind a lock that waits: never for long."""
    import psycopg

    given_up = time.monotonic() + work.connection.lock_timeout.seconds
    while True:
        try:
            with server.transaction():
                limit = f"{int(_PATIENCE * 1000)}ms"
                server.execute("SELECT set_config('lock_timeout', %s, true)", [limit])
                statement = f"LOCK TABLE {work.table.quoted} IN ACCESS EXCLUSIVE MODE"
                server.execute(statement.encode())
            return
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() > given_up:
                raise
        time.sleep(_PATIENCE)


def _drop(server: Server, table: Table) -> None:
    import psycopg

    try:
        server.execute(f"DROP TABLE {table.quoted}".encode())
    except psycopg.errors.DependentObjectsStillExist as error:
        raise DeliveryError(
            f"{table} cannot be made anew: {error.diag.message_detail or 'others depend on it'}",
            code="SK1385",
            help="drop what depends on it: what is kept online is to be looked up alone",
        ) from None


def _change(server: Server, work: Work, gone: Work, there: tuple[tables.TableColumn, ...]) -> int:
    """Take rows out, and put others in place of those with their keys."""
    known = {column.name: column.type for column in there}
    if known != {entry.name: entry.type for entry in work.writings}:
        raise DeliveryError(
            f"{work.table} was kept with other columns than these rows have"
            if there
            else f"there is no table {work.table} whose rows could be changed",
            code="SK1383",
            help=f"keep all rows of {work.relation.node} anew",
        )
    changed = 0
    if gone.relation.rows != 0:
        changed += _remove(server, gone, there)
    if work.relation.rows != 0:
        changed += put_in_place(server, work, there)[1]
    return changed


def _remove(server: Server, gone: Work, there: Sequence[tables.TableColumn]) -> int:
    types = {column.name: column for column in there}
    work = for_table(gone, types)
    stage(server, work)
    names = ", ".join(writing.quoted for writing in work.writings)
    values = ", ".join(cast_to(types[writing.name].type, writing) for writing in work.writings)
    removed = delete(server, gone.table, f"({names}) IN (SELECT {values} FROM {STAGE})")
    server.execute(f"DROP TABLE {STAGE}".encode())
    return removed
