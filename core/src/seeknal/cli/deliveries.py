"""``deliveries``: what targets are owed."""

from __future__ import annotations

from typing import Any

import click

from seeknal.cli.agreement import agreed
from seeknal.cli.app import Command, Group
from seeknal.cli.common import (
    environment_option,
    lock_timeout_option,
    only_environment_option,
    project_options,
    project_root,
    request,
)
from seeknal.cli.render import count, print_json, print_table
from seeknal.cli.streams import say
from seeknal.kernel.command_options import force_option, format_option, yes_option


@click.group("deliveries", cls=Group)
def deliveries_command() -> None:
    """List what targets are owed, send it again, or give it up.

    A target that could not be written is owed its rows, and each run delivers them before newer
    ones. What a target refuses as it is does not hold up what follows: it stays here.
    """


@deliveries_command.command("list", cls=Command)
@only_environment_option
@format_option("table", "json")
def list_command(environment: str | None, format_: str) -> None:
    """List what targets are owed, each node's oldest first."""
    from seeknal.run.delivery.owed import outstanding

    found = outstanding(project_root(), environment)
    if format_ == "json":
        print_json([_about(entry) for entry in found])
        return
    if not found:
        say("nothing is owed")
        return
    headers = ("id", "environment", "node", "target", "mode", "rows", "status", "error")
    names = ("id", "environment", "node", "label", "mode", "rows", "status")
    rows = [
        (*(_about(entry)[name] for name in names), error.text if error else None)
        for entry in found
        for error in (entry.delivery.error,)
    ]
    print_table(headers, rows, (False, False, False, False, False, True, False, False))


@deliveries_command.command("retry", cls=Command)
@click.argument("names", metavar="[ID|NODE]...", nargs=-1)
@force_option
@environment_option
@lock_timeout_option
@format_option("text", "json")
@project_options
def retry_command(
    names: tuple[str, ...], force: bool, environment: str, format_: str, **options: Any
) -> int:
    """Send what is owed again, all of it or what is named; nothing is computed.

    A node's batches go in their order: those before the named one, too. With --force also what
    later rows went before.
    """
    from seeknal.cli.run import answer, reporter_of
    from seeknal.run.delivery.owed import retry

    asked = request(command="deliveries retry", environment=environment, **options)
    done = retry(project_root(), asked, names, reporter_of(format_), force=force)
    if done is not None:
        return answer(done, format_)
    if format_ == "json":
        from seeknal.cli.answers import answered

        print_json(answered("success", environment=environment, nodes=[]))
    else:
        say("nothing is owed")
    return 0


@deliveries_command.command("drop", cls=Command)
@click.argument("names", metavar="ID|NODE...", nargs=-1, required=True)
@yes_option
@environment_option
@lock_timeout_option
@format_option("text", "json")
def drop_command(
    names: tuple[str, ...], yes: bool, environment: str, lock_timeout: float, format_: str
) -> int:
    """Give up rows that targets are owed: they will never arrive.

    The node's next output is delivered as usual.
    """
    from seeknal.cli.answers import answered, not_agreed
    from seeknal.run.delivery.owed import drop

    if not agreed(f"Give up what {', '.join(names)} would bring?", yes):
        if format_ == "json":
            print_json(not_agreed(environment))
        return 1
    asked = request(command="deliveries drop", environment=environment, lock_timeout=lock_timeout)
    dropped = drop(project_root(), asked, names)
    if format_ == "json":
        shown = [_about(entry) for entry in dropped]
        print_json(answered("success", environment=environment, dropped=shown))
        return 0
    for entry in dropped:
        rows = "" if entry.rows is None else f", {count(entry.rows, 'row')}"
        say(f"dropped {entry.id}: {entry.node} -> {entry.delivery.label}{rows}")
    return 0


def _about(entry: Any) -> dict[str, Any]:
    from seeknal.cli.answers import fault_answer

    delivery = entry.delivery
    return {
        "id": entry.id,
        "environment": entry.environment,
        "node": entry.node,
        "label": delivery.label,
        "mode": delivery.mode,
        "rows": entry.rows,
        "status": entry.state,
        "passed": entry.passed,
        "error": fault_answer(delivery.error),
        "at": delivery.at,
        "delivery_id": delivery.delivery_id,
    }
