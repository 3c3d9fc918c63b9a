"""The five fields of cron that programs read alike which are no cron."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.scheduling.export.clocks import elsewhere
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.intervals.timings import Timing
    from seeknal.scheduling.export.jobs import Job


def plain(job: Job, program: str, now: int) -> Timing:
    """When a job is due, in UTC where it can be said so: there no clock is put forward or back.

    Raises UsageError for days that only some programs have words for.
    """
    timing = job.timing
    if timing.ordinal or (timing.both and timing.dated and timing.weekly):
        raise UsageError(
            f"{program} has no words for the days of {timing}",
            code="SK0296",
            help="say them by dates or by weekdays alone; crontab and systemd have more words",
        )
    return elsewhere(timing, "UTC", now) or timing
