"""Ends a server's work for us, by another connection."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.plugin import ConnectionFailed, Duration
from seeknal_starrocks.connecting import connect

if TYPE_CHECKING:
    from seeknal_starrocks.addresses import Options

_PATIENCE = Duration(4, "second")


def cancel(name: str, options: Options, connection: Any) -> None:
    """Kill the query that runs on ``connection``, and wait for nothing on it any more.

    Behind what balances loads another frontend may be asked, which does not know it: then the
    server finds out by itself that nobody takes the rows.
    """
    import pymysql

    impatient = evolve(options, connect_timeout=_PATIENCE, query_timeout=_PATIENCE)
    try:
        with contextlib.suppress(ConnectionFailed, pymysql.Error, OSError):
            other = connect(name, impatient)
            with contextlib.closing(other), other.cursor() as cursor:
                cursor.execute(f"KILL QUERY {connection.thread_id()}")
    finally:
        sock = connection._sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
