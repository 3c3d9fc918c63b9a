"""What aggregations say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any

from attrs import frozen

from seeknal.builtin.aggregates import aggregate_names, canonical_name, is_aggregate
from seeknal.plugin import Duration, did_you_mean, option


def _known(instance: object, attribute: Any, value: Sequence[str]) -> None:
    for agg in value:
        if not is_aggregate(agg):
            known = aggregate_names()
            help = did_you_mean(agg, known) or f"one of {', '.join(known)}"
            raise ValueError(f"{agg!r} is no aggregate ({help})")


def _aggregates(default: tuple[str, ...], aliases: tuple[str, ...] = ()) -> Any:
    return option(default, aliases=aliases, summary=", ".join(aggregate_names()), validator=_known)


def _days(instance: object, attribute: Any, value: tuple[int, ...] | None) -> None:
    if value is not None and (len(value) != 2 or value[0] > value[1]):
        raise ValueError(f"{attribute.name} is two numbers of days, the smaller first: [1, 30]")


def _durations(instance: object, attribute: Any, value: Iterable[str]) -> None:
    for period in value:
        Duration.parse(period)


def _window(instance: object, attribute: Any, value: Window | None) -> None:
    if isinstance(value, tuple):
        _days(instance, attribute, value)
    elif isinstance(value, str):
        Duration.parse(value)


_LONGEST = {"month": 31, "quarter": 92, "year": 366}
"""Days."""

Window = str | int | tuple[int, ...]
"""``7d``, a number of days, or days back from the application date: ``[from, to]``."""


@frozen(kw_only=True)
class Rolling:
    """Aggregates over one window."""

    window: Window = option(summary="7d, or days [from, to]", validator=_window)
    aggs: tuple[str, ...] = _aggregates(("sum",), ("agg", "functions"))


@frozen(kw_only=True)
class Ratio:
    """One window's aggregate divided by another's."""

    numerator: tuple[int, ...] = option(summary="days [from, to]", validator=_days)
    denominator: tuple[int, ...] = option(summary="days [from, to]", validator=_days)
    aggs: tuple[str, ...] = _aggregates(("sum",), ("agg", "functions"))


@frozen(kw_only=True)
class Since:
    """Aggregates of the rows for which a condition holds, never after the application date."""

    condition: str | None = option(None, summary="absent: every row up to the application date")
    aggs: tuple[str, ...] = _aggregates(("count",), ("agg", "functions"))


@frozen(kw_only=True)
class FeatureSpec:
    """How one feature is aggregated."""

    name: str | None = option(None, summary="the feature, where the features are a list")
    column: str | None = option(None, aliases=("source_feature",), summary="its own name if absent")
    agg: tuple[str, ...] = _aggregates((), ("aggs", "basic", "functions"))
    window: Window | None = option(None, summary="7d, or days [from, to]", validator=_window)
    windows: tuple[str, ...] = option((), summary="several windows", validator=_durations)
    rolling: Rolling | tuple[Rolling, ...] = option((), summary="aggregates over one window")
    ratio: Ratio | tuple[Ratio, ...] = option(
        (), summary="one window's aggregate divided by another's"
    )
    since: Since | tuple[Since, ...] = option(
        (), summary="aggregates of the rows for which a condition holds"
    )
    description: str | None = option(None, functional=False, summary="what it means, for people")


@frozen(kw_only=True)
class SecondOrderSpec:
    """How one feature is aggregated once more."""

    name: str | None = option(None, summary="the feature, where the features are a list")
    column: str | None = option(None, aliases=("source_feature",), summary="its own name if absent")
    agg: tuple[str, ...] = _aggregates((), ("aggs", "basic", "functions"))
    window: tuple[int, ...] | None = option(None, summary="days [from, to]", validator=_days)
    ratio: Ratio | tuple[Ratio, ...] = option(
        (), summary="one window's aggregate divided by another's"
    )
    since: Since | tuple[Since, ...] = option(
        (), summary="aggregates of the rows for which a condition holds"
    )
    description: str | None = option(None, functional=False, summary="what it means, for people")


Features = Mapping[str, FeatureSpec] | tuple[FeatureSpec, ...]

SecondOrderFeatures = Mapping[str, SecondOrderSpec] | tuple[SecondOrderSpec, ...]


@frozen(kw_only=True)
class AggregationOptions:
    """The keys of an aggregation."""

    entity: str | Mapping[str, object] | None = option(None, summary="what the rows describe")
    group_by: tuple[str, ...] = option((), aliases=("group_keys",), summary="columns of the groups")
    id_col: str | None = option(None, summary="one group column, as seeknal 2.x writes it")
    time_column: str | None = option(
        None, aliases=("event_time", "feature_date_col"), summary="when something happened"
    )
    application_date_col: str | None = option(None, summary="the last date that counts")
    windows: tuple[str, ...] = option(
        (), aliases=("window",), summary="1d, 7d, 30d", validator=_durations
    )
    features: Features = option(summary="name: {column, agg}")
    source: str | None = option(None, summary="the node that is read, instead of inputs")

    def __attrs_post_init__(self) -> None:
        _check_features(self)
        _check_times(self)
        if not self.keys:
            raise ValueError(
                "an aggregation says by which columns it groups: group_by: [customer_id], "
                "or entity: {name: customer, join_keys: [customer_id]}"
            )

    def rows_in_time(self) -> tuple[str, int | None] | None:
        """The column that says when a row is, and how far back it reaches: see `NodeKind`."""
        if self.time_column is None or self.application_date_col is not None:
            return None
        reaches = [seconds for spec in specs_of(self.features) for seconds in _reaches(spec, self)]
        return self.time_column, None if None in reaches else max(filter(None, reaches), default=0)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the groups; an entity without join keys means ``<name>_id``."""
        entity: Any = self.entity
        joined: Any = ()
        if isinstance(entity, Mapping):
            joined = entity.get("join_keys") or entity.get("keys") or ()
            entity = entity.get("name")
        named = (self.id_col,) if self.id_col else ()
        keys = (*named, *([joined] if isinstance(joined, str) else joined), *self.group_by)
        return tuple(dict.fromkeys(keys)) or ((f"{entity}_id",) if entity else ())


