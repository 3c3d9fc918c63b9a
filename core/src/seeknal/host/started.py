"""Starts of other programs, which people wait for: whoever listens is told how long they took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, float], None]

_listeners: list[Listener] = []


def listen(listener: Listener | None) -> None:
    """From now on ``listener`` alone is told what was started, and in how many seconds."""
    _listeners[:] = [listener] if listener else []


class Awaited:
    """Something that is being started. ``over`` says once that it is there."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._is_over = False

    def over(self) -> None:
        if not self._is_over:
            self._is_over = True
            for listener in _listeners:
                listener(self._what, time.monotonic() - self._began)


@contextmanager
def awaited(what: str) -> Iterator[None]:
    """Within the block ``what`` is started; nobody is told of what did not start."""
    found = Awaited(what)
    yield
    found.over()
