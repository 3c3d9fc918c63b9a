"""The packets of a result's rows, as they arrive: many at a time, in the bytes that hold them.

Only where a packet begins is found one by one. What is in them is looked at by whoever gets a
`Part`, for all its rows at once.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from attrs import frozen

from seeknal.plugin import SeeknalError

BYTES = 1 << 22
"""What is received before it is looked at, so that memory does not grow with the rows."""
ROWS = 1 << 16
SPARE = 16
"""Bytes behind the last one, which whoever reads eight at a time may touch."""
_HEAD = 4
_LONGEST = (1 << 24) - 1
"""A packet of this length goes on in the next one."""
_END, _ERROR = 0xFE, 0xFF
_LONGEST_END = 9

ReadInto = Callable[[memoryview], int]
"""Fills the beginning of some memory, and says how far; 0 where nothing comes any more."""


class Broken(SeeknalError):
    """What arrived is no whole result; ``lost``: because the connection ended."""

    def __init__(self, message: str, *, lost: bool = False) -> None:
        super().__init__(message, code="SK1912")
        self.lost = lost


class ServerError(Exception):
    """The server gave up amid the rows: its number, and what it said."""


@frozen(kw_only=True)
class Part:
    """Some whole rows: where each begins in the bytes, and where the last one ends."""

    data: bytearray
    starts: list[int]
    end: int


class Receiver:
    """Gives the rows of a result, from behind its columns to its end."""

    def __init__(
        self, read_into: ReadInto, number: int, *, size: int = BYTES, most: int = ROWS
    ) -> None:
        self._read_into = read_into
        self._number = number
        self._size, self._most = size, most
        self._data = bytearray(size + SPARE)
        self._filled = 0

    def parts(self) -> Iterator[Part]:
        """Raises Broken where they end too early, and ServerError."""
        while True:
            starts, end, ended = self._gather()
            if ended:
                starts.pop()
            for first in range(0, len(starts), self._most):
                some = starts[first : first + self._most]
                after = first + len(some)
                until = starts[after] if after < len(starts) else end - (ended or 0)
                yield Part(data=self._data, starts=some, end=until)
            if ended:
                return
            self._carry(end)
            if not starts:
                yield self._long()

    def _gather(self) -> tuple[list[int], int, int]:
        """Where packets begin, where the last one ends, and how long it is if it is the end."""
        starts: list[int] = []
        end = self._scan(0, starts)
        while True:
            if starts and (ended := self._ended(starts[-1], end)):
                return starts, end, ended
            if self._filled == self._size or (not starts and self._is_long()):
                return starts, end, 0
            self._receive()
            end = self._scan(end, starts)

    def _scan(self, at: int, starts: list[int]) -> int:
        """Adds where whole packets begin from there on, and gives where the last one ends."""
        data, filled, length, add = self._data, self._filled, struct.Struct("<I"), starts.append
        while at + _HEAD <= filled:
            head: int = length.unpack_from(data, at)[0]
            following = at + _HEAD + (head & _LONGEST)
            if following > filled:
                break
            if head >> 24 != self._number:
                raise Broken("its packets are not in order")
            self._number = (self._number + 1) & 255
            add(at)
            at = following
        return at

    def _ended(self, start: int, end: int) -> int:
        """The length of a packet that is the end of the rows, or 0. Raises ServerError."""
        length = end - start
        first = self._data[start + _HEAD] if length > _HEAD else -1
        if first == _ERROR:
            raise ServerError(*_said(bytes(self._data[start + _HEAD : end])))
        return length if first == _END and length < _LONGEST_END + _HEAD else 0

    def _receive(self) -> None:
        with memoryview(self._data) as memory:
            got = self._read_into(memory[self._filled : self._size])
        if not got:
            raise Broken("the connection was lost", lost=True)
        self._filled += got

    def _carry(self, end: int) -> None:
        """Go on with new memory, in which the packet is that has only begun: the old is in use."""
        rest = self._data[end : self._filled]
        self._data = bytearray(self._size + SPARE)
        self._data[: len(rest)] = rest
        self._filled = len(rest)

    def _is_long(self) -> bool:
        """Whether the memory can never hold the packet that begins it."""
        if self._filled < _HEAD:
            return False
        return _HEAD + int.from_bytes(self._data[:3], "little") > self._size

    def _long(self) -> Part:
        """A row that is longer than the memory, and may be of several packets."""
        row = bytearray(_HEAD)
        at = 0
        while True:
            while self._filled - at < _HEAD:
                at = self._forward(at)
            length = int.from_bytes(self._data[at : at + 3], "little")
            if self._data[at + 3] != self._number:
                raise Broken("its packets are not in order")
            self._number = (self._number + 1) & 255
            at += _HEAD
            left = length
            while left:
                if at == self._filled:
                    at = self._forward(at)
                some = min(left, self._filled - at)
                row += memoryview(self._data)[at : at + some]
                at, left = at + some, left - some
            if length < _LONGEST:
                break
        self._carry(at)
        end = len(row)
        row += bytes(SPARE)
        return Part(data=row, starts=[0], end=end)

    def _forward(self, at: int) -> int:
        """Receives more, in the place of what has been read; gives where that begins."""
        rest = self._data[at : self._filled]
        self._data[: len(rest)] = rest
        self._filled = len(rest)
        self._receive()
        return 0


def _said(packet: bytes) -> tuple[int, str]:
    text = packet[3:]
    if text[:1] == b"#":
        text = text[6:]
    return int.from_bytes(packet[1:3], "little"), text.decode(errors="replace")
