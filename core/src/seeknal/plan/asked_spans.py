"""What is said of a span of time that a command names, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seeknal.intervals.due import ALWAYS
from seeknal.intervals.moments import end_in, moment_in, told
from seeknal.intervals.wording import told_span
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.intervals.due import Due
    from seeknal.values.node import Node
    from seeknal.values.plan import Plan
    from seeknal.values.tracking import Asked, Spans

MOST_BATCHES = 10_000
"""What a run processes without being told that so many are meant."""


def refuse_no_moment(asked: Asked) -> None:
    """Raise UsageError for an end of a span that is no moment in any zone."""
    for option, text, read in (("--start", asked.start, moment_in), ("--end", asked.end, end_in)):
        try:
            _ = None if text is None else read(text, "UTC")
        except ValueError as error:
            raise UsageError(f"{option}: {error}", code="SK0254") from None


def refuse_untracked(nodes: Iterable[Node]) -> None:
    """Raise UsageError where none of the nodes has ranges that a span could name."""
    if all(node.tracking is None for node in nodes):
        raise UsageError(
            "--start and --end name ranges of time, and no node that is selected has any",
            code="SK0276",
            help="a node has them once it has a time_column and a schedule;"
            " to compute others again: --full",
        )


def refuse_many(plan: Plan, *, agreed: bool) -> None:
    """Raise UsageError for more batches than anybody asks for by mistake.

    ``agreed``: they are meant.
    """
    batches = batches_of(plan)
    if batches <= MOST_BATCHES or agreed:
        return
    most = max(plan.steps, key=lambda step: step.ranges.batches if step.ranges else 0)
    assert most.ranges is not None
    raise UsageError(
        f"{batches:,} batches would be processed, of {most.node} alone {most.ranges.batches:,}",
        code="SK0277",
        help=f"say --yes if that is meant; a later start: or a larger batch_size: of {most.node},"
        " or --start and --end, make fewer",
    )


def batches_of(plan: Plan) -> int:
    """How many batches a plan processes in all, as far as they are known before it is run."""
    return sum(step.ranges.batches for step in plan.to_run if step.ranges is not None)


def noted(
    span: tuple[int, int],
    found: Due,
    *,
    first: int,
    timezone: str,
    bounded: bool,
    keeps: Spans,
) -> tuple[str, ...]:
    """What is said of a span that is asked for: where ranges are whole, and what is left out.

    ``first`` is when the node's first range begins, ``bounded``: the span has an end of its own.
    ``keeps`` is what ``restate: never`` leaves as it is.
    """
    start, end = span
    named = found.named or ()
    last = found.expected[-1][1] if found.expected else first
    notes = [] if start < end else ["the span that is named holds no moment up to now"]
    if named and (named[0][0] < start or end < named[-1][1]):
        then = "is processed" if found.wanted else "is asked for"
        notes.append(f"ranges are whole: all of {told_span(*_ends(named), timezone)} {then}")
    if ALWAYS[0] < start < first:
        left = told_span(start, max(start, min(first, end)), timezone)
        notes.append(f"left out: {left} is before its start, {told(first, timezone)}")
    if start <= ALWAYS[0] and end <= first:
        notes.append(
            f"nothing is asked for: all of it is before its start, {told(first, timezone)}"
        )
    if start < end and last < end and (bounded or not named) and end > first:
        left = told_span(max(start, last), end, timezone)
        notes.append(f"left out: {left} has not ended")
    if keeps:
        notes.append("restate: never: what is done stays as it is")
    return tuple(notes)


def _ends(spans: Spans) -> tuple[int, int]:
    return spans[0][0], spans[-1][1]
