"""When a node is due."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Schedule:
    """When a node is due: ``text`` is a cron schedule or a duration, by the clock of a zone."""

    text: str
    timezone: str = "UTC"
