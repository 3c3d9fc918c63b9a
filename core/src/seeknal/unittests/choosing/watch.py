"""An end to queries that take too long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Watch:
    """Interrupts what a cursor does when its time is over."""

    def __init__(self, cursor: DuckDBPyConnection) -> None:
        self.cursor = cursor
        self._lock = threading.Lock()
        self._until: float | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """What is executed within is interrupted after ``seconds``."""
        self._until = time.monotonic() + seconds
        try:
            yield
        finally:
            with self._lock:
                self._until = None

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.05):
            with self._lock:
                if self._until is not None and time.monotonic() > self._until:
                    self.cursor.interrupt()
