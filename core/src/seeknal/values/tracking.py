"""Nodes whose rows lie in time, and the moments that they have processed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.values.durations import Duration
    from seeknal.values.names import NodeId

Spans = tuple[tuple[int, int], ...]
"""Half-open spans of time in whole seconds since 1970 UTC: in order, none touching the next."""

START_MARK = "0001-01-01 00:00:01.000001"
END_MARK = "0001-01-01 00:00:02.000002"
"""What stands in SQL for the ends of the range that is processed: a run writes them instead."""


@frozen(kw_only=True)
class Reach:
    """How far what a node reads of an input begins before its own range, and ends after it.

    In seconds; negative where it is less than the range. ``before_end``: the first counts from the
    range's end, ``after_start``: the last from its start.
    """

    before: int = 0
    after: int = 0
    before_end: bool = False
    after_start: bool = False

    def of(self, start: int, end: int) -> tuple[int, int]:
        """What is read for the range from ``start`` to ``end``; it is empty where that is less."""
        first = (end if self.before_end else start) - self.before
        return first, max(first, (start if self.after_start else end) + self.after)


@frozen(kw_only=True)
class Tracking:
    """How a node's rows lie in time, and when its ranges are due, as its keys say it.

    ``start`` is a date or a moment of ``timezone`` as text; without it the node begins with the
    earliest of its tracked inputs. ``lookback`` counts ranges, a duration as many as reach back
    that far. ``batch_size`` is the most ranges that are processed at once; 0: seeknal chooses.
    ``cuts``: of tracked inputs that the SQL itself compares with the range, what it lets through.
    ``compared``: tracked inputs that it compares with the range at all. ``reads_itself``: it reads
    its own earlier rows. ``unique_keys`` tell all of its rows apart.
    """

    column: str
    schedule: str
    timezone: str = "UTC"
    start: str = ""
    lookback: int | Duration = 0
    batch_size: int = 0
    allow_partial: bool = False
    restates: bool = True
    cuts: Mapping[NodeId, Reach] = field(factory=dict)
    compared: tuple[NodeId, ...] = field(default=(), converter=tuple["NodeId", ...])
    reads_itself: bool = False
    unique_keys: tuple[str, ...] = field(default=(), converter=tuple[str, ...])


@frozen(kw_only=True)
class Covered:
    """Which moments the rows of a tracked node are of, as they are stored.

    ``first`` is when its first range begins, in seconds since 1970 UTC. ``column``, ``unit`` and
    ``timezone`` are those of the definition that the rows are of. ``follows`` are earlier
    definitions whose rows were kept.
    """

    column: str
    unit: str
    timezone: str
    first: int
    done: Spans = ()
    follows: tuple[str, ...] = ()


@frozen(kw_only=True)
class Asked:
    """What a command is about in time: the moment at which it began, and the span it names.

    ``start`` and ``end`` are texts, read in each node's own zone; both are None where no span is
    named. ``marks`` are done ranges that were invalidated, by node.
    """

    now: int = 0
    start: str | None = None
    end: str | None = None
    marks: Mapping[NodeId, Spans] = field(factory=dict)

    @property
    def names_span(self) -> bool:
        """Whether it is about a span alone."""
        return self.start is not None or self.end is not None


@frozen(kw_only=True)
class Batch:
    """One batch of a tracked node while it is computed: which one it is, and of what span.

    ``total`` is how many there will be, as far as that is known.
    """

    number: int
    total: int
    start: int
    end: int
    timezone: str = "UTC"


@frozen(kw_only=True)
class Work:
    """What a step did of a tracked node's ranges, in numbers of them.

    ``ranges`` were computed in so many ``batches``, and have so many ``rows``; ``adopted`` were
    built already elsewhere, and ``waiting`` are due but lack an input.
    """

    ranges: int = 0
    batches: int = 0
    rows: int = 0
    adopted: int = 0
    waiting: int = 0
    unit: str = ""
    timezone: str = "UTC"


@frozen(kw_only=True)
class Ranges:
    """What a plan says of a tracked node's ranges: what is processed as far as it is known.

    ``waiting`` are those for which an input is missing. ``count`` is the number of ranges that are
    processed, ``batches`` in how many steps. ``invalidated``: those of ``again`` that were, others
    are looked back at; with ``asked`` all are what the command names. ``waits_for`` are the inputs
    that are missing.
    """

    new: Spans = ()
    again: Spans = ()
    invalidated: Spans = ()
    waiting: Spans = ()
    waits_for: tuple[NodeId, ...] = ()
    count: int = 0
    batches: int = 0
    unit: str = ""
    timezone: str = "UTC"
    asked: bool = False
