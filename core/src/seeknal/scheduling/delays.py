"""How long what has gone wrong waits for its next attempt."""

from __future__ import annotations

from attrs import frozen

LONGEST = 3600
"""Seconds that nothing waits longer than."""


@frozen
class Delay:
    """Twice as long after each attempt, from so many seconds on."""

    first: int

    def after(self, attempts: int) -> int:
        """Seconds until the next attempt, after so many and one more that went wrong."""
        return min(self.first << min(attempts, 16), LONGEST)


def is_over(retry_at: float, now: float) -> bool:
    """Whether it is time for the next attempt; a clock that was put back delays it little."""
    return now >= retry_at or retry_at > now + LONGEST
