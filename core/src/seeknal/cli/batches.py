"""Which batches of a backfill get a line of their own where no line moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.values.names import NodeId
    from seeknal.values.tracking import Batch

LINES = 10
"""About how many lines a node gets."""
APART = 10.0
"""Seconds between two lines, at least."""
PATIENCE = 30.0
"""Seconds without a line, after which the next batch gets one."""


class Batches:
    """What was told so far, of each node. Thread-safe."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._told: dict[NodeId, float] = {}
        self._lock = threading.Lock()

    def worth_a_line(self, node: NodeId, batch: Batch) -> bool:
        """Whether the batch that begins is told of."""
        with self._lock:
            now = self._now()
            told = self._told.setdefault(node, now)
            every = -(-batch.total // LINES)
            passed = now - told
            between = batch.total <= LINES or (batch.number - 1) % every
            if passed < (PATIENCE if between else APART):
                return False
            self._told[node] = now
            return True
