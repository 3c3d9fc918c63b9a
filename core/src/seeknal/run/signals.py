"""SIGINT and SIGTERM stop a run: at the first it lets go of what runs, at the second it ends."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from seeknal.values.errors import NodeError

NAMES = (signal.SIGINT, signal.SIGTERM)
ONE_PRESS = 0.2
"""Seconds within which two are one: some programs pass on what the terminal has sent already."""

PATIENCE = 5.0
"""Seconds that the end waits for what is just being put on record."""


class Stop(threading.Event):
    """Set once a run is to end. ``at_once``: nothing is waited for any more."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once = False
        self._asked_at = float("-inf")
        self._changed = threading.Condition()
        self._recording = 0
        self._ended = False

    def ask(self) -> bool:
        """The run is to end; at once when it was asked before. False when it was asked twice."""
        now = time.monotonic()
        if now - self._asked_at > ONE_PRESS:
            if self.at_once:
                return False
            self.at_once = self.is_set()
            self.set()
        self._asked_at = now
        return True

    @contextmanager
    def recording(self) -> Iterator[None]:
        """What is put on record within the block is there before the run's end, or never."""
        with self._changed:
            if self._ended:
                raise NodeError("the run has ended", code="SK0714")
            self._recording += 1
        try:
            yield
        finally:
            with self._changed:
                self._recording -= 1
                self._changed.notify_all()

    def end_recording(self) -> None:
        """Nothing more is put on record by nodes that were left to themselves."""
        with self._changed:
            self._ended = True
            self._changed.wait_for(lambda: not self._recording, PATIENCE)


@contextmanager
def stopped_by_signals(stop: Stop) -> Iterator[None]:
    """Meanwhile SIGINT and SIGTERM ask ``stop``; a third one ends the process as it is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {name: signal.getsignal(name) for name in NAMES}

    def asked(number: int, frame: object) -> None:
        if stop.ask():
            # It may have been set to work but once.
            signal.signal(number, asked)
        else:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    for name in NAMES:
        signal.signal(name, asked)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
