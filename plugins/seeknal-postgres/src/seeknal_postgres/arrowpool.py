"""Connections of the Arrow driver that a run's sources share, one at a time each."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from seeknal_postgres.connecting import SETTINGS, failed, parameters
from seeknal_postgres.options import Postgres

Key = tuple[str, Path, Postgres]

_lock = threading.Lock()
_idle: list[tuple[Key, ArrowConnection]] = []


def taken(name: str, options: Postgres, root: Path) -> ArrowConnection:
    """A connection in a new transaction. Raises ConnectionFailed."""
    key = (name, root, options)
    with _lock:
        found = next((entry for entry in _idle if entry[0] == key), None)
        if found is not None:
            _idle.remove(found)
    connection = found[1] if found else _opened(name, options, root)
    connection.begin()
    return connection


def give_back(connection: ArrowConnection, name: str, options: Postgres, root: Path) -> None:
    try:
        connection.rollback()
    except Exception:
        # Broken: whatever was wrong with it has been told where it showed.
        connection.close()
        return
    with _lock:
        _idle.append(((name, root, options), connection))


def close_idle() -> None:
    with _lock:
        entries, _idle[:] = list(_idle), []
    for _, connection in entries:
        connection.close()


def _opened(name: str, options: Postgres, root: Path) -> ArrowConnection:
    from adbc_driver_manager import Error
    from psycopg.conninfo import make_conninfo

    given = parameters(name, options, root)
    try:
        connection = ArrowConnection(make_conninfo(**given))
        connection.execute(SETTINGS)
    except Error as error:
        raise failed(name, error) from None
    return connection


class ArrowConnection:
    """A connection that gives Arrow, in a transaction from `begin` to `rollback`.

    The driver's own interface for Python would import what makes frames, which takes longer than
    most tables do.
    """

    def __init__(self, uri: str) -> None:
        from adbc_driver_manager import AdbcConnection
        from adbc_driver_postgresql import connect

        self._database = connect(uri)
        try:
            self._connection = AdbcConnection(self._database)
        except BaseException:
            self._database.close()
            raise
        self._statements: list[Any] = []

    def execute(self, sql: str) -> None:
        """Carry out a statement without rows."""
        self._statement(sql).execute_update()
        self._end_statements()

    def reader(self, sql: str, **options: str) -> Any:
        """The rows of a query, as an Arrow reader; ended by `rollback` and `close`."""
        import pyarrow

        statement = self._statement(sql)
        statement.set_options(**options)
        stream, _ = statement.execute_query()
        return pyarrow.RecordBatchReader.from_stream(stream)

    def _statement(self, sql: str) -> Any:
        from adbc_driver_manager import AdbcStatement

        statement = AdbcStatement(self._connection)
        self._statements.append(statement)
        statement.set_sql_query(sql)
        return statement

    def cancel(self) -> None:
        """End what another thread waits for."""
        self._connection.cancel()

    def begin(self) -> None:
        self._connection.set_autocommit(False)

    def rollback(self) -> None:
        self._end_statements()
        self._connection.rollback()
        # Else some versions of the driver begin another one, which holds back marks of loads.
        self._connection.set_autocommit(True)

    def close(self) -> None:
        self._end_statements()
        self._connection.close()
        self._database.close()

    def _end_statements(self) -> None:
        while self._statements:
            self._statements.pop().close()
