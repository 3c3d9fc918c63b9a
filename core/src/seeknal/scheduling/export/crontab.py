"""A table for cron: that of cronie, and Debian's, which knows no other zone than the machine's."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from seeknal.intervals.timings import HOURS, Timing, cron_text
from seeknal.scheduling.export.clocks import AHEAD, changes, elsewhere, shifts
from seeknal.scheduling.export.jobs import File, header, told
from seeknal.scheduling.export.waits import lock_timeout

if TYPE_CHECKING:
    from seeknal.scheduling.export.jobs import Export, Job


def render(export: Export) -> tuple[File, ...]:
    """One table with a line for each job.

    What ticks by another clock than the machine's is asked whenever that may be: seeknal itself
    then knows whether it is time. Output, which cron mails, there is of failures alone.
    """
    where = "in /etc/cron.d/" if export.user else "at the end of what crontab -e shows"
    first = header(
        export,
        "crontab",
        f"Its place is {where}. Failures are mailed to whom MAILTO= names.",
        f"Times are by the clock of {export.timezone}, to which the machine's has to be set.",
    )
    settings = ("SHELL=/bin/sh", "PATH=/usr/local/bin:/usr/bin:/bin", f"CRON_TZ={export.timezone}")
    lines = (line for job in export.jobs for line in ("", *_lines(export, job)))
    return (File(name="seeknal.cron", text=first + "\n".join((*settings, *lines)) + "\n"),)


def _lines(export: Export, job: Job) -> tuple[str, str]:
    own = elsewhere(job.timing, export.timezone, export.now)
    program = shlex.join(export.program)
    run = f"{program} {shlex.join((*export.run(job), '--quiet', *lock_timeout(job)))}"
    if own is None or own.ordinal:
        run = f"{program} schedule due {shlex.quote(str(job.timing))} && {run}"
        own = _often(job.timing, export)
    user = f"{export.user} " if export.user else ""
    command = f"cd {shlex.quote(str(export.folder))} && {run}"
    return f"# {job.timing}: {told(job)}", f"{cron_text(own)} {user}{_escaped(command)}"


def _often(timing: Timing, export: Export) -> Timing:
    """Every hour, at all minutes at which there may be a tick."""
    ahead = shifts(timing.timezone, export.timezone, export.now)
    minutes = set(timing.minutes) | _put_forward(timing.timezone, export.now)
    found = sorted({(minute + shift) % 60 for minute in minutes for shift in ahead})
    return Timing(minutes=tuple(found), hours=HOURS, elapses=True)


def _put_forward(timezone: str, now: int) -> set[int]:
    """The minutes that a clock shows when it has been put forward: what it left out ticks then."""
    found = changes(timezone, now, now + AHEAD)
    return {change.new // 60 % 60 for change in found if change.new > change.old}


def _escaped(command: str) -> str:
    r"""A command in which cron takes no % for the end of a line.

    It does not do so behind a backslash, which it takes away; one that stands there already is
    kept from it by two quotes, between which there is nothing.
    """
    return re.sub(r"%", r"\\%", re.sub(r"\\(?=%)", r"\\''", command))
