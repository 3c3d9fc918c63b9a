"""Deliveries of a run to one table, one after the other: each takes back what others have begun."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seeknal.plugin import DeliveryError
from seeknal_starrocks.addresses import address_of

if TYPE_CHECKING:
    from seeknal_starrocks.work import Work

_PAUSE = 0.1
_guard = threading.Lock()
_locks: dict[tuple[str, int, str], threading.Lock] = {}
"""By host, port and table."""


@contextmanager
def turn_of(work: Work) -> Iterator[None]:
    """Within the block no other delivery of this process is at the table."""
    address = address_of(work.name, work.connection)
    with _guard:
        place = (address.host.lower(), address.port, str(work.table))
        lock = _locks.setdefault(place, threading.Lock())
    ended = threading.Event()
    with work.context.cancelled_by(ended.set):
        while not lock.acquire(timeout=_PAUSE):
            if ended.is_set():
                raise DeliveryError(f"it waited for another delivery to {work.table}")
    try:
        yield
    finally:
        lock.release()
