"""Has a look at how old rows are, again and again, where files say how old they may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.host import clock
from seeknal.scheduling.answers import stale_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seeknal.scheduling.child import Child
    from seeknal.values.faults import Fault
    from seeknal.values.names import NodeId

PERIOD = 300.0
"""Seconds between two looks."""
_NEVER = float("inf")


class Ages:
    """Looks at the age of rows. ``start`` starts the process that does."""

    def __init__(self, start: Callable[[], Child | None]) -> None:
        self.start = start
        self.child: Child | None = None
        self._look_at = _NEVER

    def look(self) -> None:
        """Begin to look where it is time."""
        if self.child is None and clock.monotonic() >= self._look_at:
            self._look_at = clock.monotonic() + PERIOD
            self.child = self.start()

    def answer(self) -> Mapping[NodeId, Fault] | None:
        """The nodes whose rows are too old, once somebody has looked."""
        ended = self.child.ended() if self.child else None
        if ended is None:
            return None
        self.child = None
        found = stale_of(ended)
        if found is None:
            return None
        count, stale = found
        if not count:
            # No file says anything of ages.
            self._look_at = _NEVER
        return stale

    def begin(self, seconds: float) -> None:
        """Look after so many seconds: files may say something of ages now."""
        self._look_at = clock.monotonic() + seconds

    def look_now(self) -> None:
        """Rows may have become others."""
        if self._look_at < _NEVER:
            self._look_at = clock.monotonic()
