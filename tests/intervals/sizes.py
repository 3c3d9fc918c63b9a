"""Ranges by the thousand and by the million, for benchmarks of an engine's algebra."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from tests.intervals.ranges import HOUR, MINUTE, Range

FIRST = datetime(2024, 1, 1)
GAPS = 1752


def two_years_of_hours() -> tuple[list[Range], list[Range]]:
    """What is done of two years of hours, as merged spans, and the 1,752 hours that are missing.

    No two of the missing ones touch, so that there are as many gaps.
    """
    last = FIRST + timedelta(days=2 * 365)
    hours = (last - FIRST) // HOUR
    chosen = sorted(Random(18).sample(range(1, hours // 2), GAPS))
    gaps = [(FIRST + 2 * number * HOUR, FIRST + (2 * number + 1) * HOUR) for number in chosen]
    starts = [FIRST, *(end for _, end in gaps)]
    ends = [*(start for start, _ in gaps), last]
    return list(zip(starts, ends, strict=True)), gaps


def ten_years_of_five_minutes() -> list[Range]:
    """Each range of five minutes of ten years: more than a million, none of them merged."""
    count = (datetime(2034, 1, 1) - FIRST) // (5 * MINUTE)
    starts = [FIRST + number * 5 * MINUTE for number in range(count + 1)]
    return list(pairwise(starts))
