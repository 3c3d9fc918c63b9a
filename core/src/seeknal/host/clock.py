"""The one clock: by it ranges are due, schedules tick and what has happened is dated.

Others ask it by the module, ``clock.now()``, so that one that shows another time takes its place.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds since some moment, which nobody puts forward or back."""
    return time.monotonic()


def wait(event: Event, seconds: float) -> bool:
    """Whether an event was set before so many seconds were over."""
    return event.wait(seconds)
