"""Periods of time as SQL: the begin of a period, a part of a date, a moment some periods later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.trees import as_date, call, text

if TYPE_CHECKING:
    from seeknal.plugin import Calendar

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_BELOW_DAY = ("second", "minute", "hour")
_MONTHS = {"month": 1, "quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}
_FIELDS = {"dow": "isodow"}


def is_whole_days(grain: str) -> bool:
    """Whether its periods are days or longer, so that a DATE says which."""
    return grain not in _BELOW_DAY


def months_of(grain: str) -> int:
    """How many months a period of ``grain`` has; 0 for those that are no months."""
    return _MONTHS.get(grain, 0)


def step_of(grain: str) -> tuple[int, str]:
    """How long a period of ``grain`` is."""
    return (months_of(grain), "month") if months_of(grain) else (1, grain)


def begin_of(grain: str, moment: exp.Expr, calendar: Calendar) -> exp.Expr:
    """The begin of the period that a moment lies in: DATE from day on, else TIMESTAMP."""
    if not is_whole_days(grain):
        return call("DATE_TRUNC", text(grain), moment)
    if grain == "day":
        return as_date(moment)
    unit, offset = _unit_and_offset(grain, calendar)
    earlier = shifted(moment, -offset[0], offset[1]) if offset[0] else moment
    begin = call("DATE_TRUNC", text(unit), earlier)
    return as_date(shifted(begin, *offset) if offset[0] else begin)


def _unit_and_offset(grain: str, calendar: Calendar) -> tuple[str, tuple[int, str]]:
    """What DATE_TRUNC knows, and by how much its periods begin too early."""
    if grain == "week":
        return "week", (WEEKDAYS.index(calendar.week_start), "day")
    if grain.startswith("fiscal_"):
        unit = grain.removeprefix("fiscal_")
        return unit, ((calendar.fiscal_year_start - 1) % _MONTHS[grain], "month")
    return grain, (0, "day")


def part_of(part: str, moment: exp.Expr) -> exp.Expr:
    """A part of a date as a whole number; ``dow`` is 1 for Monday and 7 for Sunday."""
    extracted = exp.Extract(this=exp.var(_FIELDS.get(part, part).upper()), expression=moment)
    return exp.cast(extracted, "BIGINT")


def shifted(moment: exp.Expr, count: int, unit: str) -> exp.Expr:
    """The moment so many units later, or earlier where ``count`` is below 0."""
    step = exp.Interval(this=exp.Literal.string(str(abs(count))), unit=exp.var(unit.upper()))
    build = exp.Add if count >= 0 else exp.Sub
    return build(this=moment.copy(), expression=step)


def at_wall(moment: exp.Expr, type: str, zone: str | None) -> exp.Expr:
    """A moment as clocks in ``zone`` show it: a TIMESTAMP, or the DATE that it is.

    A TIMESTAMP without zone is taken as UTC's; without ``zone`` it stays, and a TIMESTAMP WITH
    TIME ZONE is as UTC's clocks show it.
    """
    kind = type.upper()
    if kind == "DATE":
        return moment
    if kind in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"):
        return exp.AtTimeZone(this=moment, zone=text(zone or "UTC"))
    if zone is None:
        return moment
    there = exp.AtTimeZone(this=moment, zone=text("UTC"))
    return exp.AtTimeZone(this=there, zone=text(zone))
