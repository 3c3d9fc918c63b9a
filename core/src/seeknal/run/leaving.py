"""What is told of a step that leaves its node as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.values.results import NodeResult

if TYPE_CHECKING:
    from seeknal.values.plan import Step
    from seeknal.values.tracking import Ranges, Work


def left_alone(step: Step) -> NodeResult:
    """The result of a step with nothing to do; ranges that are due may lack an input."""
    result = NodeResult(node=step.node, status="reused", reason=step.reason)
    ranges = step.ranges
    if ranges is None or not ranges.waiting:
        return result
    return evolve(result, waiting=ranges.waiting, work=_work(ranges))


def _work(ranges: Ranges) -> Work:
    from seeknal.intervals.calendar import calendar_of
    from seeknal.values.tracking import Work

    calendar = calendar_of(ranges.unit, ranges.timezone)
    count = calendar.count(calendar.widened(ranges.waiting))
    return Work(waiting=count, unit=ranges.unit, timezone=ranges.timezone)
