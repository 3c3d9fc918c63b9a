"""``deliveries``: what targets are owed."""

from __future__ import annotations

from typing import Any

import click

from seeknal.cli.app import Command, Group
from seeknal.cli.common import (
    environment_option,
    format_option,
    lock_timeout_option,
    only_environment_option,
    project_options,
    project_root,
    request,
)
from seeknal.cli.environments import agreed
from seeknal.cli.render import count, print_json, print_table
from seeknal.cli.streams import say


@click.group("deliveries", cls=Group)
def deliveries_command() -> None:
    """List what targets are owed, send it again, or give it up.

    A target that could not be written is owed its rows, and each run delivers them before newer
    ones. What a target refuses as it is does not hold up what follows: it stays here.
    """


@deliveries_command.command("list", cls=Command)
@only_environment_option("Only this environment.")
@format_option("table", "json")
def list_command(environment: str | None, format_: str) -> None:
    """List what targets are owed, each node's oldest first."""
    from seeknal.run.owed import outstanding

    found = outstanding(project_root(), environment)
    if format_ == "json":
        print_json([_about(entry) for entry in found])
        return
    if not found:
        say("nothing is owed")
        return
    headers = ("id", "environment", "node", "target", "mode", "rows", "state", "error")
    names = ("id", "environment", "node", "target", "mode", "rows", "state", "error")
    rows = [tuple(_about(entry)[name] for name in names) for entry in found]
    print_table(headers, rows, (False, False, False, False, False, True, False, False))


@deliveries_command.command("retry", cls=Command)
@click.argument("names", metavar="[ID|NODE]...", nargs=-1)
@click.option("--force", is_flag=True, help="Also what later rows went before.")
@environment_option
@lock_timeout_option
@format_option("text", "json")
@project_options
def retry_command(
    names: tuple[str, ...], force: bool, environment: str, format_: str, **options: Any
) -> int:
    """Send what is owed again, all of it or what is named; nothing is computed.

    A node's batches go in their order: those before the named one, too.
    """
    from seeknal.cli.run import answer, reporter_of
    from seeknal.run.owed import retry

    asked = request(command="deliveries retry", environment=environment, **options)
    done = retry(project_root(), asked, names, reporter_of(format_), force=force)
    if done is None:
        say("nothing is owed")
        return 0
    return answer(done, format_)


@deliveries_command.command("drop", cls=Command)
@click.argument("names", metavar="ID|NODE...", nargs=-1, required=True)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@environment_option
@lock_timeout_option
def drop_command(names: tuple[str, ...], yes: bool, environment: str, lock_timeout: float) -> int:
    """Give up rows that targets are owed: they will never arrive.

    The node's next output is delivered as usual.
    """
    from seeknal.run.owed import drop

    if not agreed(f"Give up what {', '.join(names)} would bring?", yes):
        return 1
    asked = request(command="deliveries drop", environment=environment, lock_timeout=lock_timeout)
    for entry in drop(project_root(), asked, names):
        rows = "" if entry.rows is None else f", {count(entry.rows, 'row')}"
        say(f"dropped {entry.id}: {entry.node} -> {entry.delivery.label}{rows}")
    return 0


def _about(entry: Any) -> dict[str, Any]:
    delivery = entry.delivery
    return {
        "id": entry.id,
        "environment": entry.environment,
        "node": entry.node,
        "target": delivery.label,
        "mode": delivery.mode,
        "rows": entry.rows,
        "state": entry.state,
        "passed": entry.passed,
        "error": delivery.error,
        "at": delivery.at,
        "delivery_id": delivery.delivery_id,
    }
