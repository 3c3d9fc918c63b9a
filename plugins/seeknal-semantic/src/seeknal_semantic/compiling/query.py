"""What is asked for: metrics by dimensions, of which rows, in which order."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Query:
    """A metric query in the words of whoever asks.

    ``filters`` all have to be true. ``start`` and ``end`` are dates or moments, both included.
    ``order_by`` names columns of the answer, the largest first after a ``-``. A ``limit`` of 0 is
    none.
    """

    metrics: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    limit: int | None = None
    start: str | None = None
    end: str | None = None
    timezone: str | None = None
