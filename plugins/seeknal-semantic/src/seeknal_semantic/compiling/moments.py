"""The first and the last time of a query, as moments between which shown periods begin."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sqlglot import exp

from seeknal_semantic.compiling.calendar import WEEKDAYS, is_whole_days, months_of
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.compiling.trees import text
from seeknal_semantic.filters import read_moment

if TYPE_CHECKING:
    from seeknal.plugin import Calendar


_KINDS: tuple[Literal["date"], Literal["timestamp"]] = ("date", "timestamp")


def moment_of(words: str, key: str) -> date | datetime:
    """The date or the moment that a text says. Raises QueryRefused."""
    for kind in _KINDS:
        if (found := read_moment(words.strip(), kind)) is not None:
            return found
    raise refused(
        "SK1505" if key == "filter" else "SK1515",
        f"{key}: {words!r} is no date or time without a zone",
        help="2024-01-31, or 2024-01-31 12:00",
    )


def check_order(start: str, end: str) -> None:
    """Raises QueryRefused where a query ends before it starts."""
    first, last = first_of(moment_of(start, "start")), moment_of(end, "end")
    # A date is all of that day.
    if (first if isinstance(last, datetime) else first.date()) > last:
        raise refused(
            "SK1515", f"start {start} is after end {end}", help="begin no later than the end"
        )


def first_of(moment: date | datetime) -> datetime:
    """The moment, or the begin of the day."""
    return moment if isinstance(moment, datetime) else datetime(*moment.timetuple()[:3])


def begin_of_period(grain: str, moment: datetime, calendar: Calendar) -> datetime:
    """The begin of the period that a moment lies in."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if not is_whole_days(grain):
        kept = {"hour": "hours", "minute": "minutes", "second": "seconds"}[grain]
        return datetime.fromisoformat(moment.isoformat(timespec=kept))
    if grain == "day":
        return day
    if grain == "week":
        return day - timedelta((day.weekday() - WEEKDAYS.index(calendar.week_start)) % 7)
    offset = calendar.fiscal_year_start - 1 if grain.startswith("fiscal_") else 0
    months = day.year * 12 + day.month - 1 - offset
    return _month(months - months % months_of(grain) + offset)


def period_after(grain: str, begin: datetime) -> datetime:
    """The begin of the period that follows the one that begins then."""
    if count := months_of(grain):
        return _month(begin.year * 12 + begin.month - 1 + count)
    return begin + timedelta(**{f"{grain}s": 1})


def _month(number: int) -> datetime:
    return datetime(number // 12, number % 12 + 1, 1)


def literal(moment: datetime, *, days: bool) -> exp.Expr:
    """The moment as SQL: a DATE beside a DATE."""
    if days and moment == first_of(moment.date()):
        return exp.cast(text(moment.date().isoformat()), "DATE")
    return exp.cast(text(moment.isoformat(sep=" ")), "TIMESTAMP")
