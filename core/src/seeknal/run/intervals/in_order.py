"""A tracked node that reads its own earlier rows: range by range, none before those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.intervals.due import ALWAYS, ready
from seeknal.intervals.spans import common, minus, touches, union
from seeknal.plan.ranges import tracking_of

if TYPE_CHECKING:
    from seeknal.intervals.due import Due
    from seeknal.run.intervals.ranged import RangedStep
    from seeknal.values.tracking import Spans


def process_in_order(step: RangedStep, found: Due, adoptable: Spans, renewed: Spans) -> None:
    """Do what is due of a step's node, and what reads other rows by that, its own among them."""
    begin = _first_moment(step, found)
    if begin is None:
        return
    output, calendar = step.output, step.calendar
    restates = tracking_of(step.scope.node).restates
    parents = step.question().parents
    held = union(found.expected, output.done)
    later = calendar.widened(common(output.done, ((begin, ALWAYS[1]),)))
    step.expect(found.wanted)
    for start, end in step.each(union(found.wanted, common(later, held))):
        if _lacks_earlier(step, found.expected, start):
            break
        span = ((start, end),)
        if not touches(found.wanted, start, end):
            meant = found.named is None or bool(step.asked_of(span))
            if not (meant and restates and output.differs(start, end)):
                continue
        if not ready(span, calendar, parents):
            continue
        if touches(adoptable, start, end) and step.adoption.take(span):
            continue
        step.process(start, end, common(renewed, span))


def _first_moment(step: RangedStep, found: Due) -> int | None:
    """From when on something may have to be done."""
    moments = [start for start, _ in found.wanted[:1]]
    if tracking_of(step.scope.node).restates:
        moments += [start for start, _ in step.output.differing()[:1]]
    return min(moments, default=None)


def _lacks_earlier(step: RangedStep, expected: Spans, start: int) -> bool:
    """Whether a range before a moment should be done and is not."""
    earlier = common(expected, ((ALWAYS[0], start),))
    return bool(minus(earlier, step.calendar.widened(step.output.done)))
