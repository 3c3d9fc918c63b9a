"""``features materialize`` and ``features serve``: the newest features in an online store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seeknal.cli.app import Command
from seeknal.cli.common import environment_option, project_root
from seeknal.cli.features_asked import as_of_option, loaded_in
from seeknal.cli.render import count, print_json, print_table
from seeknal.cli.streams import say
from seeknal.kernel.command_options import format_option, profile_option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seeknal.features.serving.materializing import Done
    from seeknal.values.secret import Secret


@click.command("materialize", cls=Command)
@click.argument("groups", metavar="[GROUP]...", nargs=-1)
@click.option(
    "--to",
    "connection",
    metavar="CONNECTION",
    required=True,
    help="The connection of profiles.yml whose database keeps them.",
)
@as_of_option
@click.option("--full", is_flag=True, help="Make the tables anew, whatever they hold.")
@environment_option
@profile_option
@format_option("table", "json")
def materialize_command(
    groups: tuple[str, ...],
    connection: str,
    as_of: str | None,
    full: bool,
    environment: str,
    profile: Path | None,
    format_: str,
) -> int:
    """Keep the newest row of each key of feature groups in a database, to be looked up.

    GROUP is one of the groups; without any, all that have run. Only what has changed since the last
    time is written, one transaction for each group: who reads sees the old or the new rows. One
    that cannot be kept stops no other, and ends the command with 1.
    """
    from seeknal.cli.failures import message
    from seeknal.features import moment_of
    from seeknal.features.serving.materializing import Order, materialize
    from seeknal.host import clock

    loaded = loaded_in(environment, profile)
    order = Order(
        groups=groups,
        connection=connection,
        moment=moment_of(as_of) or clock.now(),
        environment=environment,
        full=full,
    )
    done: list[Done] = []
    try:
        for each in materialize(loaded, order):
            done.append(each)
    finally:
        # What is kept stays, though the database answers no more.
        if done and format_ == "table":
            _print(done)
    failed = [each.error for each in done if each.error is not None]
    for error in failed:
        say(message("error", error.code, error.message, help=error.help))
    if format_ == "json":
        from seeknal.cli.answers import answered, outcome

        told = [_answer(each) for each in done]
        print_json(answered(outcome(not failed), environment=environment, groups=told))
    else:
        kept = count(len(done) - len(failed), "feature group")
        say(f"{kept} as of {order.moment:%Y-%m-%d %H:%M:%S} UTC")
    return 1 if failed else 0


def _answer(done: Done) -> dict[str, object]:
    return {
        "node": done.node,
        "rows": done.rows,
        "changed": done.changed,
        "full": done.whole,
        "error": done.error.message if done.error else None,
    }


_HOW = {
    (True, True): "made anew",
    (True, False): "brought up to date",
    (False, False): "failed, as it was",
}


def _print(done: Sequence[Done]) -> None:
    print_table(
        ("node", "rows", "changed", "how"),
        [
            (
                each.node,
                each.rows,
                each.changed,
                _HOW[each.error is None, each.whole],
            )
            for each in done
        ],
    )


@click.command("serve", cls=Command)
@click.option(
    "--from",
    "connection",
    metavar="CONNECTION",
    required=True,
    help="The connection of profiles.yml whose database keeps the features.",
)
@click.option(
    "--host",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Answer at this address.",
)
@click.option(
    "--port",
    metavar="N",
    type=click.IntRange(0, 65535),
    default=8900,
    show_default=True,
    help="Answer at this port; 0 takes a free one.",
)
@click.option(
    "--token-env",
    metavar="NAME",
    help="The environment variable with the token that each question has to have.",
)
@environment_option
@profile_option
def serve_command(
    connection: str,
    host: str,
    port: int,
    token_env: str | None,
    environment: str,
    profile: Path | None,
) -> None:
    """Answer questions for features as JSON over HTTP, until the command is interrupted.

    POST /features {"features": ["customers:orders"], "entities": [{"customer_id": 1}]} is answered
    by {"rows": [...]}, one for each of entities. Other machines are answered with a token alone.
    """
    from seeknal.features.serving.http import feature_server
    from seeknal.features.serving.reading import OnlineFeatures
    from seeknal.plan.session import Request, load

    token = _token(token_env)
    # Where features are served need not be where they are made: nothing of its state is asked for.
    asked = Request(command="features", environment=environment, profile=profile)
    loaded = load(project_root(), asked)
    with (
        OnlineFeatures(loaded, connection, environment) as features,
        feature_server(features, host, port, token) as server,
    ):
        say(f"features at {server.url}/features; Ctrl-C ends it")
        server.serve()


def _token(name: str | None) -> Secret | None:
    if name is None:
        return None
    import os

    from seeknal.values.errors import UsageError
    from seeknal.values.secret import Secret

    found = os.environ.get(name, "").strip()
    if not found or not all("!" <= letter <= "~" for letter in found):
        raise UsageError(
            f"the environment variable {name} has no token of plain letters without blanks",
            code="SK1813",
            help="export one that nobody guesses: openssl rand -hex 32",
        )
    return Secret(found)
