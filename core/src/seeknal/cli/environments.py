"""``env``: what environments there are, and their generations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.agreement import agreed
from seeknal.cli.app import Command, Group
from seeknal.cli.common import (
    lock_timeout_option,
    project_root,
    read_duration,
    request,
)
from seeknal.cli.render import count, print_json, print_table, time_text
from seeknal.cli.streams import say
from seeknal.kernel.command_options import (
    format_option,
    limit_option,
    yes_option,
)
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.state.generations import Generation
    from seeknal.state.store import EnvironmentState


@click.group("env", cls=Group)
def env_command() -> None:
    """Create, list and delete environments, and show their generations.

    env plan, env apply and env promote are other spellings of plan, apply and promote.
    """


def _read_ttl(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> float | None:
    seconds = read_duration(context, parameter, value)
    if seconds == 0:
        raise click.BadParameter(f"{value} is no time: the next janitor would remove it")
    return seconds


@env_command.command("create", cls=Command)
@click.argument("name", metavar="ENV")
@click.option(
    "--from",
    "origin",
    metavar="ENV",
    default=PRODUCTION,
    show_default=True,
    help="Whose outputs it begins with.",
)
@click.option(
    "--ttl",
    metavar="DURATION",
    callback=_read_ttl,
    show_default="janitor.environment_ttl",
    help="Remove it when it was not used for so long.",
)
@lock_timeout_option
@format_option("text", "json")
def create_command(
    name: str, origin: str, ttl: float | None, lock_timeout: float, format_: str
) -> None:
    """Make an environment with the outputs of another; no data is copied.

    run --env NAME does so too, from prod.
    """
    from seeknal.run.environments.commands import create

    root = project_root()
    if ttl is None:
        from seeknal.project.settings import load_settings

        ttl = load_settings(root)[0].retention.environment_ttl
    asked = request(command=f"env create {name}", lock_timeout=lock_timeout)
    nodes = create(root, asked, name, origin, ttl)
    if format_ == "json":
        from seeknal.cli.answers import answered

        print_json(answered("success", environment=name, node_count=nodes, **{"from": origin}))
        return
    say(f"{name}: {count(nodes, 'node')} from {origin}, no data copied")


@env_command.command("list", cls=Command)
@format_option("table", "json")
def list_command(format_: str) -> None:
    """List all environments."""
    found = [_about(entry) for entry in _environments().values()]
    if format_ == "json":
        print_json(found)
        return
    headers = ("environment", "from", "generation", "nodes", "updated (UTC)", "expires", "note")
    rows = [
        (
            entry["environment"],
            entry["from"],
            entry["generation"],
            entry["node_count"],
            time_text(entry["updated_at"]),
            time_text(entry["expires_at"]),
            f"pinned to {entry['pinned']}" if entry["pinned"] is not None else "",
        )
        for entry in found
    ]
    print_table(headers, rows, (False, False, True, True))


@env_command.command("show", cls=Command)
@click.argument("name", metavar="ENV")
@format_option("text", "json")
def show_command(name: str, format_: str) -> None:
    """Show an environment: where it comes from and what is its own."""
    from seeknal.plan.environments import existing

    environments = _environments()
    environment = existing(environments, name)
    origin = environments.get(environment.origin or "")
    about = _about(environment)
    about["differs"] = sorted(_differing(environment, origin))
    if format_ == "json":
        from seeknal.cli.answers import answered

        print_json(answered("success", **about))
        return
    for key, value in about.items():
        if key != "differs" and value is not None:
            word = _SHOWN.get(key, key)
            print(f"{word:<11}{time_text(value) if key in _TIMES else value}")
    if origin is not None:
        print(f"{'differs':<11}{count(len(about['differs']), 'node')} from {origin.name}")
        for id in about["differs"]:
            print(f"  {id}")


@env_command.command("delete", cls=Command)
@click.argument("name", metavar="ENV")
@yes_option
@lock_timeout_option
@format_option("text", "json")
def delete_command(name: str, yes: bool, lock_timeout: float, format_: str) -> int:
    """Delete an environment; its targets in databases stay, its files go.

    Outputs that no other environment has are removed by the next janitor.
    """
    from seeknal.cli.answers import answered, not_agreed
    from seeknal.run.environments.commands import check_deletable, delete
    from seeknal.state.store import read_state

    check_deletable(read_state(project_root() / "target"), name)
    if name != PRODUCTION and not agreed(f"Delete environment {name}?", yes):
        if format_ == "json":
            print_json(not_agreed(name))
        return 1
    delete(project_root(), request(command=f"env delete {name}", lock_timeout=lock_timeout), name)
    if format_ == "json":
        print_json(answered("success", environment=name))
    else:
        say(f"deleted {name}")
    return 0


@env_command.command("history", cls=Command)
@click.argument("name", metavar="[ENV]", default=PRODUCTION)
@limit_option(20)
@format_option("table", "json")
def history_command(name: str, limit: int, format_: str) -> None:
    """List the generations of an environment that are kept, newest first."""
    from seeknal.plan.environments import existing
    from seeknal.state.generations import Generations

    environment = existing(_environments(), name)
    found = Generations(project_root() / "target").kept(name, environment.generation)
    found = found[: limit or None]
    if format_ == "json":
        print_json([_generation(entry) for entry in found])
        return
    if not found:
        say(f"{name} has no generations yet")
        return
    rows = [
        (
            entry.number,
            time_text(entry.at),
            f"{entry.command} {entry.note}".strip(),
            entry.changed,
            entry.commit[:7],
            "" if entry.closed else "interrupted",
        )
        for entry in found
    ]
    headers = ("generation", "at (UTC)", "command", "changed", "commit", "note")
    print_table(headers, rows, (True, False, False, True))


_TIMES = ("created_at", "updated_at", "expires_at")
_SHOWN = {
    "environment": "name",
    "node_count": "nodes",
    "created_at": "created",
    "updated_at": "updated",
    "expires_at": "expires",
}
"""What people read for a key."""


def _about(environment: EnvironmentState) -> dict[str, Any]:
    from datetime import datetime, timedelta

    expires = None
    if environment.ttl is not None and environment.updated:
        updated = datetime.fromisoformat(environment.updated)
        expires = (updated + timedelta(seconds=environment.ttl)).isoformat()
    return {
        "environment": environment.name,
        "from": environment.origin,
        "generation": environment.generation,
        "node_count": len(environment.snapshots),
        "created_at": environment.created,
        "updated_at": environment.updated,
        "expires_at": expires,
        "pinned": environment.pinned,
        "commit": environment.commit,
    }


def _generation(entry: Generation) -> dict[str, Any]:
    return {
        "generation": entry.number,
        "started_at": entry.at,
        "finished_at": entry.closed or None,
        "command": entry.command,
        "run_id": entry.run_id or None,
        "commit": entry.commit or None,
        "note": entry.note,
        "changed": entry.changed,
    }


def _differing(environment: EnvironmentState, origin: EnvironmentState | None) -> set[str]:
    if origin is None:
        return set()
    from seeknal.plan.views import output_now

    mine, theirs = environment.snapshots, origin.snapshots
    return {
        id
        for id in {*mine, *theirs}
        if id not in mine or id not in theirs or output_now(mine, id) != output_now(theirs, id)
    }


def _environments() -> dict[str, EnvironmentState]:
    from seeknal.state.store import read_state

    found = dict(read_state(project_root() / "target").environments)
    return {
        name: found[name] for name in sorted(found, key=lambda name: (name != PRODUCTION, name))
    }
