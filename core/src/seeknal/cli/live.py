"""The moving line at the foot of a terminal: how far a run is and what it works on."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from seeknal.cli.fitting import columns_of
from seeknal.cli.streams import CLEAR, put

BAR = 20
_EVERY = 0.1

_shown: list[Live] = []


def shown() -> Live | None:
    """The line that is on the terminal now."""
    return _shown[-1] if _shown else None


def above() -> AbstractContextManager[None]:
    """What is printed within the block scrolls by above the line, if there is one."""
    live = shown()
    return live.above() if live else nullcontext()


class Live:
    """A line on stderr, redrawn while it is entered. Thread-safe."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._running: dict[str, float] = {}
        self._notes: dict[str, str] = {}
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="seeknal-live", daemon=True)

    def begin(self) -> None:
        _shown.append(self)
        self._thread.start()

    def end(self) -> None:
        """Take the line away for good."""
        self._ended.set()
        if self in _shown:
            _shown.remove(self)
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            put(CLEAR)

    def start(self, node: str) -> None:
        with self._lock:
            self._running[node] = time.monotonic()

    def finish(self, node: str) -> None:
        with self._lock:
            self._running.pop(node, None)
            self._notes.pop(node, None)
            self._done += 1

    def note(self, node: str, text: str) -> None:
        """Show how far a node says that it is, beside its name."""
        with self._lock:
            if node in self._running:
                self._notes[node] = text

    @contextmanager
    def above(self) -> Iterator[None]:
        """What is printed within the block scrolls by above the line."""
        with self._lock:
            put(CLEAR)
            yield
            sys.stdout.flush()
            self._draw()

    def _tick(self) -> None:
        while not self._ended.wait(_EVERY):
            with self._lock:
                self._draw()

    def _draw(self) -> None:
        if not self._ended.is_set():
            columns = columns_of(sys.stderr) or 80
            put(CLEAR + self.text(time.monotonic())[: columns - 1])

    def text(self, now: float) -> str:
        """The line as of ``now``."""
        filled = BAR * self._done // max(self._total, 1)
        bar = "#" * filled + "." * (BAR - filled)
        running = ", ".join(
            f"{node} {now - since:.1f} s {self._notes.get(node, '')}".rstrip()
            for node, since in self._running.items()
        )
        return f"[{bar}] {self._done}/{self._total}  {running}"
