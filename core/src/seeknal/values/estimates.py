"""What ranges of tracked nodes will take, by what others of them took."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from attrs import frozen


@frozen(kw_only=True)
class Pace:
    """What so many ranges took in one run: the rows that they have, and seconds."""

    ranges: int
    rows: int
    seconds: float


@frozen(kw_only=True)
class Estimate:
    """About how many rows ranges will have, and seconds take."""

    rows: int
    seconds: float


def estimate(ranges: int, paces: Sequence[Pace]) -> Estimate | None:
    """For so many ranges; None where nothing is known.

    It is by the run that had about as many: what one range costs alone says little of a backfill.
    """
    if not paces or not ranges:
        return None
    nearest = min(paces, key=lambda pace: abs(log(pace.ranges / ranges)))
    share = ranges / nearest.ranges
    return Estimate(rows=round(nearest.rows * share), seconds=nearest.seconds * share)
