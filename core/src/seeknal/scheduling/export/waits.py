"""How long a run waits for another one of the project to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.scheduling.export.jobs import Job

_LONGEST = 3600


def lock_timeout(job: Job) -> tuple[str, str]:
    """An hour, or until the next one of the job begins, so that they do not pile up."""
    seconds = min(_LONGEST, job.shortest)
    return "--lock-timeout", f"{seconds // 60}m" if seconds < _LONGEST else "1h"
