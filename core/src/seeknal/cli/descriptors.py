"""What programs that a node starts write to our terminal: masked, and never among our answer.

They write past Python, to the descriptors 1 and 2. While a run goes on, both lead to a thread that
masks what comes and gives it to stderr; our own streams keep the way that they had.
"""

from __future__ import annotations

import codecs
import os
import select
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from seeknal.cli.streams import Scrubbed
from seeknal.cli.unfinished import Unfinished

_POLL = 0.3
_PATIENCE = 2.0
"""Seconds that the rest of a line is waited for, and at the end for programs that still write."""
_MOST = 1 << 16
NOBODY = 0
"""No thread: which node's program has written is not known."""


class Descriptors:
    """Descriptors 1 and 2 as they were, and the thread that reads what is written to them."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._own = {number: os.dup(number) for number in (1, 2)}
        for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
            stream.flush()
            assert isinstance(stream, Scrubbed)
            stream.use(_same(stream, self._own[number]), public=number)
        self._read, write = os.pipe()
        for number in (1, 2):
            os.dup2(write, number)
        os.close(write)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._pass_on, name="seeknal-output", daemon=True)
        self._thread.start()

    def give_back(self) -> None:
        """Put everything back; what was written until now is passed on first."""
        for number, own in self._own.items():
            os.dup2(own, number)
        self._end()

    def shut(self) -> None:
        """What is written from now on goes nowhere: nobody is left to mask it."""
        if os.getpid() != self._process:
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for number in (1, 2):
            os.dup2(nowhere, number)
        os.close(nowhere)
        self._end()

    def _end(self) -> None:
        self._ended.set()
        self._thread.join()
        os.close(self._read)

    def _pass_on(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        line = Unfinished()
        due = until = float("inf")
        while True:
            ended = self._ended.is_set()
            ready = select.select([self._read], [], [], 0 if ended else _POLL)[0]
            piece = os.read(self._read, _MOST) if ready else b""
            now = time.monotonic()
            until = min(until, now + _PATIENCE) if ended else until
            self._show(line.add(decoder.decode(piece)))
            due = min(due, now + _PATIENCE) if line else float("inf")
            if now >= due:
                self._show(line.shown())
                due = float("inf")
            if ended and (not piece or now >= until):
                self._show(line.add(decoder.decode(b"", final=True)) + line.rest())
                return

    def _show(self, masked: str) -> None:
        if masked and isinstance(sys.stderr, Scrubbed):
            sys.stderr.speak(NOBODY, masked)
            sys.stderr.flush()


def _same(stream: Any, descriptor: int) -> Any:
    return open(
        descriptor,
        "w",
        encoding=stream.encoding,
        errors=stream.errors,
        newline="",
        buffering=1 if stream.line_buffering else -1,
        closefd=False,
    )


_taken: list[Descriptors] = []


def take_descriptors() -> None:
    """From here on nodes may start programs. Nothing happens where output goes elsewhere."""
    if _taken or sys.platform == "win32":
        return
    with suppress(OSError, ValueError, AttributeError):
        if (sys.stdout.fileno(), sys.stderr.fileno()) == (1, 2):
            _taken.append(Descriptors())


def give_back_descriptors() -> None:
    """The end of what `take_descriptors` began."""
    while _taken:
        _taken.pop().give_back()


def shut_descriptors() -> None:
    """The end of what `take_descriptors` began where the process ends too."""
    while _taken:
        _taken.pop().shut()
