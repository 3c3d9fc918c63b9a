"""A service and a timer of systemd for each job."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from seeknal.intervals.cronfields import LAST, LAST_WORKING
from seeknal.intervals.timings import DAYS, MONTHS, WEEKDAYS
from seeknal.scheduling.export.clocks import AHEAD, HOUR, changes, elsewhere, shows, unshown
from seeknal.scheduling.export.jobs import File, comment, header, told
from seeknal.scheduling.export.waits import lock_timeout
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seeknal.intervals.timings import Timing
    from seeknal.scheduling.export.jobs import Export, Job

_NAMES = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def render(export: Export) -> tuple[File, ...]:
    """Two files for each job; those of one job never run at once, those of others wait."""
    return tuple(file for job in export.jobs for file in _units(export, job))


def calendar(timing: Timing, now: int) -> list[str]:
    """What `OnCalendar=` says, a line each, of which every one adds moments.

    systemd leaves out what a clock does not show, and what it shows for the second time: those
    moments are named, for the years of which the changes of clocks are known.
    """
    shown = elsewhere(timing, "UTC", now) or timing
    _refuse_lost(shown, now)
    times = f"{_numbers(shown.hours, 24)}:{_numbers(shown.minutes, 60)}:00 {shown.timezone}"
    lines = [f"{days} {times}".strip() for days in _days(shown)]
    named = (datetime.fromtimestamp(tick, UTC) for tick in unshown(shown, now, now + AHEAD))
    return [*lines, *(f"{moment:%Y-%m-%d %H:%M:%S} UTC" for moment in named)]


def _refuse_lost(timing: Timing, now: int) -> None:
    """Raise UsageError where systemd never finds the next moment, and so stops.

    It looks for a time of day that is left out from the next hour on, where that is left out too.
    """
    for change in changes(timing.timezone, now, now + AHEAD):
        if change.new > change.old and change.old % HOUR and shows(timing, change.old, change.new):
            raise UsageError(
                f"systemd does not get over times that a clock leaves out so: {timing}",
                code="SK0296",
                help="take other hours of the day, another zone, or another format",
            )


def _units(export: Export, job: Job) -> Iterator[File]:
    name = export.name_of(job)
    what = f"{comment(export.project)}, {job.timing}".replace("%", "%%")
    first = header(export, "systemd", told(job))
    user = [f"User={export.user}"] if export.user else []
    arguments = (*export.run(job), *lock_timeout(job))
    yield File(
        name=f"{name}.service",
        text=first
        + _section("Unit", f"Description=seeknal run of {what}", *_NETWORK)
        + _section(
            "Service",
            "Type=oneshot",
            *user,
            f"WorkingDirectory={_path(str(export.folder))}",
            f"ExecStart={_command((*export.program, *arguments))}",
            # So it ends where it is stopped.
            "SuccessExitStatus=130",
        ),
    )
    lines = (f"OnCalendar={line}" for line in calendar(job.timing, export.now))
    timer = ("Persistent=true", "AccuracySec=1s")
    yield File(
        name=f"{name}.timer",
        text=first
        + _section("Unit", f"Description=When seeknal runs {what}")
        + _section("Timer", *lines, *timer)
        + _section("Install", "WantedBy=timers.target"),
    )


_NETWORK = ("Wants=network-online.target", "After=network-online.target")


def _section(name: str, *lines: str) -> str:
    return "\n".join((f"\n[{name}]", *lines)) + "\n"


def _command(words: Sequence[str]) -> str:
    program, *arguments = words
    return " ".join((_quoted(program), *(_quoted(word).replace("$", "$$") for word in arguments)))


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _path(folder: str) -> str:
    """A folder, which stands without quotes to the end of its line."""
    if folder.endswith((" ", "\\")):
        raise UsageError(
            f"systemd cannot be told of a folder whose name ends so: {folder!r}",
            code="SK0299",
            help="call it otherwise",
        )
    return folder.replace("%", "%%")


def _numbers(values: Sequence[int], all: int) -> str:
    return "*" if len(values) == all else ",".join(f"{value:02}" for value in values)


def _days(timing: Timing) -> Iterator[str]:
    """Weekdays and dates, a text for each of the ways in which a day can be one of the schedule."""
    months = "*" if timing.months == MONTHS else _numbers(timing.months, 0)
    if timing.both and not (timing.dated and timing.weekly):
        found = [*_by_date(timing, WEEKDAYS)] if timing.dated else [*_by_weekday(timing)]
    elif not timing.both:
        found = [*_by_date(timing, WEEKDAYS), *_by_weekday(timing)]
    else:
        plain = [day for day in timing.weekdays if isinstance(day, int)]
        if len(plain) < len(timing.weekdays):
            raise UsageError(
                f"systemd has no words for a date that is also such a weekday: {timing}",
                code="SK0296",
                help="say the days by dates or by weekdays alone",
            )
        found = [*_by_date(timing, plain)]
    for weekdays, date in found:
        named = ",".join(_NAMES[day] for day in weekdays) if len(weekdays) < 7 else ""
        yield f"{named} *-{months}{date}".strip()


def _by_date(timing: Timing, weekdays: Sequence[int]) -> Iterator[tuple[Sequence[int], str]]:
    """Days of the month, of which only those count that are one of the weekdays."""
    if plain := [day for day in timing.days if day > 0]:
        yield weekdays, f"-{_numbers(plain, len(DAYS))}"
    if LAST in timing.days:
        yield weekdays, "~01"
    if LAST_WORKING in timing.days:
        # The last day, or the Friday before a Saturday or a Sunday that is the last one.
        if working := [day for day in weekdays if 1 <= day <= 5]:
            yield working, "~01"
        if 5 in weekdays:
            yield (5,), "~02,03"


def _by_weekday(timing: Timing) -> Iterator[tuple[Sequence[int], str]]:
    """Days of the week, each or one of a month."""
    if plain := [day for day in timing.weekdays if isinstance(day, int)]:
        yield plain, "-*"
    for day in timing.weekdays:
        if not isinstance(day, int):
            weekday, number = day
            yield (weekday,), _nth(number)


def _nth(number: int) -> str:
    """The dates that the first, second, ... or last of a weekday can have."""
    if number < 0:
        return "~07/1"
    first = 7 * number - 6
    return f"-{first:02}..{min(first + 6, 31):02}"
