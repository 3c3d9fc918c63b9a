"""When schedules tick, for a judge of schedulers: by no code of seeknal's."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

from tests.scheduling import debian

NAMED = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0"}
DURATIONS = {
    "5 minutes": "*/5 * * * *",
    "15 minutes": "*/15 * * * *",
    "30 minutes": "*/30 * * * *",
    "1 hour": "0 * * * *",
    "6 hours": "0 0,6,12,18 * * *",
    "12 hours": "0 0,12 * * *",
    "1 day": "0 0 * * *",
}
"""The schedule that ticks where ranges of a duration begin."""


def ticks(text: str, zone: str, start: datetime, end: datetime) -> list[datetime]:
    """The ticks of a schedule from ``start`` up to ``end``, both of them held.

    They are those of Debian's cron on a machine of the zone.
    """
    fields = NAMED.get(text, DURATIONS.get(text, text))
    first = ceil(start.timestamp() / 60) * 60
    found = debian.fires(fields, zone, first, end.timestamp() + 1)
    return [datetime.fromtimestamp(tick, UTC) for tick in found]
