"""A read-only conversation, for ``sql --connection``, the repl and ``connection test``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.plugin import ConnectionFailed, NodeError, did_you_mean
from seeknal_starrocks.addresses import address_of
from seeknal_starrocks.asking import only_reads
from seeknal_starrocks.connecting import connect, failed, is_lost, quoted, said
from seeknal_starrocks.killing import kill_query
from seeknal_starrocks.reading.naming import parts_of

if TYPE_CHECKING:
    from seeknal_starrocks.addresses import Options

_RIGHTS = re.compile(r"GRANT (.+?) (?:ON|TO) ", re.IGNORECASE)
_TIME = 11
"""The number that the protocol has for the type TIME."""
_FEW = 1000
"""So many rows more are sooner read than refused."""
_OWN = ("information_schema", "_statistics_", "sys", "mysql", "performance_schema")
_MISSING = re.compile(r"Unknown (?:table|database|catalog)|doesn't exist", re.IGNORECASE)


class ServerSession:
    """What StarRocks and MySQL have in common."""

    def __init__(self, name: str, options: Options) -> None:
        self._name = name
        self._options = options
        self._address = address_of(name, options)
        self._connection = connect(name, options)
        # Of a timedelta nobody reads what the server said: -00:30:00.
        self._connection.decoders.pop(_TIME, None)

    def execute(self, sql: str) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        """Raises NodeError for a statement that changes something, and for what StarRocks says."""
        _check(sql)
        return self._ask(sql)

    def beginning(self, sql: str, rows: int) -> tuple[Sequence[str], list[Sequence[object]]]:
        """`execute`, of whose rows the first are read, and the server ends what it is at then."""
        from pymysql.cursors import SSCursor

        _check(sql)
        with self._told(), self._connection.cursor(SSCursor) as cursor:
            cursor.execute(sql)
            names, found = _names(cursor), list(cursor.fetchmany(rows))
            if len(found) == rows and len(cursor.fetchmany(_FEW)) == _FEW:
                self._stop(cursor)
        return names, found

    def _stop(self, cursor: Any) -> None:
        """End a statement of which rows are still to come: closing a cursor reads all of them."""
        import pymysql

        with suppress(ConnectionFailed):
            self.interrupt()
        try:
            cursor.close()
        except pymysql.Error as error:
            if is_lost(error):
                raise

    def _ask(self, sql: str) -> tuple[Sequence[str], list[Sequence[object]]]:
        with self._told(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            return _names(cursor), list(cursor.fetchall())

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the server says within the block is a NodeError, or ConnectionFailed at its end."""
        import pymysql

        try:
            yield
        except (pymysql.Error, OSError) as error:
            if is_lost(error):
                raise failed(self._name, error) from None
            raise NodeError(said(error), code="SK0482") from None

    def tables(self) -> Sequence[str]:
        """Those of the database; of a connection without one, ``database.table`` of all."""
        if self._address.database is not None:
            return [str(row[0]) for row in self._ask("SHOW TABLES")[1]]
        return [
            f"{database}.{row[0]}"
            for database in self.databases()
            for row in self._ask(f"SHOW TABLES FROM {quoted(database)}")[1]
        ]

    def databases(self) -> Sequence[str]:
        """Those of the catalog, without StarRocks' own."""
        found = [str(row[0]) for row in self._ask("SHOW DATABASES")[1]]
        return [name for name in found if name not in _OWN]

    def use(self, database: str) -> None:
        """Raises NodeError where there is no such database."""
        name = database if database[:1] not in '`"' else ".".join(parts_of(database))
        self._ask(f"USE {quoted(name)}")
        self._address = evolve(self._address, database=name)

    def schema(self, table: str) -> Sequence[tuple[str, str]]:
        """Raises NodeError for a table that there is not."""
        try:
            rows = self._ask(f"DESC {'.'.join(map(quoted, self._parts(table)))}")[1]
        except NodeError as error:
            if not _MISSING.search(error.message):
                raise
            near = did_you_mean(table, self.tables())
            raise NodeError(f"there is no table {table}", code="SK1904", help=near) from None
        return [(str(row[0]), str(row[1])) for row in rows]

    def _parts(self, table: str) -> Sequence[str]:
        """Of a table as it is listed, or with its database; parts in quotes or not."""
        parts = parts_of(table)
        listed = len(parts) > 1 and self._address.database is not None and table in self.tables()
        return [table] if listed else parts

    def _in_database(self) -> str:
        """Which one it is in, for people; nothing of a connection without one."""
        if self._address.database is None:
            return ""
        count = len(self.tables())
        return f"database {self._address.database} with {count} table{'s' * (count != 1)}, "

    def _rights(self) -> str:
        grants = " ".join(str(row[-1]) + " " for row in self._ask("SHOW GRANTS")[1])
        found = dict.fromkeys(
            right.strip(" '`")
            for granted in _RIGHTS.findall(grants)
            for right in granted.split(",")
        )
        return ", ".join(found) or "no rights"

    def interrupt(self) -> None:
        """Lets the server end the statement that it carries out, if any."""
        kill_query(self._name, self._options, self._connection)

    def close(self) -> None:
        if self._connection.open:
            self._connection.close()


def _check(sql: str) -> None:
    """Raises NodeError for a statement that changes something."""
    if not only_reads(sql):
        raise NodeError(
            "only one statement that reads is carried out here: SELECT, WITH, SHOW, DESC or"
            " EXPLAIN",
            code="SK1903",
            help="a name that is spelt as INSERT, UPDATE, DELETE, OUTFILE or ANALYZE is quoted",
        )


def _names(cursor: Any) -> list[str]:
    return [column[0] for column in cursor.description or ()]


class StarRocksSession(ServerSession):
    """Implements `seeknal.plugin.Session`."""

    def catalogs(self) -> Sequence[str]:
        return [str(row[0]) for row in self._ask("SHOW CATALOGS")[1]]

    def use(self, database: str) -> None:
        """Go to ``database`` or ``catalog.database``. Raises NodeError for none."""
        parts = parts_of(database)
        try:
            self._ask(f"USE {'.'.join(map(quoted, parts))}")
        except NodeError as error:
            if len(parts) > 1 or parts[0] not in self.catalogs():
                raise
            raise NodeError(
                f"{database} is a catalog, in which a database is gone to",
                code="SK0482",
                help=f".use {database}.DATABASE; SHOW DATABASES FROM {quoted(parts[0])} lists them",
            ) from error
        *catalog, name = parts
        self._address = evolve(
            self._address, catalog=".".join(catalog) or self._address.catalog, database=name
        )

    def describe(self) -> str:
        version = self._ask("SELECT current_version() AS version")[1][0][0]
        catalogs = ", ".join(self.catalogs())
        return (
            f"StarRocks {version}, catalogs {catalogs}; {self._in_database()}"
            f"as {self._address.user}, who has {self._rights()}"
        )
