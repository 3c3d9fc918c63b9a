"""``schedule``: when nodes are due, and that in the words of other programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from seeknal.cli.app import Group
from seeknal.cli.common import environment_option, project_options, project_root, request
from seeknal.cli.exporting import export_command
from seeknal.cli.render import count, print_json, print_table
from seeknal.cli.streams import say, warn
from seeknal.host import clock
from seeknal.kernel.command_options import format_option

if TYPE_CHECKING:
    from seeknal.graph.agenda import Entry
    from seeknal.plan.session import Loaded
    from seeknal.values.names import NodeId
    from seeknal.values.problems import Problem
    from seeknal.values.snapshot import Snapshot


@click.group("schedule", cls=Group)
def schedule_command() -> None:
    """Show when nodes are due, or write that for cron, systemd, Airflow and others."""


schedule_command.add_command(export_command)


@schedule_command.command("due")
@click.argument("schedule", metavar="SCHEDULE")
def due_command(schedule: str) -> int:
    """End with 0 in the minute in which a schedule ticks, and with 1 in any other.

    It is asked by programs that go by another clock: 'seeknal schedule due "0 6 * * *
    Europe/Berlin" && seeknal run ...' once an hour runs at six in Berlin.
    """
    from seeknal.intervals.ticks import ticked
    from seeknal.intervals.timings import read_schedule
    from seeknal.values.errors import SelectionError

    now = int(clock.now().timestamp())
    try:
        return 0 if ticked(read_schedule(schedule), now) >= now - now % 60 else 1
    except ValueError as error:
        raise SelectionError(str(error), code="SK0305") from None


@schedule_command.command("list")
@environment_option
@format_option("table", "json")
@project_options
def list_command(environment: str, format_: str, **options: Any) -> None:
    """List the nodes with a schedule: when it has ticked last, and when it ticks next.

    A node without a schedule runs along with the nodes that it reads and those that read it.
    """
    from seeknal.graph.agenda import NO_SCHEDULE, agenda_of
    from seeknal.plan.session import load

    asked = request(command="schedule", environment=environment, **options)
    loaded = load(project_root(), asked)
    now = int(clock.now().timestamp())
    entries = agenda_of(loaded.project.nodes, loaded.graph)
    problems = _untold(loaded.project.root, options["profile"])
    if format_ == "json":
        from seeknal.cli.answers import answered, problem_answer

        print_json(
            answered(
                "success",
                project=loaded.project.name,
                environment=environment,
                nodes=[_answer(entry, now, loaded, environment) for entry in entries],
                others=_others(entries, loaded, environment),
                problems=[problem_answer(problem) for problem in problems],
            )
        )
        return
    for problem in problems:
        warn(problem.message)
    if not entries:
        say(NO_SCHEDULE)
        return
    headers = ("node", "schedule", "timezone", "last tick", "next tick", "along")
    print_table(headers, [_row(entry, now) for entry in entries])
    say(count(len(entries), "node"))


def _untold(root: Path, profile: Path | None) -> list[Problem]:
    """Why some whom notifications: of profiles.yml names would be told of nothing here."""
    from seeknal.kernel.plugins import load_plugins
    from seeknal.project.profile.notifications import channels_of
    from seeknal.project.profile.profiles import load_profile
    from seeknal.values.problems import Problems

    found, problems = load_profile(root, profile, load_plugins()), Problems()
    if found is not None:
        channels_of(found, problems)
    return [
        evolve(each, severity="warn", message=f"a notification cannot be sent: {each.message}")
        for each in problems
    ]


def _row(entry: Entry, now: int) -> tuple[object, ...]:
    from seeknal.intervals.ticks import ticked, ticks_next
    from seeknal.intervals.wording import told_moment

    schedule = entry.schedule
    ticks = (ticked(schedule, now), ticks_next(schedule, now))
    told_ticks = (told_moment(tick, schedule.timezone) for tick in ticks)
    return (entry.node, schedule.text, schedule.timezone, *told_ticks, ", ".join(entry.along))


def _answer(entry: Entry, now: int, loaded: Loaded, environment: str) -> dict[str, Any]:
    from seeknal.intervals.ticks import ticked, ticks_next
    from seeknal.intervals.wording import iso

    node = loaded.project.nodes[entry.node]
    snapshot = _own(loaded, environment).get(entry.node)
    return {
        "node": entry.node,
        "schedule": entry.schedule.text,
        "timezone": entry.schedule.timezone,
        "last_tick": iso(ticked(entry.schedule, now)),
        "next_tick": iso(ticks_next(entry.schedule, now)),
        "along": list(entry.along),
        "above": list(entry.above),
        "tracked": node.tracking is not None,
        "made_at": _made_at(snapshot),
        "stored": snapshot is not None or node.does not in ("loads", "computes"),
    }


def _others(entries: Sequence[Entry], loaded: Loaded, environment: str) -> list[dict[str, Any]]:
    """The nodes without a schedule that run along with others, and when they were made."""
    snapshots = _own(loaded, environment)
    along = dict.fromkeys(id for entry in entries for id in entry.along)
    return [
        {
            "node": id,
            "tracked": loaded.project.nodes[id].tracking is not None,
            "made_at": _made_at(snapshots.get(id)),
        }
        for id in along
    ]


def _own(loaded: Loaded, environment: str) -> Mapping[NodeId, Snapshot]:
    """What an environment has: what production has is its own only once a run has made it."""
    return loaded.snapshots(environment) if environment in loaded.state.environments else {}


def _made_at(snapshot: Snapshot | None) -> str | None:
    """When the run began that has computed a node's rows and let all have them."""
    from seeknal.host.run_ids import began_at

    if snapshot is None or snapshot.failing or snapshot.backlog:
        return None
    if any(delivery.status == "owed" for delivery in snapshot.deliveries.values()):
        return None
    began = began_at(snapshot.run_id)
    return began.isoformat() if began else None
