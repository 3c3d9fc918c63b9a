"""``schedule``: when nodes are due, and that in the words of other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Group
from seeknal.cli.common import project_options, project_root, request
from seeknal.cli.render import count, print_json, print_table
from seeknal.cli.streams import say
from seeknal.host import clock
from seeknal.kernel.command_options import format_option

if TYPE_CHECKING:
    from seeknal.scheduling.agenda import Entry

NOTHING = 'no node has a schedule: write schedule: "@daily", "0 6 * * *" or 6 hours in one'


@click.group("schedule", cls=Group)
def schedule_command() -> None:
    """Show when nodes are due, or write that for cron, systemd, Airflow and others."""


@schedule_command.command("list")
@format_option("table", "json")
@project_options
def list_command(format_: str, **options: Any) -> None:
    """List the nodes with a schedule: when it has ticked last, and when it ticks next.

    A node without a schedule runs along with the nodes that it reads and those that read it.
    """
    from seeknal.plan.session import read_project
    from seeknal.scheduling.agenda import agenda_of

    loaded = read_project(project_root(), request(command="schedule", **options))
    now = int(clock.now().timestamp())
    entries = agenda_of(loaded.project.nodes, loaded.graph)
    if format_ == "json":
        from seeknal.cli.answers import answered

        print_json(answered("success", nodes=[_answer(entry, now) for entry in entries]))
        return
    if not entries:
        say(NOTHING)
        return
    headers = ("node", "schedule", "timezone", "last tick", "next tick", "along")
    print_table(headers, [_row(entry, now) for entry in entries])
    say(count(len(entries), "node"))


def _row(entry: Entry, now: int) -> tuple[object, ...]:
    from seeknal.intervals.moments import told
    from seeknal.intervals.ticks import ticked, ticks_next

    schedule = entry.schedule
    ticks = (ticked(schedule, now), ticks_next(schedule, now))
    told_ticks = (told(tick, schedule.timezone) for tick in ticks)
    return (entry.node, schedule.text, schedule.timezone, *told_ticks, ", ".join(entry.along))


def _answer(entry: Entry, now: int) -> dict[str, Any]:
    from seeknal.intervals.ticks import ticked, ticks_next
    from seeknal.intervals.wording import iso

    return {
        "node": entry.node,
        "schedule": entry.schedule.text,
        "timezone": entry.schedule.timezone,
        "last_tick": iso(ticked(entry.schedule, now)),
        "next_tick": iso(ticks_next(entry.schedule, now)),
        "along": list(entry.along),
    }
