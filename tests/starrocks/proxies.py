"""What lies between a client and a server: it counts packets, and cuts or slows what it sends."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any

from attrs import define, field


@define
class Proxy:
    """Leads to a server; what that sends is cut before a packet, or comes in small pieces.

    ``cut``: which packet of a connection, counted from 0, is the first that does not pass;
    ``cuts``: of how many connections. ``within``: some of that packet passes. ``piece`` is how
    many bytes go at a time, and ``pause`` how long it takes.
    """

    server: Any
    cut: int | None = None
    cuts: int = 1
    within: bool = False
    piece: int | None = None
    pause: float = 0.0
    passed: list[int] = field(factory=list)
    """How many packets passed, by connection."""
    host: str = "127.0.0.1"
    _listening: Any = None

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def __enter__(self) -> Proxy:
        self._listening = socket.create_server((self.host, 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection((self.server.host, self.server.port))
            self.passed.append(0)
            number = len(self.passed) - 1
            for pump in (self._up, self._down):
                threading.Thread(target=pump, args=(client, server, number), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                server.sendall(data)
        _end(client, server)

    def _down(self, client: socket.socket, server: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), server.makefile("rb") as reading:
            while head := reading.read(4):
                packet = head + reading.read(int.from_bytes(head[:3], "little"))
                if self.cut == self.passed[number] and self.cuts > 0:
                    self.cuts -= 1
                    if self.within:
                        client.sendall(packet[: len(packet) // 2 + 1])
                    break
                self._send(client, packet)
                self.passed[number] += 1
        _end(client, server)

    def _send(self, client: socket.socket, packet: bytes) -> None:
        piece = self.piece or len(packet)
        for start in range(0, len(packet), piece):
            client.sendall(packet[start : start + piece])
            if self.pause:
                time.sleep(self.pause)


def _end(*connections: socket.socket) -> None:
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
