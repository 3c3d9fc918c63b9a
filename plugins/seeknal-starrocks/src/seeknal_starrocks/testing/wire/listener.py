"""Takes connections, each in a thread of its own, until it is closed."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

from seeknal_starrocks.testing.armed import Dropped
from seeknal_starrocks.testing.wire.packets import Packets


class Listener:
    """``converse`` is called with each connection's packets and number."""

    def __init__(self, host: str, port: int, converse: Callable[[Packets, int], None]) -> None:
        self._converse = converse
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._open: dict[int, Packets] = {}
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server((host, port))
        self.port: int = self._socket.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Ends every connection, and waits until nothing goes on."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._accepting.join()
        self.end_connections()
        for thread in self._threads:
            thread.join()

    def end_connections(self) -> None:
        """Ends those that are open; others can be made."""
        with self._lock:
            found = list(self._open.values())
        for packets in found:
            _end(packets.connection)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            id = next(self._ids)
            with self._lock:
                self._open[id] = Packets(connection)
                self._threads = [thread for thread in self._threads if thread.is_alive()]
            thread = threading.Thread(target=self._serve, args=(id,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, id: int) -> None:
        packets = self._open[id]
        try:
            self._converse(packets, id)
        except (Dropped, OSError, ssl.SSLError):
            pass
        finally:
            _end(packets.connection)
            packets.connection.close()
            with self._lock:
                del self._open[id]


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
