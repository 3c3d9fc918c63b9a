"""A plan as people read it: what changes and what follows, then each node's step."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.cli.fitting import columns_of, middle, start, wrapped
from seeknal.cli.layout import INDENT, SHORTEST_NAME
from seeknal.cli.progress import COLOURS
from seeknal.cli.render import cell, count, duration_text
from seeknal.cli.streams import paint, say
from seeknal.values.names import PRODUCTION
from seeknal.values.secret import scrub
from seeknal.values.several import a_few

if TYPE_CHECKING:
    from seeknal.kernel.plugin_types import Section
    from seeknal.plan.changes import Consequences
    from seeknal.plan.session import Loaded
    from seeknal.run.delivery.leftovers import Left
    from seeknal.values.changes import Change, ColumnChange
    from seeknal.values.estimates import Estimate
    from seeknal.values.names import NodeId
    from seeknal.values.plan import Plan, Step

MOST_LEFT = 3
"""Targets that are left behind and named."""
_MARKS = {"ADDED": "+", "REMOVED": "-"}
_VERB = len("  reused     ")
_WORDS = {"adopt": "reused", "reuse": "reused"}


def print_changes(loaded: Loaded, plan: Plan, found: Consequences, *, explain: bool) -> None:
    """Every node that the files change, and what reads it; nothing when nothing changed."""
    if plan.environment != PRODUCTION:
        print(_heading(loaded, plan))
    if not found.direct:
        return
    if plan.environment != PRODUCTION:
        print()
    columns = columns_of(sys.stdout)
    width = max(len(change.node) for change in found.direct)
    for change in found.direct:
        print(_line(change, width, columns))
        told, diff, more = _details(change, found, explain=explain)
        for text in told:
            print(INDENT + _wrapped(text, columns))
        for text in diff:
            print(INDENT + text)
        for text in more:
            print(INDENT + _wrapped(text, columns))
    print()
    print(_summary(found))
    print()


def _heading(loaded: Loaded, plan: Plan) -> str:
    environment = loaded.state.environments.get(plan.environment)
    origin = environment.origin if environment else PRODUCTION
    made = "" if environment else "new, "
    return (
        f"Environment {plan.environment} ({made}from {origin}, {len(loaded.project.nodes)} nodes)"
    )


def _wrapped(text: str, columns: int | None) -> str:
    return wrapped(text, columns, len(INDENT), 2 * INDENT)


def _line(change: Change, width: int, columns: int | None) -> str:
    mark = _MARKS.get(change.category, "~")
    colour = {"+": "green", "-": "red"}.get(mark, "yellow")
    text = f"{mark} {change.node:<{width}}  {change.category:<12}  {change.reason}"
    return paint(wrapped(text, columns, 0, 2 * INDENT), colour, sys.stdout)


def _details(
    change: Change, found: Consequences, *, explain: bool
) -> tuple[list[str], list[str], list[str]]:
    """What changes in a node's columns, in its SQL, and for its readers."""
    lines: list[str] = []
    readers = [other for other in found.changes if change.node in other.inherits]
    if readers:
        lines.append(f"downstream: {_downstream(readers)}")
    if explain:
        lines.append(f"{change.category}: {change.explanation}; {change.action}")
        lines += [
            f"{other.node}: {other.category}, {other.action}"
            + (f" ({other.explanation})" if other.explanation else "")
            for other in readers
        ]
    return [_column(column) for column in change.columns], change.sql_diff.splitlines(), lines


def _downstream(readers: list[Change]) -> str:
    """Who is looked at again; those that read nothing of what changed are a number."""
    reached = [other.node for other in readers if other.action != "REUSE"]
    spared = len(readers) - len(reached)
    if not reached:
        return "none reads it; 0 to rebuild"
    return ", ".join(reached) + (f" ({spared} more read nothing of it)" if spared else "")


def _column(column: ColumnChange) -> str:
    used = f"  used by {', '.join(column.used_by)}" if column.used_by else ""
    if column.was is not None:
        return f"~ {column.name}: was {column.was!r}{used}"
    if column.old is None:
        source = f"  <- {', '.join(column.comes_from)}" if column.comes_from else ""
        return f"+ {column.name} {column.new}{source}"
    if column.new is None:
        return f"- {column.name} {column.old}{used}"
    return f"~ {column.name}: {column.old} becomes {column.new}{used}"


def _summary(found: Consequences) -> str:
    direct, rest = found.direct, [c for c in found.changes if c.category == "INDIRECT"]
    work = ("BUILD", "REBUILD", "UPDATE")
    built = sum(change.action in work for change in direct)
    follow = sum(change.action in work for change in rest)
    parts = [
        f"{len(direct)} changed",
        f"{built} to build",
        f"{follow} {'descendant' if follow == 1 else 'descendants'} to rebuild",
        f"{found.counts['reused']} reused",
    ]
    about = f"      about {duration_text(found.seconds)}" if found.seconds is not None else ""
    return ", ".join(parts) + about


def print_sections(sections: Iterable[Section]) -> None:
    """What plugins add: the name of each, and its lines below it."""
    columns = columns_of(sys.stdout)
    for section in sections:
        print(cell(section.name))
        for line in section.lines:
            print(INDENT + _wrapped(cell(scrub(line)), columns))


def _told(step: Step) -> str:
    return step.reason + (f" (only if they do, else {step.otherwise})" if step.conditional else "")


def print_steps(plan: Plan, found: Consequences) -> None:
    """A line for each node, with its ranges of time below it, and the totals."""
    columns = columns_of(sys.stdout)
    told = [_told(step) for step in plan.steps]
    name = max((len(step.node) for step in plan.steps), default=0)
    if columns is not None:
        name = min(name, max(SHORTEST_NAME, columns - max(map(len, told), default=0) - _VERB))
    for step, text in zip(plan.steps, told, strict=True):
        verb = _WORDS.get(step.action, step.action)
        word = paint(f"{verb:<9}", COLOURS.get(verb, "green"), sys.stdout)
        if columns is not None:
            text = start(text, columns - name - _VERB)
        print(f"{middle(step.node, name):<{name}}  {word}  {text}")
        for line in _ranges(step, found.estimates):
            print(INDENT + _wrapped(line, columns))
        for note in step.notes:
            print(INDENT + _wrapped(note, columns))
    work = [step for step in plan.to_run if step.action != "adopt"]
    certain = sum(not step.conditional for step in work)
    maybe_count = len(work) - certain
    reused = len(plan.steps) - len(work)
    noun = "node" if len(plan.steps) == 1 else "nodes"
    perhaps = f", {maybe_count} if their inputs change" if maybe_count else ""
    # What files change is summed up above, with the time.
    seconds = found.seconds if found.estimates and not found.direct else None
    about = f"      about {duration_text(seconds)}" if seconds is not None else ""
    print(f"{len(plan.steps)} {noun}: {certain} to run{perhaps}, {reused} reused{about}")


def _ranges(step: Step, estimates: Mapping[NodeId, Estimate]) -> list[str]:
    if step.ranges is None:
        return []
    from seeknal.cli.spans import ranges_lines

    return ranges_lines(step.ranges, estimates.get(step.node))


def say_left(left: Sequence[Left]) -> None:
    """Targets that no node delivers to any more: the first, and where all are listed."""
    if not left:
        return
    names = [f"{entry.destination.type} {entry.destination.name}" for entry in left]
    say(
        f"{count(len(left), 'target')} left behind: {a_few(names, MOST_LEFT)}\n"
        "  seeknal janitor lists them, seeknal janitor --targets drops what is ours"
    )
