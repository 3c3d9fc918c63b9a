"""A read-only conversation, for ``sql --connection``, the repl and ``connection test``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.plugin import NodeError, did_you_mean
from seeknal_postgres.cancelling import PATIENCE
from seeknal_postgres.catalogue import describe, table_of, tables
from seeknal_postgres.connecting import connect, failed, said

if TYPE_CHECKING:
    from seeknal_postgres.options import Postgres

_ABOUT = """
    SELECT current_setting('server_version'), current_database(), current_user,
           (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
"""
_DATABASES = """
    SELECT datname FROM pg_catalog.pg_database
    WHERE datallowconn AND has_database_privilege(oid, 'CONNECT') ORDER BY datname
"""


class PostgresSession:
    """Implements `seeknal.plugin.Session`."""

    def __init__(self, name: str, options: Postgres, root: Path) -> None:
        self._name = name
        self._schema = options.schema
        self._server = connect(name, options, root)
        self._server.execute("SET default_transaction_read_only = on")
        limit = int(options.statement_timeout.seconds * 1000)
        self._server.execute("SELECT set_config('statement_timeout', %s, false)", [f"{limit}ms"])

    def execute(self, sql: str) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        with self._told():
            # Prepared: a text of two statements, which could leave read-only mode, is refused.
            cursor = self._server.execute(sql.encode(), prepare=True)
            if cursor.description is None:
                return (), ()
            return [column.name for column in cursor.description], cursor.fetchall()

    def tables(self) -> Sequence[str]:
        with self._told():
            return [str(table) for table in tables(self._server)]

    def databases(self) -> Sequence[str]:
        with self._told():
            return [str(row[0]) for row in self._server.execute(_DATABASES)]

    def schema(self, table: str) -> Sequence[tuple[str, str]]:
        found = table_of(table, self._schema)
        with self._told():
            row = self._server.execute(
                "SELECT to_regclass(%s) IS NOT NULL", [found.quoted]
            ).fetchone()
            if not row or not row[0]:
                near = did_you_mean(str(found), self.tables())
                raise NodeError(f"there is no table {found}", code="SK1312", help=near)
            return [
                (column.name, f"{column.element}[]" if column.kind == "a" else column.type)
                for column in describe(self._server, found.quoted)
            ]

    def describe(self) -> str:
        with self._told():
            row = self._server.execute(_ABOUT).fetchone()
        assert row is not None
        version, database, user, superuser = row
        warning = "; a superuser may do more than read: use a role of its own" if superuser else ""
        return (
            f"PostgreSQL {version}, database {database}, {len(self.tables())} tables,"
            f" as {user}{warning}"
        )

    def interrupt(self) -> None:
        """Lets the server end the statement that it carries out, if any."""
        with self._told():
            self._server.cancel_safe(timeout=PATIENCE)

    def close(self) -> None:
        self._server.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the server says within the block is a NodeError; a lost one, ConnectionFailed."""
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            if self._server.closed:
                raise failed(self._name, error) from None
            if self._server.info.transaction_status:
                self._server.rollback()
            raise NodeError(said(error), code="SK0482", help=error.diag.message_hint) from None
