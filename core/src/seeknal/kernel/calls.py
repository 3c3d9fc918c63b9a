"""Calls that plugins wait in, to servers of others, and how each is cancelled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.values.names import NodeId

PAUSE = 0.5
"""Seconds between two attempts: one that comes between two queries cancels neither."""

PATIENCE = 5.0
"""Seconds that a call which has ended waits for an attempt to cancel it."""


class Calls:
    """The calls that can be cancelled just now, by the node that they are for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: list[tuple[NodeId, _Call]] = []

    @contextmanager
    def during(self, node: NodeId, cancel: Callable[[], None]) -> Iterator[None]:
        """While the block lasts, ``cancel`` ends what it waits for; afterwards it is not called."""
        call = _Call(cancel)
        entry = (node, call)
        with self._lock:
            self._running.append(entry)
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(entry)
            call.end()

    def cancel(self, node: NodeId | None = None) -> None:
        """Have a node's calls cancelled, or all of them; returns at once, may be called often."""
        with self._lock:
            running = [call for of, call in self._running if node is None or of == node]
        for call in running:
            call.cancel()


class _Call:
    """One call. Cancelling it may take a while: a thread of its own does it."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        self._changed = threading.Condition()
        self._began = float("-inf")
        self._busy = False
        self._ended = False

    def cancel(self) -> None:
        with self._changed:
            now = time.monotonic()
            if self._ended or self._busy or now - self._began < PAUSE:
                return
            self._busy, self._began = True, now
        threading.Thread(target=self._work, name="seeknal-cancel", daemon=True).start()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.wait_for(lambda: not self._busy, PATIENCE)

    def _work(self) -> None:
        try:
            # The call may end by itself meanwhile, and its server be gone.
            with suppress(Exception):
                self._cancel()
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
