"""Making the next part of a stream while the one before is on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


def ahead(parts: Iterator[T], stop: Callable[[], None] = lambda: None) -> Iterator[T]:
    """The same parts, each made in another thread while the one before is used.

    ``stop`` ends what that thread waits for, where nobody wants the rest.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as worker:
        waiting = worker.submit(next, parts, None)
        try:
            while (part := waiting.result()) is not None:
                waiting = worker.submit(next, parts, None)
                yield part
        except GeneratorExit:
            stop()
            raise
