"""What programs that a node starts write to our terminal: masked, and never among our answer.

They write past Python, to the descriptors 1 and 2. While a run goes on, both lead to a thread that
masks what comes and gives it to stderr; our own streams keep the way that they had.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from contextlib import suppress
from typing import Any

from seeknal.cli.streams import Scrubbed

_PATIENCE = 0.3
"""Seconds that the rest of a line is waited for."""
_MOST = 1 << 16


class Descriptors:
    """Descriptors 1 and 2 as they were, and the thread that reads what is written to them."""

    def __init__(self) -> None:
        self._own = {number: os.dup(number) for number in (1, 2)}
        for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
            stream.flush()
            assert isinstance(stream, Scrubbed)
            stream.use(_same(stream, self._own[number]))
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
        self._ended.set()
        self._thread.join()
        os.close(self._read)

    def _pass_on(self) -> None:
        waiting = b""
        while True:
            ready = select.select([self._read], [], [], 0 if self._ended.is_set() else _PATIENCE)[0]
            piece = os.read(self._read, _MOST) if ready else b""
            waiting += piece
            # Whole lines, so that a secret is not passed on in two halves.
            whole = waiting.rfind(b"\n") + 1 if piece and len(waiting) < _MOST else len(waiting)
            if whole:
                sys.stderr.write(waiting[:whole].decode("utf-8", "replace"))
                sys.stderr.flush()
                waiting = waiting[whole:]
            if not piece and self._ended.is_set():
                return


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
