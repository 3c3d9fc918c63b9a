"""What aggregations give, in plain Python: for each row of the answer it looks at all events."""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
SPELLINGS = {"mean": "avg", "std": "stddev"}
SHORT = {"s": "second", "min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month"}
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}

Window = str | tuple[int, int]
"""``7d``, or days back from the application date: the nearer, the farther."""


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """An aggregate of some days, divided by that of others."""

    above: tuple[int, int]
    below: tuple[int, int]
    aggs: tuple[str, ...] = ("sum",)


@dataclass(frozen=True, kw_only=True)
class Since:
    """Aggregates of the events whose ``column`` is ``value``; without a column, of all."""

    column: str | None = None
    value: str = ""
    aggs: tuple[str, ...] = ("count",)

    def holds(self, event: Row) -> bool:
        return self.column is None or event[self.column] == self.value


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What is computed of one column."""

    name: str
    column: str
    aggs: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    rolling: tuple[tuple[Window, tuple[str, ...]], ...] = ()
    ratios: tuple[Ratio, ...] = ()
    since: tuple[Since, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Aggregation:
    """An aggregation, and perhaps one more over its rows."""

    keys: tuple[str, ...]
    specs: tuple[Spec, ...]
    time: str | None = None
    date: str | None = None
    windows: tuple[str, ...] = ()
    second: Aggregation | None = None
    """The second-order aggregation that reads the rows of this one."""


def aggregated(said: Aggregation, events: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of an aggregation, of the second order where there is one."""
    first = _first(said, events)
    return first if said.second is None else second_order(said.second, first)


def _first(said: Aggregation, events: Sequence[Row]) -> list[dict[str, Any]]:
    fixed = (*said.keys, *[name for name in (_moment_column(said),) if name is not None])
    if said.time is not None and said.date is None:
        events = [event for event in events if event[said.time] is not None]
    groups = {tuple(map(_one, (event[name] for name in fixed))): event for event in events}
    found = []
    for example in groups.values():
        mine = [event for event in events if all(event[k] == example[k] for k in said.keys)]
        if said.date is not None:
            mine = [event for event in mine if event[said.date] == example[said.date]]
        row = {name: example[name] for name in fixed}
        for spec in said.specs:
            row.update(_columns(said, spec, example, mine))
        found.append(row)
    return found


def _moment_column(said: Aggregation) -> str | None:
    return said.date if said.date is not None else said.time


