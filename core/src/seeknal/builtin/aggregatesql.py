"""Aggregations as SQL: one query over a node's rows.

Rows come out in the order of their groups, so that equal inputs give equal artifacts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.builtin.aggregates import aggregate_sql, canonical_name
from seeknal.builtin.options.aggregation import (
    Window,
    several,
    specs_of,
)
from seeknal.plugin import Duration, check_condition, quote_identifier

if TYPE_CHECKING:
    from seeknal.builtin.options.aggregation import (
        AggregationOptions,
        FeatureSpec,
        Ratio,
        SecondOrderOptions,
        SecondOrderSpec,
        Since,
    )

AGE = '"_days_between"'
"""Days from a row's time to its application date."""
_PAST = f"{AGE} >= 0"
"""No row after the application date counts, whatever else decides."""


Types = Mapping[str, str]
"""DuckDB's types of columns, by their names in lower case."""
NO_TYPES: Types = {}

Output = tuple[str, str]
"""A column's name and what it holds."""


@frozen(kw_only=True)
class _Wanted:
    """One column to be computed: an aggregate over some of the rows."""

    name: str
    agg: str
    window: Window | None = None
    """How far back the rows reach; None: all of them."""


def aggregation(options: AggregationOptions, rows: str, types: Types = NO_TYPES) -> str:
    """The query of an aggregation over the query ``rows``, whose columns have ``types``."""
    if options.application_date_col is not None:
        return _by_date(options, options.application_date_col, rows, types)
    if options.time_column is not None:
        return _by_moment(options, options.time_column, rows)
    found = [column for spec in specs_of(options.features) for column in _plain(spec)]
    return _grouped(options.keys, found, f"({rows}\n)")


def _plain(spec: FeatureSpec) -> Iterator[Output]:
    """A feature over all rows of a group."""
    column = _column(spec)
    for wanted in _wanted(spec, ()):
        yield wanted.name, aggregate_sql(wanted.agg, column, None)
    yield from _since(spec, "", None)


def _by_moment(options: AggregationOptions, time_column: str, rows: str) -> str:
    """A row for each group and moment at which something happened, over what came before it."""
    time = quote_identifier(time_column)
    keys = _listed(options.keys)
    found: list[Output] = []
    for spec in specs_of(options.features):
        for wanted in _wanted(spec, options.windows):
            over = _over(keys, time, wanted.window)
            found.append((wanted.name, f"{aggregate_sql(wanted.agg, _column(spec), time)} {over}"))
        found += _since(spec, f" {_over(keys, time, None)}", time)
    # Events of one moment see the same rows: one of them stands for all.
    one = f"row_number() OVER (PARTITION BY {keys}, {time}) = 1"
    return (
        f"SELECT {_select((*options.keys, time_column), found)} FROM ({rows}\n) "
        f"WHERE {time} IS NOT NULL QUALIFY {one} ORDER BY {keys}, {time}"
    )


def _over(keys: str, time: str, window: Window | None) -> str:
    frame = "UNBOUNDED" if window is None else f"({_half_open(window)})"
    return (
        f"OVER (PARTITION BY {keys} ORDER BY CAST({time} AS TIMESTAMP) "
        f"RANGE BETWEEN {frame} PRECEDING AND CURRENT ROW)"
    )


def _half_open(window: Window) -> str:
    """Seven days of dates are seven dates, not eight."""
    return f"{_interval(window)} - INTERVAL '1 microsecond'"


def _by_date(options: AggregationOptions, date_column: str, rows: str, types: Types) -> str:
    """A row for each group and application date, over what came before that date."""
    date = quote_identifier(date_column)
    time = None if options.time_column is None else quote_identifier(options.time_column)
    found: list[Output] = []
    for spec in specs_of(options.features):
        column = _column(spec)
        for wanted in _wanted(spec, options.windows):
            where = _filter(_within(wanted.window, time, date))
            found.append((wanted.name, f"{aggregate_sql(wanted.agg, column, time)}{where}"))
        for ratio in several(spec.ratio):
            found += _ratios(column, time, ratio, _ratio_name(spec.name or ""))
        found += _since(spec, "", time, None if time is None else _PAST)
    source = _aged(rows, time, date, _ends_in_the_day(options, types))
    return _grouped((*options.keys, date_column), found, source)


