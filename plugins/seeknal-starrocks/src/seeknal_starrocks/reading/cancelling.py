"""Ends a server's work for a source that nobody waits for any more."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.plugin import ConnectionFailed, Duration
from seeknal_starrocks.killing import kill_query

if TYPE_CHECKING:
    from seeknal_starrocks.addresses import Options

_PATIENCE = Duration(2, "second")


def cancel(name: str, options: Options, connection: Any) -> None:
    """Kill the query that runs on ``connection``, and wait for nothing on it any more.

    Behind what balances loads another frontend may be asked, which does not know it: then the
    server finds out by itself that nobody takes the rows.
    """
    impatient = evolve(options, connect_timeout=_PATIENCE, query_timeout=_PATIENCE)
    try:
        with contextlib.suppress(ConnectionFailed):
            kill_query(name, impatient, connection)
    finally:
        if (waiting := connection._sock) is not None:
            with contextlib.suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)
