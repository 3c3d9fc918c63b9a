"""Exports of schedules without a project, and when they start something."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random

from seeknal.intervals.ticks import ticks_next
from seeknal.intervals.timings import read_schedule, timing_of
from seeknal.scheduling.export.clocks import changes
from seeknal.scheduling.export.formats import FORMATS
from seeknal.scheduling.export.jobs import Export, jobs_of
from seeknal.values.names import NodeId

DAY = 86400
ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"),
    *("Africa/Casablanca", "America/Santiago", "Pacific/Chatham"),
)


def at(text):
    """A moment in UTC, in seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


BEGIN, END = at("2024-01-01"), at("2026-01-01")


def export_of(*schedules, **more):
    """What is told of schedules, each of one node."""
    known = {
        timing_of(read_schedule(text)): (NodeId(f"transform.t{number}"),)
        for number, text in enumerate(schedules)
    }
    values = {
        "project": "shop",
        "environment": "prod",
        "folder": Path("/srv/shop"),
        "program": ("/opt/seeknal/bin/seeknal",),
        "jobs": jobs_of(known),
        "now": BEGIN,
        **more,
    }
    return Export(**values)


def rendered(format, *schedules, **more):
    """The files of an export by their names."""
    files = FORMATS[format].render(export_of(*schedules, **more))
    return {file.name: file.text for file in files}


def ticks(text, begin, end):
    """When a schedule ticks in a span of time."""
    schedule = read_schedule(text)
    found, tick = [], ticks_next(schedule, begin - 1)
    while tick < end:
        found.append(tick)
        tick = ticks_next(schedule, tick)
    return found


def spans(zone):
    """Days around every change of a zone's clock in two years, and some others."""
    moments = [change.moment for change in changes(zone, BEGIN + 3 * DAY, END - 3 * DAY)]
    near = [(moment - moment % DAY - DAY, moment - moment % DAY + 2 * DAY) for moment in moments]
    return [*near, (at("2024-02-27"), at("2024-03-02")), (at("2025-12-29"), END)]


def near_change(tick, zone):
    """Whether a clock is put forward or back within a few hours."""
    return any(changes(zone, tick - 4 * 3600, tick + 4 * 3600))


def drawn(seed):
    """A random schedule, with its zone, that every format can tell."""
    random = Random(seed)
    minute = random.choice(["0", "30", "*/15", "5,50", "*/30", "15-17", "*", "59", "*/20,7"])
    hour = random.choice(["*", "*/2", "2", "0", "1-4", "23", "2,14", "*/6", "0-23", "3"])
    days = random.choice(
        ["* *", "* *", "* *", "1 *", "* 1-5", "* 0", "31 *", "1,15 5", "*/2 *", "29-31 0"]
    )
    date, weekday = days.split()
    month = random.choice(["*", "*", "*", "3,10", "1-6", "*/2"])
    told = f"{minute} {hour} {date} {month} {weekday}"
    if random.random() < 0.2:
        told = random.choice(["6 hours", "2 hours", "15 minutes", "1 day", "1 week", "3 months"])
    zone = random.choice(ZONES)
    return (told if zone == "UTC" else f"{told} {zone}"), zone
