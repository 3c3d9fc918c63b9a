"""Dates that SQL compares with a range: they mean midnight UTC there, and the zone's elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plan.ranges import tracking_of
from seeknal.values.errors import NodeError

if TYPE_CHECKING:
    from seeknal.run.step_scope import StepScope

_DAY = 86400


def refuse_dates(scope: StepScope, start: int, end: int) -> None:
    """Raise NodeError where SQL compares dates of an input with ends that are no midnights in UTC.

    Of the days of the range, one would be left out on one side and one too many be in on the other.
    """
    node, tracking = scope.node, tracking_of(scope.node)
    if not start % _DAY and not end % _DAY:
        return
    for id in tracking.compared:
        snapshot = scope.outputs.snapshots.get(id)
        covered, columns = (snapshot.covered, snapshot.columns) if snapshot else (None, None)
        if covered is None or not columns:
            continue
        wanted = covered.column.lower()
        if any(column.type == "DATE" for column in columns if column.name.lower() == wanted):
            raise NodeError(
                f"{node.id} compares the dates of {id} with ranges of {tracking.timezone}, which do"
                " not begin at midnight in UTC",
                code="SK0788",
                location=node.sql.location if node.sql else node.location,
                help="leave the condition out: the input is cut to the days of the zone already; to"
                " read more, give the input a time_column with a time of day",
            )
