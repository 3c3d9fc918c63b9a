"""Spans of time as people write and read them, and as programs do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from seeknal.intervals.clocks import clock_of, date_of, midnight
from seeknal.intervals.moments import told

if TYPE_CHECKING:
    from datetime import date

    from seeknal.values.tracking import Spans


def told_span(start: int, end: int, timezone: str = "UTC") -> str:
    """A span by the clock of a zone, so that ``--start`` and ``--end`` take it.

    Whole days are dates, of which the last is within it; other ends are moments, of which the
    last is not.
    """
    if _begins_day(start, timezone) and _begins_day(end, timezone):
        first, last = str(_date(start, timezone)), str(_date(end, timezone) - timedelta(days=1))
        return first if first == last else f"{first} to {last}"
    return f"{told_moment(start, timezone)} to {told_moment(end, timezone)}"


def told_spans(spans: Spans, timezone: str = "UTC", most: int = 5) -> list[str]:
    """Spans for people, so many at most: what comes after the first is a number then."""
    kept = spans if len(spans) <= most else spans[: most - 1]
    found = [told_span(start, end, timezone) for start, end in kept]
    return found if len(kept) == len(spans) else [*found, f"{len(spans) - len(kept):,} more spans"]


def told_moment(moment: int, timezone: str) -> str:
    """A moment by the clock of a zone, with its time of day also at midnight."""
    text = told(moment, timezone)
    return text if " " in text else f"{text} 00:00"


def told_count(count: int) -> str:
    """A number of ranges."""
    return f"{count:,} {'range' if count == 1 else 'ranges'}"


def told_waiting(count: int) -> str:
    """That so many ranges are due but lack an input."""
    return f"{told_count(count)} {'waits' if count == 1 else 'wait'} for inputs"


def long(unit: str) -> str:
    """How long a range is: ``a day``, ``6 hours``."""
    if unit[:1].isdigit():
        return unit
    return f"an {unit}" if unit == "hour" else f"a {unit}"


def iso(moment: int) -> str:
    """A moment for programs."""
    return datetime.fromtimestamp(moment, UTC).isoformat()


def iso_spans(spans: Spans) -> list[dict[str, str]]:
    """Spans for programs, half-open and in UTC."""
    return [{"start": iso(start), "end": iso(end)} for start, end in spans]


def _begins_day(moment: int, timezone: str) -> bool:
    """Whether a date begins there, also where its clock is past midnight by then."""
    return clock_of(timezone).first(midnight(_date(moment, timezone))) == moment


def _date(moment: int, timezone: str) -> date:
    return date_of(clock_of(timezone).reading(moment))
