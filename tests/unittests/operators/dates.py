"""Dates that are a day off, and spans of time of another length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlglot import exp

from seeknal.values.tracking import END_MARK, START_MARK
from tests.unittests.around import Around
from tests.unittests.operators.changing import Change, is_date, with_args

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_UNITS = {
    "HOUR": ("DAY",),
    "DAY": ("WEEK",),
    "WEEK": ("MONTH", "DAY"),
    "MONTH": ("QUARTER", "WEEK"),
    "QUARTER": ("YEAR", "MONTH"),
    "YEAR": ("QUARTER", "MONTH"),
}
_CUT = (exp.DateTrunc, exp.TimestampTrunc, exp.DateDiff)


def off_by_one_date(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """A date one day on or back, an interval one longer or shorter, another unit of time."""
    for node in tree.find_all(exp.Literal):
        typed = is_date(node.parent)
        if node.name in (START_MARK, END_MARK) or not node.is_string:
            continue
        if typed or _DATE.fullmatch(node.name):
            yield from _days(node)
    for node in tree.find_all(exp.Interval):
        yield from _lengths(node)
    for node in tree.find_all(*_CUT):
        unit = node.args.get("unit")
        for other in _UNITS.get(unit.name.upper(), ()) if unit is not None else ():
            yield Change(node, with_args(node, unit=type(unit)(**{**unit.args, "this": other})))
    for node in tree.find_all(exp.Extract):
        for other in _UNITS.get(node.name.upper(), ()):
            yield Change(node, with_args(node, this=exp.var(other)))


def _days(node: exp.Literal) -> Iterator[Change]:
    kind = date if _DATE.fullmatch(node.name) else datetime
    try:
        value = kind.fromisoformat(node.name)
    except ValueError:
        return
    for days in (1, -1):
        yield Change(node, exp.Literal.string(str(value + timedelta(days))))


def _lengths(node: exp.Interval) -> Iterator[Change]:
    if isinstance(node.this, exp.Literal) and node.this.name.isdigit():
        for length in (int(node.name) + 1, int(node.name) - 1):
            if length >= 0:
                yield Change(node, with_args(node, this=exp.Literal.string(str(length))))
