"""Connections that a run's sources share: one is opened only when none is idle."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal_postgres.connecting import connect
from seeknal_postgres.options import Postgres

if TYPE_CHECKING:
    import psycopg

Key = tuple[str, Path, Postgres]

_lock = threading.Lock()
_idle: dict[str, list[tuple[Key, psycopg.Connection[Any]]]] = {}


@contextmanager
def leased(name: str, options: Postgres, root: Path) -> Iterator[psycopg.Connection[Any]]:
    """A connection of one's own for the block; kept for the next user when it is still good."""
    connection = _taken(name, options, root)
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    _give_back(connection, (name, root, options))


def close_idle() -> None:
    """Close every connection that nobody is using."""
    import sys

    if (arrow := sys.modules.get("seeknal_postgres.arrowpool")) is not None:
        arrow.close_idle()
    with _lock:
        entries = [entry for group in _idle.values() for entry in group]
        _idle.clear()
    for _, connection in entries:
        connection.close()


def _taken(name: str, options: Postgres, root: Path) -> psycopg.Connection[Any]:
    key = (name, root, options)
    with _lock:
        group = _idle.get(name, [])
        found = next((entry for entry in group if entry[0] == key), None)
        if found is not None:
            group.remove(found)
    if found is not None and not found[1].closed:
        return found[1]
    return connect(name, options, root)


def _give_back(connection: psycopg.Connection[Any], key: Key) -> None:
    from psycopg.pq import TransactionStatus

    if connection.closed:
        return
    if connection.info.transaction_status != TransactionStatus.IDLE:
        connection.rollback()
    if connection.closed:
        return
    with _lock:
        _idle.setdefault(key[0], []).append((key, connection))
