"""The programs that schedules are exported to, and what each of them has to be told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.scheduling.export import airflow, crontab, github, kubernetes, systemd
from seeknal.scheduling.export.clocks import YEAR, doubts, elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seeknal.scheduling.export.jobs import Export, File


def _nothing(export: Export) -> tuple[str, ...]:
    return ()


@frozen(kw_only=True)
class Format:
    """How jobs are told to a program.

    ``options`` are those of the command that it takes. It runs in the project's own folder where
    it is ``here``; ``lacks`` says what it needs that is not there. ``skipped`` and ``repeated``
    say what it does at a time of day that a clock leaves out or shows twice, where that is not
    what the scheduler does; not so of what goes by elapsed time, unless it is ``elapsing`` too.
    """

    title: str
    render: Callable[[Export], tuple[File, ...]]
    options: frozenset[str] = frozenset()
    here: bool = False
    several: bool = False
    skipped: str | None = None
    repeated: str | None = None
    elapsing: bool = False
    lacks: Callable[[Export], tuple[str, ...]] = _nothing


FORMATS = {
    "crontab": Format(
        title="cron",
        render=crontab.render,
        options=frozenset({"user", "timezone"}),
        here=True,
    ),
    "systemd": Format(
        title="systemd",
        render=systemd.render,
        options=frozenset({"user"}),
        here=True,
        several=True,
    ),
    "airflow": Format(
        title="Airflow",
        render=airflow.render,
        here=True,
        skipped="runs it as much later",
        repeated="runs it the second time alone",
        elapsing=True,
    ),
    "github-actions": Format(
        title="GitHub Actions",
        render=github.render,
        options=frozenset({"secrets"}),
        lacks=github.lacks,
        repeated="does not say whether it runs it once or twice",
        elapsing=True,
    ),
    "kubernetes": Format(
        title="Kubernetes",
        render=kubernetes.render,
        options=frozenset({"image", "storage", "secrets"}),
        skipped="leaves it out",
        repeated="runs it twice",
    ),
}


def differences(format: Format, export: Export) -> Iterator[str]:
    """Where a program will run something at other times than the scheduler would, in two years."""
    for job in export.jobs:
        timing = elsewhere(job.timing, "UTC", export.now) or job.timing
        found = {doubt.what: doubt for doubt in reversed([*doubts(timing, *_soon(export))])}
        for what, does in (("skipped", format.skipped), ("repeated", format.repeated)):
            if does is None or what not in found or (timing.elapses and not format.elapsing):
                continue
            day = datetime.fromtimestamp(found[what].moment, UTC).date()
            verb = "leaves out" if what == "skipped" else "shows twice"
            yield (f"the clock {verb} a time of {job.timing} on {day}: {format.title} {does}")


def _soon(export: Export) -> tuple[int, int]:
    return export.now, export.now + 2 * YEAR
