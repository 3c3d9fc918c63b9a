"""``freshness``: how old the newest rows of nodes are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import (
    environment_option,
    project_options,
    project_root,
    request,
    selection_options,
)
from seeknal.cli.render import count, print_json, print_table, time_text
from seeknal.cli.streams import say
from seeknal.kernel.command_options import format_option

if TYPE_CHECKING:
    from seeknal.values.freshness import FreshnessResult


@click.command("freshness", cls=Command)
@click.argument("nodes", nargs=-1)
@selection_options
@environment_option
@format_option("table", "json")
@project_options
def freshness_command(
    nodes: tuple[str, ...], select: tuple[str, ...], format_: str, **options: Any
) -> int:
    """Show how old the newest rows of nodes are, and which are older than they may be.

    Of nodes with freshness: in their files. NODES are selections, as after --select. Nothing is
    read but what is stored of earlier runs. Ends with 1 when a node has the status error.
    """
    from seeknal.plan.environments import existing
    from seeknal.plan.planning import selected_nodes
    from seeknal.plan.session import load
    from seeknal.query.freshness import freshness_of

    wanted = request(command="freshness", select=(*nodes, *select), **options)
    loaded = load(project_root(), wanted)
    existing(loaded.state.environments, wanted.environment)
    found = freshness_of(loaded, wanted.environment, selected_nodes(loaded, wanted))
    good = all(each.status != "error" for each in found)
    if format_ == "json":
        from seeknal.cli.answers import answered, outcome

        told = [{"node": each.node, **each.answer} for each in found]
        print_json(answered(outcome(good), environment=wanted.environment, nodes=told))
    elif not found:
        say("no node that is selected has freshness: {warn_after: 12h, error_after: 1d}")
    else:
        _print(found)
    return 0 if good else 1


def _print(found: Sequence[FreshnessResult]) -> None:
    from seeknal.values.durations import age_text

    headers = ("node", "status", "newest (UTC)", "age", "warn after", "error after", "why")
    rows = [
        (
            each.node,
            each.status,
            time_text(each.newest.isoformat()) if each.newest else None,
            None if each.age is None else age_text(each.age),
            each.limits.warn_after,
            each.limits.error_after,
            each.why,
        )
        for each in found
    ]
    spare = (headers[2], headers[4], headers[5])
    print_table(headers, rows, spare=spare, whole=headers[:2], prose=(headers[6],))
    bad = [each.status for each in found]
    words = [f"{bad.count(status):,} {status}" for status in ("warn", "error") if status in bad]
    print(f"{count(len(found), 'node')}: {', '.join(words) or 'all pass'}")