def without_future(options: AggregationOptions | SecondOrderOptions) -> list[str]:
    """The features of which seeknal 2.x counts rows after the application date as well.

    Those of all rows up to the date, and ``since`` with a condition.
    """
    if options.application_date_col is None or options.time_column is None:
        return []
    windows = getattr(options, "windows", ())
    return [
        str(spec.name)
        for spec in specs_of(options.features)
        if _is_of_all_rows(spec, windows)
        or any(since.condition is not None for since in several(spec.since))
    ]


def _is_of_all_rows(spec: FeatureSpec | SecondOrderSpec, windows: tuple[str, ...]) -> bool:
    own = spec.window is not None or bool(getattr(spec, "windows", None))
    # Of second order, what has a window is computed over all rows as well.
    is_first = hasattr(spec, "rolling")
    return bool(spec.agg) and not (is_first and (own or bool(windows)))


def _within(window: Window | None, time: str | None, date: str) -> str | None:
    """The condition that a row lies in a window that ends on its application date.

    Without a time, rows cannot be after it; windows need one.
    """
    if time is None:
        return None
    if window is None:
        return _PAST
    if isinstance(window, tuple):
        return _days(window)
    first = f"CAST({date} AS DATE) - {_interval(window)}"
    return f"CAST({time} AS DATE) > {first} AND {_PAST}"


def second_order(options: SecondOrderOptions, rows: str, types: Types = NO_TYPES) -> str:
    """The query of a second-order aggregation: its columns have the names of seeknal 2.x."""
    time, date = (
        None if name is None else quote_identifier(name)
        for name in (options.time_column, options.application_date_col)
    )
    past = None if time is None or date is None else _PAST
    found = [
        column
        for spec in specs_of(options.features)
        for column in _second_order_columns(spec, time, past)
    ]
    source = f"({rows}\n)"
    if date is not None:
        source = _aged(rows, time, date, _ends_in_the_day(options, types))
    return _grouped((options.id_col,), found, source)


def _second_order_columns(
    spec: SecondOrderSpec, time: str | None, past: str | None
) -> Iterator[Output]:
    name = spec.column or spec.name or ""
    column = quote_identifier(name)
    for agg in spec.agg:
        yield f"{name}_{agg.upper()}", f"{aggregate_sql(agg, column, time)}{_filter(past)}"
    for agg in spec.agg if spec.window else ():
        low, high = spec.window or (0, 0)
        value = f"{aggregate_sql(agg, column, time)}{_filter(_days((low, high)))}"
        yield f"{name}_{agg.upper()}_{low}_{high}", value
    for ratio in several(spec.ratio):
        yield from _ratios(column, time, ratio, _second_ratio_name(name))
    for since in several(spec.since):
        where = _filter(_condition(since, past))
        for agg in since.aggs:
            yield f"SINCE_{agg.upper()}_{name}_GEO_D", f"{aggregate_sql(agg, column, time)}{where}"


def _wanted(spec: FeatureSpec, windows: tuple[str, ...]) -> Iterator[_Wanted]:
    """A feature's columns. Its own windows stand instead of the node's."""
    own = (*(() if spec.window is None else (spec.window,)), *spec.windows)
    reaches = [(agg, window) for agg in spec.agg for window in own or windows or (None,)]
    reaches += [(agg, rolling.window) for rolling in several(spec.rolling) for agg in rolling.aggs]
    for agg, window in reaches:
        name = f"{spec.name}_{canonical_name(agg)}{_suffix(window)}"
        yield _Wanted(name=name, agg=agg, window=window)


def _suffix(window: Window | None) -> str:
    if window is None:
        return ""
    if isinstance(window, tuple):
        return f"_{window[0]}_{window[1]}"
    length = _length(window)
    units = {"minute": "min", "month": "mo"}
    return f"_{length.count}{units.get(length.unit, length.unit[0])}"


