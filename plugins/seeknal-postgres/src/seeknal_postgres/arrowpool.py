"""Connections of the Arrow driver that a run's sources share, one at a time each."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from seeknal_postgres.connecting import SETTINGS, failed, parameters
from seeknal_postgres.options import Postgres

Key = tuple[str, Path, Postgres]

_lock = threading.Lock()
_idle: list[tuple[Key, Any]] = []


def taken(name: str, options: Postgres, root: Path) -> Any:
    """A connection in a new transaction. Raises ConnectionFailed."""
    key = (name, root, options)
    with _lock:
        found = next((entry for entry in _idle if entry[0] == key), None)
        if found is not None:
            _idle.remove(found)
            return found[1]
    return _opened(name, options, root)


def give_back(connection: Any, name: str, options: Postgres, root: Path) -> None:
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


def _opened(name: str, options: Postgres, root: Path) -> Any:
    from adbc_driver_postgresql import dbapi
    from psycopg.conninfo import make_conninfo

    given = parameters(name, options, root)
    try:
        connection = dbapi.connect(make_conninfo(**given))
        with connection.cursor() as cursor:
            cursor.execute(SETTINGS)
            cursor.fetchall()
        connection.commit()
    except dbapi.Error as error:
        raise failed(name, error) from None
    return connection
