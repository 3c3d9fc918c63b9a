"""Spans of moments as ranges of a column of times, by the type of its values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seeknal.intervals.clocks import clock_of, in_utc
from seeknal.rows.batches import Range
from seeknal.values.errors import RowsRefused

if TYPE_CHECKING:
    from datetime import date

    from seeknal.values.deliveries import Extent


def ranges_in(extents: Iterable[Extent]) -> Iterator[Range]:
    """The ranges, each half-open.

    Raises RowsRefused for a column that is neither DATE nor TIMESTAMP.
    """
    for extent in extents:
        for start, end in extent.spans:
            low, high = _ends(start, end, extent)
            yield Range(column=extent.column, start=low, end=high, closed=False)


def _ends(start: int, end: int, extent: Extent) -> tuple[date, date]:
    if extent.type == "DATE":
        return clock_of(extent.timezone).dates(start, end)
    if not extent.type.startswith("TIMESTAMP"):
        raise RowsRefused(
            f"time_column {extent.column!r} is {extent.type}, and no moment",
            code="SK1336",
            help="cast it to DATE or TIMESTAMP in the node's SQL",
        )
    low, high = in_utc(start), in_utc(end)
    if "WITH TIME ZONE" in extent.type:
        return low, high
    return low.replace(tzinfo=None), high.replace(tzinfo=None)
