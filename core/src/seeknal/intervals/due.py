"""What a run has to do with a tracked node: which of its ranges are due, and which are redone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.intervals.spans import common, merged, minus, union
from seeknal.intervals.ticks import bound
from seeknal.values.tracking import Reach

if TYPE_CHECKING:
    from seeknal.intervals.calendar import Calendar
    from seeknal.values.tracking import Spans, Tracking

ALWAYS = (-(1 << 60), 1 << 60)
"""A span that holds every moment that anybody names."""


@frozen(kw_only=True)
class Parent:
    """What a tracked input has done, from its first range on, and what of it a range reads."""

    first: int
    done: Spans
    reach: Reach = field(factory=Reach)


@frozen(kw_only=True)
class Due:
    """What is to be processed whatever inputs hold, as far as it has come by now.

    ``new`` was never done, or only in part; ``again`` is done, at least in part, and redone.
    Neither has a range that waits for an input; ``waiting`` are those that do. ``expected`` is all
    that should be done. ``named`` is what the command is about: None for all of it.
    """

    new: Spans = ()
    again: Spans = ()
    waiting: Spans = ()
    expected: Spans = ()
    named: Spans | None = None

    @property
    def wanted(self) -> Spans:
        """All that is processed."""
        return union(self.new, self.again)

    @property
    def renewed(self) -> Spans:
        """What of it is processed though it was built before, so that nobody adopts that."""
        return self.again if self.named is None else self.wanted


@frozen(kw_only=True)
class Question:
    """A tracked node at one moment: what it has done, and what is asked of it.

    ``rebuilt_to``: the node goes on from a definition whose last range ended then, of which it
    keeps nothing. ``asked``: the span of ``--start`` and ``--end``. ``marks``: done ranges that
    were invalidated.
    """

    calendar: Calendar
    tracking: Tracking
    first: int
    now: int
    done: Spans = ()
    rebuilt_to: int | None = None
    asked: tuple[int, int] | None = None
    marks: Spans = ()
    parents: tuple[Parent, ...] = ()


def due(question: Question) -> Due:
    """What is due of a node by its schedule, and by what was asked of it."""
    tracking, calendar = question.tracking, question.calendar
    asked = question.asked if question.rebuilt_to is None else None
    expected = _expected(question, everything=asked is not None)
    named = (
        None
        if asked is None
        else calendar.widened(common(_span(*asked), calendar.widened(expected)))
    )
    held = union(expected, question.done)
    missing = minus(expected, question.done)
    if named is not None:
        missing = common(missing, named)
    wanted = common(calendar.widened(missing), expected)
    new, waiting = _divided(wanted, question)
    if named is not None:
        again = common(named, question.done) if tracking.restates else ()
    else:
        again = union(_looked_back(question, new, expected), question.marks)
    again = common(calendar.widened(common(again, question.done)), held)
    again, waiting_too = _divided(again, question)
    return Due(
        new=new,
        again=again,
        waiting=union(waiting, waiting_too),
        expected=expected,
        named=named,
    )


def ready(spans: Spans, calendar: Calendar, parents: Iterable[Parent]) -> Spans:
    """Those of a node's ranges whose inputs have done all that they read."""
    blocked = _blocked(spans, parents)
    return minus(spans, calendar.widened(blocked)) if blocked else spans


def reading(spans: Spans, reach: Reach) -> Spans:
    """The moments at which a range begins or goes on that reads one of ``spans`` of an input."""
    moved = ((start - reach.after, end + reach.before) for start, end in spans)
    return merged(pair for pair in moved if pair[0] < pair[1])


def _divided(spans: Spans, question: Question) -> tuple[Spans, Spans]:
    """The ranges that can be processed, and those that wait."""
    able = ready(spans, question.calendar, question.parents)
    return able, () if able is spans else minus(spans, able)


def _blocked(spans: Spans, parents: Iterable[Parent]) -> Spans:
    """Of spans those moments at which an input is missing."""
    found: Spans = ()
    for parent in parents:
        gaps = minus(_span(parent.first, ALWAYS[1]), parent.done)
        found = union(found, common(spans, reading(gaps, parent.reach)))
    return found


def _expected(question: Question, *, everything: bool) -> Spans:
    """The moments that should be done: of ranges that have ended, or begun where that is allowed.

    ``everything``: whether or not the schedule has made them due.
    """
    tracking, calendar, now = question.tracking, question.calendar, question.now
    last = calendar.begin(now) if everything else bound(tracking.schedule, tracking.timezone, now)
    if question.rebuilt_to is not None and question.rebuilt_to > ALWAYS[0]:
        last = max(last, calendar.begin(question.rebuilt_to))
    if tracking.allow_partial:
        last = max(last, now)
    return _span(question.first, last)


def _looked_back(question: Question, new: Spans, expected: Spans) -> Spans:
    """The ranges before each new one that ``lookback`` redoes."""
    lookback, calendar = question.tracking.lookback, question.calendar
    if not lookback:
        return ()
    starts = [start for start, _ in new]
    begins = (
        [calendar.back(start, lookback) for start in starts]
        if isinstance(lookback, int)
        else [calendar.back_for(start, lookback) for start in starts]
    )
    return common(merged(zip(begins, starts, strict=True)), expected)


def _span(start: int, end: int) -> Spans:
    return ((start, end),) if start < end else ()
