"""What feature groups keep online in a database, a schema of tables for each environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import evolve

from seeknal.plugin import DeliveryError
from seeknal_postgres import onlinemarks
from seeknal_postgres.cancelling import cancellable
from seeknal_postgres.catalogue import Table
from seeknal_postgres.connecting import connect, failed, kept_of, said, told
from seeknal_postgres.delivering import refused, rows_after_loss
from seeknal_postgres.isolating import online_schema_in
from seeknal_postgres.names import CODE, HELP, too_long
from seeknal_postgres.onlinekeeping import carry_out, committed, keeping_of
from seeknal_postgres.onlinequery import Wanted
from seeknal_postgres.onlinereading import Asked, Lookups, prepare
from seeknal_postgres.onlinesessions import Sessions

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import Connection, Context, OnlineTable, Relation
    from seeknal_postgres.onlinekeeping import Keeping
    from seeknal_postgres.options import Postgres

    Server = psycopg.Connection[Any]

T = TypeVar("T")

_DENIED = "42501"
_KEPT_ALIVE = 60
"""Seconds after which it is asked whether the other side is still there."""
_UNHEARD = 20_000
"""Milliseconds for which it may not answer."""


class PostgresOnlineStore:
    """Implements `seeknal.plugin.OnlineStore`."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._name = connection.name
        self._options = cast("Postgres", connection.options)
        self._context = context
        self._sessions = Sessions(self._open)
        self._lookups = Lookups()
        self._sessions.run(lambda server, again: None)

    def mark(self, table: OnlineTable) -> str | None:
        """What ``keep`` noted last; None where nothing is kept."""
        place = self._place(table)
        found = self._read([table], lambda server, again: onlinemarks.read(server, place))
        if found is None or not found.stands:
            return None
        onlinemarks.refuse_foreign(found, place, table, stands=True)
        return found.text

    def keep(
        self,
        table: OnlineTable,
        rows: Relation,
        gone: Relation | None,
        *,
        before: str | None,
        mark: str,
    ) -> int:
        """Keep rows and note ``mark``, in one transaction; gives how many rows changed."""
        import psycopg

        place, marks = self._place(table), (before, mark)
        keeping = keeping_of(table, place, rows, gone, marks, self._options, self._context)
        server = self._connect()
        try:
            with cancellable(server, self._context):
                return carry_out(server, keeping)
        except psycopg.OperationalError as error:
            return rows_after_loss(keeping.rows, error, lambda: self._committed(keeping))
        except psycopg.Error as error:
            if error.sqlstate == _DENIED:
                raise self._denied([table], error) from None
            raise refused(keeping.rows, error) from None
        finally:
            server.close()

    def lookup(
        self,
        tables: Sequence[tuple[OnlineTable, Sequence[str]]],
        keys: Sequence[str],
        values: Sequence[Sequence[object]],
    ) -> list[tuple[object, ...]]:
        """What the tables hold for each of ``values``, in one query."""
        if not values:
            return []
        asked = Asked(
            wanted=tuple(
                Wanted(table=table, place=self._place(table), columns=tuple(columns))
                for table, columns in tables
            ),
            keys=tuple(keys),
        )

        return self._read(
            [table for table, _ in tables],
            lambda server, again: self._lookups.rows(server, asked, values, anew=again),
        )

    def close(self) -> None:
        """End all connections."""
        self._sessions.close()
        self._lookups.close()

    def _place(self, table: OnlineTable) -> Table:
        schema = online_schema_in(self._options, table.environment)
        fault = next(too_long([("schema", schema), ("table", table.node.name)]), None)
        if fault is not None:
            raise DeliveryError(fault, code=CODE, help=HELP)
        if table.node.name == onlinemarks.TABLE:
            raise DeliveryError(
                f"{schema}.{onlinemarks.TABLE} holds what was kept: seeknal writes it itself",
                code="SK1339",
                help="give the feature group another name",
            )
        return Table(schema=schema, name=table.node.name)

    def _connect(self) -> Server:
        return connect(self._name, self._options, self._context.project_root)

    def _open(self) -> Server:
        server = connect(self._name, _awake(self._options), self._context.project_root)
        try:
            prepare(server, self._options.statement_timeout.seconds)
        except BaseException:
            server.close()
            raise
        return server

    def _committed(self, keeping: Keeping) -> int | None:
        with closing(self._connect()) as server:
            return committed(server, keeping)

    def _read(self, tables: Sequence[OnlineTable], act: Callable[[Server, bool], T]) -> T:
        import psycopg

        try:
            return self._sessions.run(act)
        except psycopg.OperationalError as error:
            raise failed(self._name, error) from None
        except psycopg.Error as error:
            if error.sqlstate == _DENIED:
                raise self._denied(tables, error) from None
            private = frozenset().union(*(self._context.pii(table.node) for table in tables))
            raise DeliveryError(
                f"connection {self._name!r} refuses a look-up: {told(error, private)}",
                code="SK1386",
                kept=f"connection {self._name!r} refuses a look-up: {kept_of(error)}",
            ) from None

    def _denied(self, tables: Sequence[OnlineTable], error: psycopg.Error) -> DeliveryError:
        schemas = ", ".join(sorted({self._place(table).schema for table in tables}))
        return DeliveryError(
            f"connection {self._name!r}: {said(error)}",
            code="SK1387",
            help=f"to keep rows, its role needs a schema {schemas} of its own (CREATE SCHEMA ..."
            " AUTHORIZATION ...), or CREATE on the database; to look up, USAGE on the schema and"
            " SELECT on its tables",
        )


def _awake(options: Postgres) -> Postgres:
    """Options with which a connection that stays open notices when nobody answers any more."""
    idle, unheard = options.keepalives_idle, options.tcp_user_timeout
    return evolve(
        options,
        keepalives_idle=_KEPT_ALIVE if idle is None else idle,
        tcp_user_timeout=_UNHEARD if unheard is None else unheard,
    )
