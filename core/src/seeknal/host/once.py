"""What is found out once for a whole command, by whichever thread asks first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def once(compute: Callable[[], T]) -> Callable[[], T]:
    """A function that gives what ``compute`` gives, and calls it when it is first called itself.

    What ``compute`` raises is raised, and it is called again the next time.
    """
    lock = threading.Lock()
    found: list[T] = []

    def get() -> T:
        with lock:
            if not found:
                found.append(compute())
            return found[0]

    return get
