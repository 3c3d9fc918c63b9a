"""The sign of life of a scheduler: a file that is written again and again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import asdict, field, frozen

from seeknal.host.files import put_text

if TYPE_CHECKING:
    from pathlib import Path

    from seeknal.values.names import NodeId

BEATS = 3
"""A scheduler whose last sign of life is older than so many of its periods is taken for dead."""


@frozen(kw_only=True)
class AtWork:
    """The run that is going on."""

    since: float
    pid: int
    nodes: tuple[NodeId, ...] = field(converter=tuple["NodeId", ...])


@frozen(kw_only=True)
class Heartbeat:
    """Who schedules, when it was last seen, and what it does. Moments are seconds since 1970."""

    pid: int
    host: str
    started_at: float
    at: float
    period: float
    running: AtWork | None = None

    @property
    def bound(self) -> float:
        """Seconds after which it is taken for dead."""
        return BEATS * self.period


def beat(path: Path, heartbeat: Heartbeat) -> None:
    """Write a sign of life. Raises OSError."""
    put_text(path, json.dumps(asdict(heartbeat)))


def last_beat(path: Path) -> Heartbeat | None:
    """The last sign of life; None where there is none that can be read."""
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        running = found.pop("running")
        return Heartbeat(**found, running=AtWork(**running) if running else None)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
