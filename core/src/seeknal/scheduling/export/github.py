"""A workflow for GitHub Actions, which keeps what seeknal remembers between its runs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.intervals.timings import MONTHS, cron_text
from seeknal.kernel.installing import OF_A_FILE
from seeknal.scheduling.export.jobs import File, header
from seeknal.scheduling.export.plain import plain
from seeknal.scheduling.export.yaml import dumped
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from seeknal.intervals.timings import Timing
    from seeknal.scheduling.export.jobs import Export, Job

_SHORTEST = 300
"""GitHub starts a workflow no more often."""


def render(export: Export) -> tuple[File, ...]:
    """One workflow. Its runs wait for each other, and each finds what the one before has left."""
    schedules: dict[str, Job] = {}
    events = []
    for job in export.jobs:
        if job.shortest < _SHORTEST:
            raise UsageError(
                f"GitHub starts a workflow at most every 5 minutes: {job.timing} is more often",
                code="SK0296",
                help="give its nodes another schedule, or run seeknal scheduler on a server",
            )
        timing = plain(job, "GitHub", export.now)
        cron = _unlike(timing, schedules)
        schedules[cron] = job
        zone = {} if timing.timezone == "UTC" else {"timezone": timing.timezone}
        events.append({"cron": cron, **zone})
    first = header(
        export, "github-actions", "Its place is .github/workflows/ of the default branch."
    )
    return (File(name="seeknal.yml", text=first + dumped(_workflow(export, events, schedules))),)


def lacks(export: Export) -> tuple[str, ...]:
    """What is not there of which the workflow installs seeknal."""
    if (export.folder / "requirements.txt").exists():
        return ()
    return ("the workflow installs requirements.txt, which is not in the project's folder yet",)


def _workflow(
    export: Export, events: list[dict[str, str]], schedules: dict[str, Job]
) -> dict[str, Any]:
    name = export.name
    below = _below_repository(export.folder)
    kept = {
        "path": _literal(str(below / "target")),
        "key": f"{name}-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}",
    }
    run = {"shell": "bash", "working-directory": _literal(str(below))}
    return {
        "name": name,
        "on": {"schedule": events, "workflow_dispatch": {}},
        "permissions": {"contents": "read"},
        "concurrency": {"group": name, "cancel-in-progress": False, "queue": "max"},
        "jobs": {
            "run": {
                "runs-on": "ubuntu-latest",
                "defaults": {"run": run},
                "steps": [
                    {"uses": "actions/checkout@v6"},
                    {"uses": "actions/setup-python@v6", "with": {"python-version": "3.12"}},
                    {"run": OF_A_FILE},
                    {
                        "name": "Bring back what earlier runs have left",
                        "uses": "actions/cache/restore@v5",
                        "with": {**kept, "restore-keys": f"{name}-"},
                    },
                    {
                        "name": "Run what is due",
                        "env": {
                            "SCHEDULE": "${{ github.event.schedule }}",
                            **{name: f"${{{{ secrets.{name} }}}}" for name in export.secrets},
                        },
                        "run": _script(schedules, export.options),
                    },
                    {
                        "name": "Keep what this run leaves, also after a failure",
                        "if": "always()",
                        "uses": "actions/cache/save@v5",
                        "with": kept,
                    },
                ],
            }
        },
    }


def _script(schedules: dict[str, Job], options: tuple[str, ...]) -> str:
    """Runs what the cron line stands for that has started it; by hand, everything."""
    lines = ['case "$SCHEDULE" in']
    for cron, job in schedules.items():
        lines.append(f"  {shlex.quote(cron)}) set -- --schedule {_quoted(str(job.timing))} ;;")
    every = " ".join(f"--schedule {_quoted(str(job.timing))}" for job in schedules.values())
    more = "".join(f" {_quoted(option)}" for option in options)
    return "\n".join((*lines, f"  *) set -- {every} ;;", "esac", f'seeknal run "$@"{more}', ""))


def _quoted(word: str) -> str:
    """A word for the shell in which GitHub finds no expression."""
    return shlex.quote(word).replace("${{", "$''{{")


def _literal(text: str) -> str:
    """A text in which GitHub finds no expression."""
    return text.replace("${{", "${{ '$' }}{{")


def _unlike(timing: Timing, known: Collection[str]) -> str:
    """Fields that no other event has: GitHub tells a run which they are, and not in which zone."""
    minute, hour, day, month, weekday = cron_text(timing).split()
    months = month if timing.months != MONTHS else "1-12"
    found = f"{minute} {hour} {day} {month} {weekday}"
    while found in known:
        found = f"{minute} {hour} {day} {months} {weekday}"
        months += f",{timing.months[-1]}"
    return found


def _below_repository(folder: Path) -> Path:
    """Where a project stands in its repository."""
    root = next((path for path in (folder, *folder.parents) if (path / ".git").exists()), folder)
    return folder.relative_to(root)
