"""``scheduler``: runs what is due for as long as it is let, and says how it is."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli import interrupt
from seeknal.cli.app import Group
from seeknal.cli.common import (
    environment_option,
    project_options,
    project_root,
    read_duration,
    request,
)
from seeknal.cli.render import print_json
from seeknal.cli.streams import say
from seeknal.host import clock
from seeknal.kernel.command_options import format_option, profile_option
from seeknal.values.errors import Interrupted, ProjectError, UsageError
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seeknal.graph.agenda import Entry
    from seeknal.scheduling.daemon import Asked, Daemon
    from seeknal.values.notifications import Channel

SHORTEST = 1.0


@click.group("scheduler", cls=Group, invoke_without_command=True)
@environment_option
@click.option(
    "--heartbeat",
    default="30s",
    metavar="DURATION",
    callback=read_duration,
    show_default=True,
    help="How often a sign of life is written.",
)
@project_options
@click.pass_context
def scheduler_command(
    context: click.Context,
    environment: str,
    heartbeat: float,
    profile: Path | None,
    variables: tuple[str, ...],
) -> int:
    """Run nodes when they are due by their schedules, until told to stop.

    It stays in the foreground and writes a line for each thing that happens. What was due while it
    was not there is run once it is; what fails is tried again after a minute, then after twice as
    long each time, at most an hour. Files of the project may be changed meanwhile.

    profiles.yml says under notifications: who is told when nodes fail, and when they recover.
    """
    if context.invoked_subcommand is not None:
        return 0
    from seeknal.project.paths import find_profile
    from seeknal.scheduling.daemon import Asked

    if heartbeat < SHORTEST:
        raise UsageError(
            f"--heartbeat {heartbeat:g} s is too short",
            code="SK0250",
            help=f"{SHORTEST:g} s is the least",
        )
    # What cannot be read is to be told now, and not by the first run.
    request(command="scheduler", environment=environment, variables=variables)
    root = project_root()
    found = find_profile(root, profile)
    is_named = profile is not None or bool(os.environ.get("SEEKNAL_PROFILE"))
    words = tuple(word for entry in variables for word in ("--var", entry))
    asked = Asked(
        root=root,
        environment=environment,
        # Its processes are in the project's folder, wherever it was started.
        profile=found.resolve() if found is not None and is_named else None,
        words=words,
        period=heartbeat,
    )
    return _schedule(asked)


@scheduler_command.command("status")
@environment_option
@format_option("table", "json")
@project_options
def status_command(environment: str, format_: str, **options: Any) -> int:
    """Say whether the scheduler lives, and how the nodes are that it runs.

    Ends with 0 while it lives, and with 1 where it does not: a probe may ask it.
    """
    from seeknal.cli.scheduler_status import print_status, status_answer
    from seeknal.scheduling.place import Place
    from seeknal.scheduling.status import status_of

    root = project_root()
    entries, fault = _entries(root, environment, options)
    now = clock.now().timestamp()
    found = status_of(Place.of(root / "target", environment), entries, now)
    if format_ == "json":
        print_json(status_answer(found, environment, fault, now))
    else:
        print_status(found, environment, fault, now)
    return 0 if found.alive else 1


@scheduler_command.command("notify")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@profile_option
@format_option("text", "json")
def notify_command(file: Path | None, profile: Path | None, format_: str) -> int:
    """Send a test message to all that notifications: of profiles.yml names.

    With FILE that message of a scheduler's outbox, to those that have not got it.
    """
    root = project_root()
    channels = _channels(root, profile)
    if not channels and file is None:
        raise UsageError(
            "profiles.yml names nobody to tell",
            code="SK0609",
            help="notifications: [{webhook: https://...}]",
        )
    with _told_to_stop():
        errors = _send(root, channels, file)
    if format_ == "json":
        from seeknal.cli.answers import answered, outcome, told

        why = "; ".join(errors.values())
        print_json(answered(outcome(not errors), error=told(why or None)))
    else:
        for channel in channels:
            print(errors.get(channel.name, f"{channel.name}: sent"))
    return 1 if errors else 0


def _schedule(asked: Asked) -> int:
    from seeknal.scheduling.daemon import Daemon
    from seeknal.scheduling.place import Place
    from seeknal.state.lock import Refusal, project_lock

    refusal = Refusal(
        f"a scheduler of {asked.environment} is at work already",
        "seeknal scheduler status says how it is",
    )
    place = Place.of(asked.root / "target", asked.environment)
    stopped: list[int] = []
    at_work: list[Daemon] = []
    _obey(at_work, stopped)
    while not stopped:
        with project_lock(place.folder, command="scheduler", timeout=1.0, refusal=refusal) as lock:
            at_work[:] = [Daemon(asked, place, lock.is_current, _line)]
            if not stopped:
                at_work[0].carry_out()
        if not stopped:
            _line("the folder target was removed: beginning anew")
    return Interrupted.exit_code if stopped[0] == signal.SIGINT else 0


def _obey(at_work: list[Daemon], stopped: list[int]) -> None:
    """At the first signal nothing more begins, at the second what runs is killed."""

    def asked(number: int, frame: object) -> None:
        for daemon in at_work:
            if stopped:
                daemon.hurry()
            else:
                daemon.stop()
        stopped.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, asked)


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """SIGTERM stops it as Ctrl-C does meanwhile: commands that are at work end too."""
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _line(text: str) -> None:
    say(f"{clock.now():%Y-%m-%dT%H:%M:%SZ}  {text}")


def _entries(
    root: Path, environment: str, options: dict[str, Any]
) -> tuple[Sequence[Entry], ProjectError | None]:
    """What is due when; a project that cannot be read now is no reason to say nothing."""
    from seeknal.graph.agenda import agenda_of
    from seeknal.plan.session import read_project

    try:
        loaded = read_project(root, request(command="status", environment=environment, **options))
    except ProjectError as error:
        return (), error
    return agenda_of(loaded.project.nodes, loaded.graph), None


def _channels(root: Path, profile: Path | None) -> tuple[Channel, ...]:
    from seeknal.kernel.plugins import load_plugins
    from seeknal.project.paths import find_profile
    from seeknal.project.profile.notifications import channels_of, note_commands
    from seeknal.project.profile.profiles import load_profile
    from seeknal.project.profile.secrecy import note_project
    from seeknal.values.problems import Problems

    # A command may print what .env says.
    note_project(root, find_profile(root, profile))
    found, problems = load_profile(root, profile, load_plugins()), Problems()
    if found is None:
        return ()
    note_commands(found)
    channels = channels_of(found, problems)
    if problems:
        raise ProjectError(problems)
    return channels


def _send(root: Path, channels: Sequence[Channel], file: Path | None) -> dict[str, str]:
    """What went wrong, by the names of channels."""
    from seeknal.project.settings import load_settings
    from seeknal.scheduling.news import test_message
    from seeknal.scheduling.outbox import keep, new_message, take
    from seeknal.scheduling.sending import send_all

    if file is None:
        name = load_settings(root)[0].options.name
        message = new_message(test_message(name, PRODUCTION, clock.now()))
        return send_all(channels, message, root, lambda _: None)
    found = take(file)
    if found is None:
        why = "is no message of a scheduler" if file.exists() else "is not there"
        help = (
            "leave the file out for a test message; those that wait are in the scheduler's outbox"
        )
        raise UsageError(f"{file} {why}", code="SK0250", help=help)
    meant = [channel for channel in channels if found.body.get("type") in channel.events]
    return send_all(meant, found, root, partial(keep, file))