def _one(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


def _columns(
    said: Aggregation, spec: Spec, row: Row, mine: Sequence[Row]
) -> Iterator[tuple[str, Any]]:
    windows = spec.windows or said.windows or (None,)
    wanted = [(agg, window) for agg in spec.aggs for window in windows]
    wanted += [(agg, window) for window, aggs in spec.rolling for agg in aggs]
    for agg, window in wanted:
        inside = [event for event in mine if _reaches(said, window, row, event)]
        yield f"{spec.name}_{_plain(agg)}{_suffix(window)}", _value(said, agg, spec.column, inside)
    for ratio in spec.ratios:
        days = "_".join(map(str, (*ratio.above, *ratio.below)))
        for agg in ratio.aggs:
            yield f"{spec.name}_{_plain(agg)}_ratio_{days}", _ratio(said, spec, ratio, agg, mine)
    past = [event for event in mine if _reaches(said, None, row, event)]
    for since in spec.since:
        some = [event for event in past if since.holds(event)]
        for agg in since.aggs:
            counted = len(some) if _plain(agg) == "count" else None
            value = _value(said, agg, spec.column, some) if counted is None else counted
            none = 0 if _plain(agg) == "sum" and value is None else value
            yield f"{spec.name}_{_plain(agg)}_if", none


def _reaches(said: Aggregation, window: Window | None, row: Row, event: Row) -> bool:
    """Whether an event counts for a row; it is never later than the row."""
    if said.time is None:
        return True
    at = event[said.time]
    if at is None:
        return False
    if said.date is None:
        until = row[said.time]
        return at <= until and (window is None or at > _back(until, str(window)))
    if _is_later_that_day(at, row[said.date]):
        return False
    until = _day(row[said.date])
    days = (until - _day(at)).days
    if isinstance(window, tuple):
        return max(window[0], 0) <= days <= window[1]
    return days >= 0 and (window is None or _day(at) > _day(_back(until, window)))


def _is_later_that_day(at: date, until: date) -> bool:
    """Whether an application date is a moment, which ends within its day, and it is over."""
    if not isinstance(at, datetime) or not isinstance(until, datetime):
        return False
    return bool(_one(at).replace(tzinfo=None) > _one(until).replace(tzinfo=None))


def _ratio(said: Aggregation, spec: Spec, ratio: Ratio, agg: str, mine: Sequence[Row]) -> Any:
    above, below = (
        _value(said, agg, spec.column, [e for e in mine if _is_days_before(said, days, e)])
        for days in (ratio.above, ratio.below)
    )
    return None if above is None or not below else float(above) / float(below)


def _is_days_before(said: Aggregation, days: tuple[int, int], event: Row) -> bool:
    """Each event stands beside its own application date."""
    return _reaches(said, days, event, event)


def second_order(said: Aggregation, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of a second-order aggregation, with the names of seeknal 2.x."""
    (key,) = said.keys
    found = []
    for value in {row[key]: None for row in rows}:
        mine = [row for row in rows if row[key] == value]
        made = {key: value}
        for spec in said.specs:
            made.update(_second_columns(said, spec, mine))
        found.append(made)
    return found


def _second_columns(
    said: Aggregation, spec: Spec, mine: Sequence[Row]
) -> Iterator[tuple[str, Any]]:
    column = spec.column
    past = [row for row in mine if said.date is None or _reaches(said, None, row, row)]
    for agg in spec.aggs:
        yield f"{column}_{agg.upper()}", _value(said, agg, column, past)
    for window in spec.windows:
        low, high = window
        for agg in spec.aggs:
            some = [row for row in mine if _reaches(said, window, row, row)]
            yield f"{column}_{agg.upper()}_{low}_{high}", _value(said, agg, column, some)
    for ratio in spec.ratios:
        (low, high), (first, last) = ratio.above, ratio.below
        for agg in ratio.aggs:
            name = f"{column}_{agg.upper()}{low}_{high}_{agg.upper()}{first}_{last}"
            yield name, _ratio(said, spec, ratio, agg, mine)
    for since in spec.since:
        some = [row for row in past if since.holds(row)]
        for agg in since.aggs:
            yield f"SINCE_{agg.upper()}_{column}_GEO_D", _value(said, agg, column, some)


def _value(said: Aggregation, agg: str, column: str, events: Sequence[Row]) -> Any:
    """An aggregate of what is not NULL."""
    given = [event for event in events if event[column] is not None]
    values = [event[column] for event in given]
    if _plain(agg) == "count":
        return len(values)
    if _plain(agg) == "count_distinct":
        return len(set(values))
    if not values:
        return None
    if _plain(agg) == "last":
        timed = [event for event in given if event[said.time or ""] is not None]
        return max(timed, key=lambda event: event[said.time or ""])[column] if timed else None
    return _OF_VALUES[_plain(agg)](values)


def _median(values: Sequence[Any]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[~middle]) / 2


def _stddev(values: Sequence[Any]) -> float | None:
    if len(values) < 2:
        return None
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


_OF_VALUES: dict[str, Callable[[Sequence[Any]], Any]] = {
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "min": min,
    "max": max,
    "median": _median,
    "stddev": _stddev,
}


def _plain(agg: str) -> str:
    return SPELLINGS.get(agg.lower(), agg.lower())


def _suffix(window: Window | None) -> str:
    if window is None:
        return ""
    return f"_{window[0]}_{window[1]}" if isinstance(window, tuple) else f"_{window}"


def _back(moment: date, window: str) -> date:
    """The moment before which a window ends, counted back from ``moment``; it is not inside."""
    digits = window.rstrip("abcdefghijklmnopqrstuvwxyz")
    count, unit = int(digits), SHORT[window[len(digits) :]]
    if unit != "month":
        return moment - timedelta(seconds=count * SECONDS[unit])
    year, month = divmod(moment.year * 12 + moment.month - 1 - count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
