"""The programs that schedules are exported to, and what each of them has to be told."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.intervals.timings import HOURS, MONTHS
from seeknal.scheduling.export import airflow, crontab, github, kubernetes, systemd
from seeknal.scheduling.export.clocks import YEAR, changes, doubts, elsewhere
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seeknal.intervals.timings import Timing
    from seeknal.scheduling.export.jobs import Export, File, Job


def _nothing(export: Export) -> tuple[str, ...]:
    return ()


@frozen(kw_only=True)
class Format:
    """How jobs are told to a program.

    ``options`` are those of the command that it takes. It runs in the project's own folder where
    it is ``here``; ``lacks`` says what it needs that is not there. ``skipped`` and ``repeated``
    say what it does at a time of day that a clock leaves out or shows twice, where that is not
    what the scheduler does; not so of what goes by elapsed time, unless it is ``elapsing`` too.
    ``later`` says what becomes of the first tick after a change, of what ticks every hour of some
    days.
    """

    title: str
    render: Callable[[Export], tuple[File, ...]]
    options: frozenset[str] = frozenset()
    here: bool = False
    several: bool = False
    skipped: str | None = None
    repeated: str | None = None
    elapsing: bool = False
    later: str | None = None
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
        later="starts the first run after that as much too early or late",
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


def unsaid(format: Format, export: Export) -> Iterator[tuple[Job, UsageError]]:
    """The jobs that a program has no words for, each with why. Raises UsageError for others."""
    for job in export.jobs:
        try:
            format.render(evolve(export, jobs=(job,)))
        except UsageError as error:
            if error.code != "SK0296":
                raise
            yield job, error


def differences(format: Format, export: Export) -> Iterator[str]:
    """Where a program will run something at other times than the scheduler would, in two years."""
    span = export.now, export.now + 2 * YEAR
    for job in export.jobs:
        timing = elsewhere(job.timing, "UTC", export.now) or job.timing
        for moment, what in _differing(format, timing, span):
            day = datetime.fromtimestamp(moment, UTC).date()
            yield f"on {day} the clock of {job.timing} {what}"


def _differing(format: Format, timing: Timing, span: tuple[int, int]) -> Iterator[tuple[int, str]]:
    found = {doubt.what: doubt.moment for doubt in reversed([*doubts(timing, *span)])}
    by_readings = format.elapsing or not timing.elapses
    if "skipped" in found and format.skipped and by_readings:
        yield found["skipped"], f"leaves a time of it out: {format.title} {format.skipped}"
    if "repeated" in found and format.repeated and by_readings:
        yield found["repeated"], f"shows a time of it twice: {format.title} {format.repeated}"
    if format.later and timing.hours == HOURS and _some_days(timing):
        for change in islice(changes(timing.timezone, *span), 1):
            yield change.moment, f"is changed: {format.title} {format.later}"


def _some_days(timing: Timing) -> bool:
    return timing.dated or timing.weekly or timing.months != MONTHS
