"""A tracked node that is promoted: it becomes what the other environment has, range by range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.intervals.due import ready
from seeknal.intervals.spans import common, minus, union
from seeknal.plan.ranges import tracking_of

if TYPE_CHECKING:
    from seeknal.run.intervals.ranged import RangedStep
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.tracking import Spans


def take(step: RangedStep, built: Snapshot) -> None:
    """Bring a step's node to what ``built`` is, with no range fewer than it has.

    Ranges that have read what they would read here are carried, others are found or computed.
    """
    covered, before, output = built.covered, step.before, step.output
    assert covered is not None
    if step.scope.node.source is not None:
        # It is to have no rows that no range would ever hold.
        step.read_nothing(looks=True)
    old = before.covered.done if before and before.covered else ()
    both = union(covered.done, step.calendar.within(old))
    output.columns = output.columns or built.columns
    lacking = minus(both, step.calendar.widened(output.done))
    wanted = ready(lacking, step.calendar, step.question().parents)
    if tracking_of(step.scope.node).reads_itself:
        for span in step.each(wanted):
            _carry_or_process(step, built, (span,))
    else:
        _carry_or_process(step, built, wanted)


def _carry_or_process(step: RangedStep, built: Snapshot, wanted: Spans) -> None:
    done = built.covered.done if built.covered else ()
    carried = step.adoption.carry(common(wanted, done), built)
    left = minus(wanted, step.calendar.widened(carried))
    left = minus(left, step.adoption.take(left))
    step.expect(left)
    for start, end in step.batched(left):
        step.process(start, end, ())
