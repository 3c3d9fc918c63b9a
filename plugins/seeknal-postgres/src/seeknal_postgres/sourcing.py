"""What ``seeknal ingest`` asks of a source before it reads it: types, and how far it is settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seeknal.plugin import Horizon, NodeError
from seeknal_postgres.catalogue import describe
from seeknal_postgres.connections import connection_of
from seeknal_postgres.extents import extents_of
from seeknal_postgres.pool import leased
from seeknal_postgres.reading import reading, relation_of, told_of
from seeknal_postgres.readtypes import WIDEST
from seeknal_postgres.restricting import restricted
from seeknal_postgres.settling import at_work, has_prepared, largest, ordered_by

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import Context, Source
    from seeknal_postgres.catalogue import PgColumn
    from seeknal_postgres.options import PostgresSource

    Server = psycopg.Connection[Any]

_TYPES = """
    SELECT format_type(t, m) FROM unnest(%s::oid[], %s::int[]) WITH ORDINALITY AS u(t, m, n)
    ORDER BY n
"""


def types_of(source: Source, options: PostgresSource, context: Context) -> Mapping[str, str]:
    """The type of each column, as PostgreSQL writes it."""
    name, connection = connection_of(source, options, context)
    with (
        leased(name, connection, context.project_root) as server,
        told_of(name, source, context),
        reading(server, connection),
    ):
        relation = relation_of(source, connection, server, name, context.project_root)
        cursor = server.execute(f"SELECT * FROM {relation} LIMIT 0".encode(), prepare=True)
        result = cursor.pgresult
        assert result is not None
        numbers = range(result.nfields)
        given = [[result.ftype(n) for n in numbers], [result.fmod(n) for n in numbers]]
        names = [(result.fname(n) or b"").decode() for n in numbers]
        # A type of another schema is found by its full name only.
        server.execute("SELECT set_config('search_path', '', true)")
        types = [row[0] for row in server.execute(_TYPES, given)]
    return dict(zip(names, types, strict=True))


def horizon_of(source: Source, options: PostgresSource, column: str, context: Context) -> Horizon:
    """The largest value at a moment, and which transactions were open after it.

    A standby does not know of those of its primary that have not written anything yet.
    """
    name, connection = connection_of(source, options, context)
    with (
        leased(name, connection, context.project_root) as server,
        told_of(name, source, context),
    ):
        with reading(server, connection):
            relation = relation_of(source, connection, server, name, context.project_root)
            found = describe(server, relation)
            query = largest(relation, found, column, source.since)
            _refuse_unordered(server, relation, ordered_by(found, column), source)
            row = server.execute(query.encode()).fetchone()
        value = row[0] if row else None
        if _is_standby(server):
            unseen = f"{name!r} is a standby, which does not see what is open on its primary"
            return Horizon(value=value, unseen=unseen)
        open = at_work(server)
        # Only now: one that was open may have been prepared meanwhile, and has not ended.
        if has_prepared(server):
            context.log.warning("the mark stays where it is until prepared transactions have ended")
            return Horizon()
        return Horizon(value=value, open=open)


def _refuse_unordered(server: Server, relation: str, column: PgColumn, source: Source) -> None:
    """Raise NodeError for numbers that are read as text, which is in another order."""
    if column.type != "numeric":
        return
    extent = extents_of(server, restricted(relation, [column], source), [column])[column.name]
    if extent.wide or extent.special:
        what = "NaN or infinity" if extent.special else f"numbers of more than {WIDEST} digits"
        raise NodeError(
            f"column {column.name!r} holds {what}, by which no rows are in order here",
            code="SK1356",
            help="take a column of smaller numbers, dates, timestamps or text",
        )


def _is_standby(server: Server) -> bool:
    row = server.execute("SELECT pg_is_in_recovery()").fetchone()
    return bool(row and row[0])
