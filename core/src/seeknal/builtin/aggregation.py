"""Aggregations: features over windows of time, and aggregations of those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from seeknal.plugin import (
    Context,
    Duration,
    Node,
    NodeError,
    NodeInputs,
    Rows,
    Scan,
    check_condition,
    hookimpl,
    option,
    quote_identifier,
    to_scan,
)

FUNCTIONS = {
    "sum": "sum",
    "count": "count",
    "avg": "avg",
    "mean": "avg",
    "min": "min",
    "max": "max",
    "stddev": "stddev",
    "std": "stddev",
    "median": "median",
}
"""Aggregates of one column; ``count_distinct`` and ``last`` are written out."""

Window = str | int | tuple[int, ...]


@frozen(kw_only=True)
class Rolling:
    """Aggregates over one window, or over several."""

    window: Window
    aggs: tuple[str, ...] = option(("sum",), aliases=("agg", "functions"))


@frozen(kw_only=True)
class Ratio:
    """One window's aggregate divided by another's."""

    numerator: tuple[int, ...]
    denominator: tuple[int, ...]
    aggs: tuple[str, ...] = option(("sum",), aliases=("agg", "functions"))


@frozen(kw_only=True)
class Since:
    """Aggregates of the rows for which a condition holds."""

    condition: str
    aggs: tuple[str, ...] = option(("count",), aliases=("agg", "functions"))


@frozen(kw_only=True)
class FeatureSpec:
    """How one feature is aggregated."""

    name: str | None = None
    column: str | None = option(None, aliases=("source_feature",), summary="its own name if absent")
    agg: tuple[str, ...] = option(
        (), aliases=("aggs", "basic", "functions"), summary="sum, count, avg, min, max, last ..."
    )
    window: Window | None = option(None, summary="7d, or days [from, to]")
    windows: tuple[str, ...] = option((), summary="several windows")
    rolling: tuple[Rolling, ...] = ()
    ratio: tuple[Ratio, ...] = ()
    since: tuple[Since, ...] = ()
    description: str | None = None


Features = Mapping[str, FeatureSpec] | tuple[FeatureSpec, ...]


@frozen(kw_only=True)
class AggregationOptions:
    """The keys of an aggregation."""

    entity: str | Mapping[str, object] | None = option(None, summary="what the rows describe")
    group_by: tuple[str, ...] = option((), aliases=("group_keys",), summary="columns of the groups")
    id_col: str | None = option(None, summary="one group column, as seeknal 2.x writes it")
    time_column: str | None = option(
        None, aliases=("event_time", "feature_date_col"), summary="when something happened"
    )
    application_date_col: str | None = option(None, summary="the date that windows end on")
    windows: tuple[str, ...] = option((), aliases=("window",), summary="1d, 7d, 30d")
    features: Features = option(summary="name: {column, agg}")
    source: str | None = option(None, summary="the node that is read, instead of inputs")


@frozen(kw_only=True)
class SecondOrderOptions:
    """The keys of a second-order aggregation."""

    id_col: str = option(aliases=("group_by",), summary="column of the groups")
    feature_date_col: str | None = option(None, aliases=("time_column",))
    application_date_col: str | None = option(None, summary="the date that windows end on")
    features: Features = option(summary="name: {basic, window, ratio, since}")
    source: str | None = option(None, summary="the node that is read, instead of inputs")


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: Context) -> Rows | None:
    options = node.options
    if not isinstance(options, AggregationOptions | SecondOrderOptions):
        return None
    body = inputs.body if inputs.body is not None else Scan(f"FROM {inputs.only.scan}")
    scan, _ = to_scan(context.duckdb, body, f"body_of_{node.name}")
    if isinstance(options, SecondOrderOptions):
        return Scan(_second_order(options, scan.sql))
    return Scan(_aggregation(node, options, scan.sql))


def _aggregation(node: Node, options: AggregationOptions, rows: str) -> str:
    keys = _keys(node, options)
    if options.application_date_col is not None:
        return _as_of_date(options, keys, rows)
    if options.time_column is not None:
        return _as_of_event(options, keys, rows)
    expressions = [
        f"{_call(agg, _column(spec), None)} AS {quote_identifier(f'{spec.name}_{agg}')}"
        for spec in _specs(options.features)
        for agg in spec.agg
    ]
    return _grouped(keys, expressions, f"({rows}\n)")


def _keys(node: Node, options: AggregationOptions) -> list[str]:
    named = [options.id_col] if options.id_col else []
    entity = options.entity
    if isinstance(entity, Mapping):
        joined: Any = entity.get("join_keys") or entity.get("keys") or ()
        named += [joined] if isinstance(joined, str) else list(joined)
    keys = list(dict.fromkeys([*named, *options.group_by]))
    if not keys and isinstance(entity, str):
        keys = [f"{entity}_id"]
    if not keys:
        raise NodeError(
            f"{node.id} does not say by which columns it groups",
            code="SK0731",
            location=node.location,
            help="group_by: [customer_id], or entity: {name: customer, join_keys: [customer_id]}",
        )
    return keys


def _as_of_event(options: AggregationOptions, keys: list[str], rows: str) -> str:
    """A row for each group and moment at which something happened, over what came before."""
    time = quote_identifier(options.time_column or "")
    partition = ", ".join(map(quote_identifier, keys))
    expressions = []
    for spec in _specs(options.features):
        for name, agg, period in _moving(spec, options.windows):
            frame = _frame(period)
            over = f"OVER (PARTITION BY {partition} ORDER BY CAST({time} AS TIMESTAMP) {frame})"
            call = _call(agg, _column(spec), time)
            expressions.append(f"{call} {over} AS {quote_identifier(name)}")
    listed = ", ".join([partition, time, *expressions])
    # Events of one moment see the same window: one row stands for all of them.
    one = f"row_number() OVER (PARTITION BY {partition}, {time}) = 1"
    return f"SELECT {listed} FROM ({rows}\n) WHERE {time} IS NOT NULL QUALIFY {one}"


def _moving(spec: FeatureSpec, windows: tuple[str, ...]) -> Iterator[tuple[str, str, str | None]]:
    """(output name, aggregate, period) of a feature; no period: all that came before."""
    own = (*((spec.window,) if isinstance(spec.window, str) else ()), *spec.windows) or windows
    for agg in spec.agg:
        for period in own or (None,):
            suffix = f"_{_short(period)}" if period else ""
            yield f"{spec.name}_{agg}{suffix}", agg, period
    for rolling in spec.rolling:
        days = rolling.window if isinstance(rolling.window, tuple) else (rolling.window,)
        for agg in rolling.aggs:
            for count in days:
                text = f"{count}d" if isinstance(count, int) else count
                yield f"{spec.name}_{agg}_{_short(text)}", agg, text


def _frame(period: str | None) -> str:
    if period is None:
        return "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    length = Duration.parse(period)
    # The window is half-open: seven days of dates are seven dates, not eight.
    interval = f"INTERVAL '{length.count} {length.unit}' - INTERVAL '1 microsecond'"
    return f"RANGE BETWEEN ({interval}) PRECEDING AND CURRENT ROW"


def _short(period: str) -> str:
    length = Duration.parse(period)
    units = {"minute": "min", "month": "mo"}
    return f"{length.count}{units.get(length.unit, length.unit[0])}"


def _as_of_date(options: AggregationOptions, keys: list[str], rows: str) -> str:
    """A row for each group and application date, over the days before that date."""
    date = options.application_date_col or ""
    age = _age(options.time_column or date, date)
    expressions = []
    for spec in _specs(options.features):
        expressions += _dated(spec, options.windows)
    inner = f'(SELECT *, {age} AS "_days_between" FROM ({rows}\n))'
    return _grouped([*keys, date], expressions, inner)


def _dated(spec: FeatureSpec, windows: tuple[str, ...]) -> list[str]:
    column = _column(spec)
    found = []
    for agg in spec.agg:
        if spec.window is None and not (spec.windows or windows):
            found.append((f"{spec.name}_{agg}", _call(agg, column, None)))
        for period in _text_windows(spec, windows):
            days = int(Duration.parse(period).seconds // 86400)
            call = f"{_call(agg, column, None)} FILTER (WHERE {_days(0, days - 1)})"
            found.append((f"{spec.name}_{agg}_{_short(period)}", call))
        if isinstance(spec.window, tuple):
            found.append(_between(spec, agg, spec.window))
    for rolling in spec.rolling:
        if isinstance(rolling.window, tuple) and len(rolling.window) == 2:
            found += [_between(spec, agg, rolling.window) for agg in rolling.aggs]
    for ratio in spec.ratio:
        found += [_ratio(spec.name or "", column, agg, ratio) for agg in ratio.aggs]
    for since in spec.since:
        condition = check_condition(since.condition)
        found += [
            (f"{spec.name}_{agg}_if", f"{_call(agg, column, None)} FILTER (WHERE {condition})")
            for agg in since.aggs
        ]
    return [f"{call} AS {quote_identifier(name)}" for name, call in found]


def _text_windows(spec: FeatureSpec, windows: tuple[str, ...]) -> tuple[str, ...]:
    own = (spec.window,) if isinstance(spec.window, str) else ()
    return (*own, *spec.windows) or (windows if spec.window is None else ())


def _between(spec: FeatureSpec, agg: str, days: tuple[int, ...]) -> tuple[str, str]:
    low, high = _pair(days)
    call = f"{_call(agg, _column(spec), None)} FILTER (WHERE {_days(low, high)})"
    return f"{spec.name}_{agg}_{low}_{high}", call


def _second_order(options: SecondOrderOptions, rows: str) -> str:
    """One row for each group; names of columns are those of seeknal 2.x."""
    expressions = []
    for spec in _specs(options.features):
        column = spec.column or spec.name or ""
        quoted = quote_identifier(column)
        found = [(f"{column}_{agg.upper()}", _call(agg, quoted, None)) for agg in spec.agg]
        if isinstance(spec.window, tuple):
            low, high = _pair(spec.window)
            found += [
                (
                    f"{column}_{agg.upper()}_{low}_{high}",
                    f"{_call(agg, quoted, None)} FILTER (WHERE {_days(low, high)})",
                )
                for agg in spec.agg
            ]
        for ratio in spec.ratio:
            found += [_second_ratio(column, quoted, agg, ratio) for agg in ratio.aggs]
        for since in spec.since:
            condition = check_condition(since.condition)
            found += [
                (
                    f"SINCE_{agg.upper()}_{column}_GEO_D",
                    f"{_call(agg, quoted, None)} FILTER (WHERE {condition})",
                )
                for agg in since.aggs
            ]
        expressions += [f"{call} AS {quote_identifier(name)}" for name, call in found]
    inner = f"({rows}\n)"
    if options.feature_date_col and options.application_date_col:
        age = _age(options.feature_date_col, options.application_date_col)
        inner = f'(SELECT *, {age} AS "_days_between" FROM {inner})'
    return _grouped([options.id_col], expressions, inner)


def _ratio(name: str, column: str, agg: str, ratio: Ratio) -> tuple[str, str]:
    (low, high), (first, last) = _pair(ratio.numerator), _pair(ratio.denominator)
    return f"{name}_{agg}_ratio_{low}_{high}_{first}_{last}", _divided(column, agg, ratio)


def _second_ratio(name: str, column: str, agg: str, ratio: Ratio) -> tuple[str, str]:
    (low, high), (first, last) = _pair(ratio.numerator), _pair(ratio.denominator)
    upper = agg.upper()
    return f"{name}_{upper}{low}_{high}_{upper}{first}_{last}", _divided(column, agg, ratio)


def _divided(column: str, agg: str, ratio: Ratio) -> str:
    above, below = (
        f"CAST({_call(agg, column, None)} FILTER (WHERE {_days(*_pair(days))}) AS DOUBLE)"
        for days in (ratio.numerator, ratio.denominator)
    )
    return f"{above} / NULLIF({below}, 0)"


def _specs(features: Features) -> list[FeatureSpec]:
    from attrs import evolve

    if isinstance(features, Mapping):
        return [evolve(spec, name=spec.name or name) for name, spec in features.items()]
    return [evolve(spec, name=spec.name or spec.column) for spec in features]


def _column(spec: FeatureSpec) -> str:
    return quote_identifier(spec.column or spec.name or "")


def _call(agg: str, column: str, time: str | None) -> str:
    name = agg.lower()
    if name == "count_distinct":
        return f"count(DISTINCT {column})"
    if name == "last":
        return f"arg_max({column}, {time})" if time else f"last({column})"
    if name not in FUNCTIONS:
        raise NodeError(
            f"{agg!r} is no aggregate",
            code="SK0732",
            help=f"one of {', '.join(sorted((*FUNCTIONS, 'count_distinct', 'last')))}",
        )
    return f"{FUNCTIONS[name]}({column})"


def _age(date: str, until: str) -> str:
    first, last = quote_identifier(date), quote_identifier(until)
    return f"date_diff('day', CAST({first} AS DATE), CAST({last} AS DATE))"


def _days(low: int, high: int) -> str:
    return f'"_days_between" BETWEEN {int(low)} AND {int(high)}'


def _pair(days: tuple[int, ...]) -> tuple[int, int]:
    if len(days) != 2:
        raise NodeError(
            f"a window of days is two numbers, not {list(days)}", code="SK0733", help="[1, 30]"
        )
    return days[0], days[1]


def _grouped(keys: list[str], expressions: list[str], rows: str) -> str:
    quoted = ", ".join(map(quote_identifier, keys))
    return f"SELECT {', '.join([quoted, *expressions])} FROM {rows} GROUP BY {quoted}"
