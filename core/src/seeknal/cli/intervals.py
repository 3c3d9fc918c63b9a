"""``check-intervals`` and ``invalidate``: what tracked nodes have done, and what is done anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import (
    complete_nodes,
    environment_option,
    lock_timeout_option,
    project_options,
    project_root,
    request,
)
from seeknal.cli.layout import INDENT
from seeknal.cli.render import count, print_json
from seeknal.cli.streams import say
from seeknal.kernel.command_options import (
    downstream_option,
    format_option,
    limit_option,
    span_options,
)
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.plan.session import Request
    from seeknal.query.intervals import Standing
    from seeknal.run.intervals.invalidating import Marked
    from seeknal.values.tracking import Spans

_FEW = 5
"""Spans of one sort that are shown of a node."""
_WIDTH = len("invalidated  ")


@click.command("check-intervals", cls=Command)
@click.argument("names", metavar="[NODE]...", nargs=-1, shell_complete=complete_nodes)
@environment_option
@limit_option(_FEW)
@format_option("text", "json")
@project_options
def check_intervals_command(
    names: tuple[str, ...], environment: str, limit: int, format_: str, **options: Any
) -> None:
    """Show which ranges of time nodes have done, and which are missing, waiting or invalidated.

    Of all nodes that have some, or of those that are named. Gaps lie before ranges that are done,
    what is behind comes after all of these. Nothing is read but what is stored
    of earlier runs.
    """
    from seeknal.query.intervals import standings

    asked = request(command="check-intervals", environment=environment, **options)
    found = standings(project_root(), asked, names)
    if format_ == "json":
        from seeknal.cli.answers import answered

        nodes = [_standing(each) for each in found]
        print_json(answered("success", environment=environment, nodes=nodes))
        return
    if not found:
        say("no node has ranges of time: a time_column and a schedule make one")
    for each in found:
        _print_standing(each, limit)


@click.command("invalidate", cls=Command)
@click.argument("node", metavar="NODE", shell_complete=complete_nodes)
@span_options
@downstream_option
@environment_option
@lock_timeout_option
@format_option("text", "json")
@project_options
def invalidate_command(
    node: str, downstream: int | None, environment: str, format_: str, **options: Any
) -> None:
    """Let the next run process ranges of time of a node again.

    All that are done and hold a moment from --start to --end. They stay as they are until then.
    Nodes that read them follow where rows have changed; with --downstream they are processed again
    in any case.
    """
    from seeknal.run.intervals.invalidating import invalidate

    asked = request(command="invalidate", environment=environment, **options)
    marked = invalidate(project_root(), asked, node, steps=downstream or 0)
    if format_ == "json":
        from seeknal.cli.answers import answered

        nodes = [_marked(each) for each in marked]
        print_json(answered("success", environment=environment, nodes=nodes))
        return
    for each in marked:
        for line in _lines(each.spans, count(each.count, "range"), each.timezone, _FEW):
            print(f"{each.node}: {line}")
    if not marked:
        say(f"{_unmarked(node, asked)}: nothing is invalidated")
        return
    more = "" if environment == PRODUCTION else f" --env {environment}"
    say(f"the next run processes them again: seeknal run{more}")


def _unmarked(node: str, asked: Request) -> str:
    """Why nothing is marked: nothing is done there, or no moment is named."""
    from seeknal.intervals.moments import end_in, moment_in

    start, end = asked.start, asked.end
    if start is not None and end is not None and moment_in(start, "UTC") == end_in(end, "UTC"):
        return f"--start {start} to --end {end} holds no moment, as the one of --end is not held"
    return f"nothing of {node} is done there"


def _print_standing(found: Standing, limit: int) -> None:
    from seeknal.intervals.wording import long

    zone = "" if found.timezone == "UTC" else f" in {found.timezone}"
    print(f"{found.node}: ranges of {long(found.unit)}{zone}, {found.schedule}")
    waits = f" for {', '.join(found.waits_for)}" if found.waits_for else ""
    counts = found.counts
    for what, spans in found.sorts.items():
        told = f"{count(counts[what], 'range')}{waits if what == 'waiting' else ''}"
        for number, line in enumerate(_lines(spans, told, found.timezone, limit or len(spans))):
            head = what if not number else ""
            print(f"{INDENT}{head:<{_WIDTH}}{line}")
    if not found.done:
        print(f"{INDENT}nothing is done yet")
    if found.rebuilds:
        print(f"{INDENT}its definition has changed: the next run does all of it again")


def _lines(spans: Spans, ranges: str, timezone: str, most: int) -> list[str]:
    """A line for each span, so many at most, the first with how many ranges there are in all."""
    from seeknal.intervals.wording import told_spans

    if not spans:
        return []
    first, *rest = told_spans(spans, timezone, most)
    among = f" in {len(spans):,} spans" if len(spans) > 1 else ""
    return [f"{first}  ({ranges}{among})", *rest]


def _standing(found: Standing) -> dict[str, Any]:
    from seeknal.cli.spans import zoned
    from seeknal.intervals.wording import iso, iso_spans

    return {
        "node": found.node,
        **zoned(found.unit, found.timezone),
        "schedule": found.schedule,
        "first_range": iso(found.first),
        "done": iso_spans(found.done),
        "gaps": iso_spans(found.gaps),
        "behind": iso_spans(found.behind),
        "waiting": iso_spans(found.waiting),
        "waits_for": list(found.waits_for),
        "invalidated": iso_spans(found.invalidated),
        "rebuilds": found.rebuilds,
        "counts": found.counts,
    }


def _marked(found: Marked) -> dict[str, Any]:
    from seeknal.cli.spans import zoned
    from seeknal.intervals.wording import iso_spans

    return {
        "node": found.node,
        **zoned(found.unit, found.timezone),
        "invalidated": iso_spans(found.spans),
        "counts": {"invalidated": found.count},
    }
