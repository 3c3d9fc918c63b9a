"""The moving line at the foot of a terminal: how far a run is and what it works on."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from seeknal.cli.fitting import columns_of, middle, shrunk, width
from seeknal.cli.streams import CLEAR, is_terminal, put

BAR = 20
_NARROWEST = 12
"""Columns that a name keeps before it is left out."""
_EVERY = 0.1

_shown: list[Live] = []


def shown() -> Live | None:
    """The line that is on the terminal now."""
    return _shown[-1] if _shown else None


def above() -> AbstractContextManager[None]:
    """What is printed within the block scrolls by above the line, if there is one."""
    live = shown()
    return live.above() if live else nullcontext()


@contextmanager
def one_by_one(total: int, *, shown: bool) -> Iterator[Callable[[str], None]]:
    """Within the block a terminal shows how far things are; it is told what begins, by name."""
    if not shown or not is_terminal(sys.stderr):
        yield lambda name: None
        return
    live, running = Live(total), list[str]()

    def started(name: str) -> None:
        for each in running:
            live.finish(each)
        running[:] = [name]
        live.start(name)

    live.begin()
    try:
        yield started
    finally:
        live.end()


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
            columns = (columns_of(sys.stderr) or 80) - 1
            put(CLEAR + self.text(time.monotonic(), columns)[:columns])

    def text(self, now: float, columns: int | None = None) -> str:
        """The line as of ``now``, with times and the ends of names in so many ``columns``."""
        filled = BAR * self._done // max(self._total, 1)
        bar = "#" * filled + "." * (BAR - filled)
        head = f"[{bar}] {self._done}/{self._total}  "
        running = [
            (node, f"{now - since:.1f} s {self._notes.get(node, '')}".rstrip())
            for node, since in self._running.items()
        ]
        return head + _listed(running, None if columns is None else columns - len(head))


def _listed(running: Sequence[tuple[str, str]], room: int | None) -> str:
    """What runs and for how long; within ``room`` the names give way, and then the last of them."""
    for count in range(len(running), 0, -1):
        rest = f", +{len(running) - count} more" if count < len(running) else ""
        names = [name for name, _ in running[:count]]
        if room is not None:
            said = sum(1 + width(told) for _, told in running[:count]) + 2 * (count - 1)
            left = room - said - width(rest)
            sizes = shrunk([width(name) for name in names], [False] * count, left, _NARROWEST)
            if sizes is None and count > 1:
                continue
            sizes = sizes or [max(1, left)]
            names = [middle(name, size) for name, size in zip(names, sizes, strict=True)]
        told = [f"{name} {said}" for name, (_, said) in zip(names, running, strict=False)]
        return ", ".join(told) + rest
    return ""