def _length(window: Window) -> Duration:
    return Duration(window, "day") if isinstance(window, int) else Duration.parse(str(window))


def _interval(window: Window) -> str:
    length = _length(window)
    return f"INTERVAL '{length.count} {length.unit}'"


def _since(
    spec: FeatureSpec, over: str, time: str | None, past: str | None = None
) -> Iterator[Output]:
    """As in seeknal 2.x rows are counted, and a sum of none is 0."""
    for since in several(spec.since):
        condition = _condition(since, past)
        for agg in since.aggs:
            counted = canonical_name(agg) == "count"
            column = "*" if counted else _column(spec)
            value = f"{aggregate_sql(agg, column, time)}{_filter(condition)}{over}"
            text = f"coalesce({value}, 0)" if canonical_name(agg) == "sum" else value
            yield f"{spec.name}_{canonical_name(agg)}_if", text


def _condition(since: Since, past: str | None) -> str:
    if since.condition is None:
        return _PAST
    condition = check_condition(since.condition, clocks=False)
    return condition if past is None else f"({condition}) AND {past}"


def _ratios(
    column: str, time: str | None, ratio: Ratio, name: Callable[[str, Ratio], str]
) -> Iterator[Output]:
    for agg in ratio.aggs:
        above, below = (
            f"CAST({aggregate_sql(agg, column, time)}{_filter(_days(days))} AS DOUBLE)"
            for days in (ratio.numerator, ratio.denominator)
        )
        yield name(agg, ratio), f"{above} / nullif({below}, 0)"


def _ratio_name(feature: str) -> Callable[[str, Ratio], str]:
    def name(agg: str, ratio: Ratio) -> str:
        days = "_".join(map(str, (*ratio.numerator, *ratio.denominator)))
        return f"{feature}_{canonical_name(agg)}_ratio_{days}"

    return name


def _second_ratio_name(column: str) -> Callable[[str, Ratio], str]:
    def name(agg: str, ratio: Ratio) -> str:
        (low, high), (first, last) = ratio.numerator, ratio.denominator
        return f"{column}_{agg.upper()}{low}_{high}_{agg.upper()}{first}_{last}"

    return name


def _column(spec: FeatureSpec) -> str:
    return quote_identifier(spec.column or spec.name or "")


def _filter(condition: str | None) -> str:
    return "" if condition is None else f" FILTER (WHERE {condition})"


def _days(days: tuple[int, ...]) -> str:
    low, high = days
    return f"{AGE} BETWEEN {max(int(low), 0)} AND {int(high)}"


def _ends_in_the_day(options: AggregationOptions | SecondOrderOptions, types: Types) -> bool:
    """Whether application dates are moments, and rows' times too: no later one counts."""
    columns = (options.time_column, options.application_date_col)
    found = [types.get(name.lower(), "") for name in columns if name is not None]
    return all(type.startswith("TIMESTAMP") for type in found)


def _aged(rows: str, time: str | None, date: str, in_the_day: bool) -> str:
    """The rows with their age, when they have a time; after the application date it is below 0.

    Where that is a moment ``in_the_day``, what happens later on the same day is after it.
    """
    if time is None:
        return f"({rows}\n)"
    age = f"date_diff('day', CAST({time} AS DATE), CAST({date} AS DATE))"
    if in_the_day:
        age = f"CASE WHEN {time} > {date} THEN -1 ELSE {age} END"
    return f"(SELECT *, {age} AS {AGE} FROM ({rows}\n))"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(quote_identifier, names))


def _grouped(keys: Sequence[str], found: Sequence[Output], rows: str) -> str:
    groups = _listed(keys)
    return f"SELECT {_select(keys, found)} FROM {rows} GROUP BY {groups} ORDER BY {groups}"


def _select(keys: Sequence[str], found: Sequence[Output]) -> str:
    """What stands after SELECT. Raises ValueError when two columns have one name."""
    names = [name.lower() for name in (*keys, *(name for name, _ in found))]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two columns would be named {name}")
    return ", ".join([_listed(keys), *(f"{each} AS {quote_identifier(n)}" for n, each in found)])
