"""Packets of the MySQL protocol, and what they are made of."""

from __future__ import annotations

import socket
import struct

LONGEST = 0xFFFFFF
"""Of one packet; what is longer goes on in the next."""
_BUFFERED = 1 << 16


class Packets:
    """Both directions of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.number = 0
        self._waiting = bytearray()

    def read(self) -> bytes | None:
        """What the client sends next, of however many packets; None when it has gone."""
        found = bytearray()
        while True:
            if (head := self._exactly(4)) is None:
                return None
            length = int.from_bytes(head[:3], "little")
            self.number = (head[3] + 1) % 256
            if (body := self._exactly(length)) is None:
                return None
            found += body
            if length < LONGEST:
                return bytes(found)

    def write(self, payload: bytes) -> None:
        """Send a payload, at the latest when ``flush`` is called."""
        start = 0
        while True:
            part = payload[start : start + LONGEST]
            self._waiting += len(part).to_bytes(3, "little") + bytes([self.number]) + part
            self.number = (self.number + 1) % 256
            start += LONGEST
            if len(part) < LONGEST:
                break
        if len(self._waiting) > _BUFFERED:
            self.flush()

    def flush(self) -> None:
        self.connection.sendall(self._waiting)
        self._waiting.clear()

    def encrypt(self, connection: socket.socket) -> None:
        """Go on over another connection, which is this one within TLS."""
        self.connection = connection

    def _exactly(self, count: int) -> bytes | None:
        found = bytearray()
        while len(found) < count:
            part = self.connection.recv(min(count - len(found), 1 << 20))
            if not part:
                return None
            found += part
        return bytes(found)


def length(number: int) -> bytes:
    """A number in as few bytes as it needs."""
    if number < 251:
        return bytes((number,))
    if number < 1 << 16:
        return b"\xfc" + number.to_bytes(2, "little")
    if number < 1 << 24:
        return b"\xfd" + number.to_bytes(3, "little")
    return b"\xfe" + number.to_bytes(8, "little")


def text(value: bytes) -> bytes:
    """Bytes after their length."""
    return length(len(value)) + value


def read_length(payload: bytes, at: int) -> tuple[int, int]:
    """A number, and where what follows it begins."""
    first = payload[at]
    width = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first)
    if width is None:
        return first, at + 1
    return int.from_bytes(payload[at + 1 : at + 1 + width], "little"), at + 1 + width


def done(affected: int = 0, message: str = "") -> bytes:
    """That a statement is carried out."""
    said = text(message.encode()) if message else b""
    return b"\0" + length(affected) + length(0) + struct.pack("<HH", 2, 0) + said


def end() -> bytes:
    """The end of columns, or of rows."""
    return b"\xfe" + struct.pack("<HH", 0, 2)


def error(code: int, state: str, message: str) -> bytes:
    return b"\xff" + struct.pack("<H", code) + b"#" + state.encode() + message.encode()
