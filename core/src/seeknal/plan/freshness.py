"""Does a source have to be read again?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from seeknal.host.file_version import same

if TYPE_CHECKING:
    from seeknal.values.snapshot import Snapshot


def reason_to_read(
    refresh: str | None, default: str, version: object, snapshot: Snapshot, now: datetime
) -> str | None:
    """Why a source is read again, or None. ``version`` None = nobody knows."""
    policy = refresh or ("on_change" if version is not None else default)
    if policy == "manual":
        return None
    if policy == "on_change":
        return _change(version, snapshot)
    if policy == "always":
        return "refresh: always"
    return f"refresh: {policy}" if _due(policy, snapshot, now) else None


def _change(version: object, snapshot: Snapshot) -> str | None:
    if version is None:
        return "version unknown"
    unchanged = version == snapshot.source_version or same(version, snapshot.source_version)
    return None if unchanged else "source changed"


def _due(policy: str, snapshot: Snapshot, now: datetime) -> bool:
    from seeknal.intervals.ticks import next_tick
    from seeknal.values.cron import Cron
    from seeknal.values.durations import Duration

    last = datetime.fromisoformat(snapshot.finished_at)
    if last > now:
        # A clock that ran ahead wrote it: nobody knows how old the rows are.
        return True
    try:
        period = Duration.parse(policy)
    except ValueError:
        return next_tick(Cron.parse(policy), "UTC", int(last.timestamp())) <= now.timestamp()
    return last + timedelta(seconds=period.rough_seconds) <= now