@frozen(kw_only=True)
class SecondOrderOptions:
    """The keys of a second-order aggregation."""

    id_col: str = option(aliases=("group_by",), summary="column of the groups")
    time_column: str | None = option(
        None, aliases=("feature_date_col",), summary="when something happened"
    )
    application_date_col: str | None = option(None, summary="the last date that counts")
    features: SecondOrderFeatures = option(summary="name: {basic, window, ratio, since}")
    source: str | None = option(None, summary="the node that is read, instead of inputs")

    def __attrs_post_init__(self) -> None:
        _check_features(self)
        _check_times(self)

    def rows_in_time(self) -> None:
        """Nothing: a row is of all that its group has."""
        return


Options = AggregationOptions | SecondOrderOptions

Spec = FeatureSpec | SecondOrderSpec


def specs_of(features: Features | SecondOrderFeatures) -> list[Any]:
    """The features, each with its name."""
    if isinstance(features, Mapping):
        return [_called(spec, spec.name or name) for name, spec in features.items()]
    return [_called(spec, spec.name or spec.column) for spec in features]


def _reaches(spec: FeatureSpec, options: AggregationOptions) -> Iterator[int | None]:
    """How many seconds before a row's time each of a feature's columns reaches; None: all."""
    own = (*(() if spec.window is None else (spec.window,)), *spec.windows)
    if spec.agg:
        yield from map(_seconds, own or options.windows or (None,))
    yield from (_seconds(rolling.window) for rolling in several(spec.rolling))
    if several(spec.since) or several(spec.ratio):
        yield None


def _seconds(window: Window | None) -> int | None:
    """The most seconds that a window has; None where its end is not known."""
    if window is None or isinstance(window, tuple):
        return None
    length = Duration(window, "day") if isinstance(window, int) else Duration.parse(window)
    if length.unit in _LONGEST:
        return _LONGEST[length.unit] * length.count * 86400
    return int(length.seconds)


def _called(spec: Spec, name: str | None) -> Spec:
    """``spec`` by that name, without a look at what else it says."""
    found = copy(spec)
    object.__setattr__(found, "name", name)
    return found


def several(value: Any) -> tuple[Any, ...]:
    """What may be written alone or in a list, as a list."""
    return value if isinstance(value, tuple) else (value,)


def _check_features(options: Options) -> None:
    specs = specs_of(options.features)
    if not specs:
        raise ValueError("features is empty")
    for spec in specs:
        if not spec.name:
            raise ValueError("each feature needs its name or column")
        if not any((spec.agg, getattr(spec, "rolling", ()), spec.ratio, spec.since)):
            raise ValueError(f"feature {spec.name!r} has no aggregate: {spec.name}: {{agg: [sum]}}")


def _check_times(options: Options) -> None:
    """What looks back from a date needs to know the date, and the time of each row."""
    for spec in specs_of(options.features):
        for what, dated in _dated(spec):
            missing = [
                name
                for name in ("time_column", *(("application_date_col",) if dated else ()))
                if getattr(options, name) is None
            ]
            if missing:
                raise ValueError(f"{what} of feature {spec.name!r} needs {' and '.join(missing)}")
    windows = getattr(options, "windows", ())
    if windows and options.time_column is None:
        raise ValueError("windows need time_column")
    if options.application_date_col is not None:
        _check_whole_days(
            [*windows, *(w for spec in specs_of(options.features) for w in _own(spec))]
        )


def _check_whole_days(windows: Iterable[object]) -> None:
    for window in windows:
        if isinstance(window, str) and Duration.parse(window).unit in ("second", "minute", "hour"):
            raise ValueError(
                f"windows that end on application_date_col are whole days, not {window}"
            )


def _own(spec: Spec) -> list[object]:
    """The windows that a feature names itself."""
    rolling = [entry.window for entry in several(getattr(spec, "rolling", ()))]
    return [spec.window, *getattr(spec, "windows", ()), *rolling]


def _dated(spec: Spec) -> Iterator[tuple[str, bool]]:
    """What of a feature needs times; and whether it looks back from an application date."""
    for rolling in several(getattr(spec, "rolling", ())):
        yield "rolling", isinstance(rolling.window, tuple)
    if spec.window is not None:
        yield "window", isinstance(spec.window, tuple)
    if getattr(spec, "windows", ()):
        yield "windows", False
    if several(spec.ratio):
        yield "ratio", True
    if any(since.condition is None for since in several(spec.since)):
        yield "since without a condition", True
    if "last" in _aggs(spec):
        yield "last", False


def _aggs(spec: Spec) -> set[str]:
    parts = [*several(getattr(spec, "rolling", ())), *several(spec.ratio), *several(spec.since)]
    written = [*spec.agg, *(agg for part in parts for agg in part.aggs)]
    return set(map(canonical_name, written))
