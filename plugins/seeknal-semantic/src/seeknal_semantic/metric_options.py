"""The keys of metrics, saved queries and time spines."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from seeknal.plugin import Duration, NodeId, option
from seeknal_semantic.options import FILTER, FilterKeys

OF_TYPE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "simple": (("measure",), ("fill_nulls_with", "join_to_timespine")),
    "ratio": (("numerator", "denominator"), ()),
    "derived": (("expr", "inputs"), ()),
    "cumulative": (
        ("measure",),
        ("window", "grain_to_date", "period_agg", "fill_nulls_with", "join_to_timespine"),
    ),
    "conversion": (
        ("base_measure", "conversion_measure", "entity"),
        ("window", "calculation", "constant_properties"),
    ),
}
"""The keys that metrics of a type need, and those that they may have beside these."""

Filters = tuple[str | FilterKeys, ...]


@frozen(kw_only=True)
class MeasureInputKeys:
    """A measure that a metric takes, with what is said of it there."""

    measure: str = option(aliases=("name",), summary="the measure")
    alias: str | None = option(None, summary="its name in SQL that is shown")
    filter: Filters = option((), aliases=("filters",), summary=FILTER)
    join_to_timespine: bool = option(False, summary="periods without rows are shown as well")
    fill_nulls_with: int | float | None = option(None, summary="what stands where nothing is")


@frozen(kw_only=True)
class OperandKeys:
    """A side of a ratio, with what is said of it there."""

    metric: str | None = option(None, aliases=("name",), summary="a metric, or else a measure")
    measure: str | None = option(None, summary="a measure, where a metric has that name too")
    alias: str | None = option(None, summary="its name in SQL that is shown")
    filter: Filters = option((), aliases=("filters",), summary=FILTER)
    join_to_timespine: bool = option(False, summary="periods without rows are shown as well")
    fill_nulls_with: int | float | None = option(None, summary="what stands where nothing is")

    def __attrs_post_init__(self) -> None:
        if (self.metric is None) == (self.measure is None):
            raise ValueError("write metric or measure, one of them")


@frozen(kw_only=True)
class InputKeys(OperandKeys):
    """One entry of ``inputs:`` of a derived metric."""

    offset: Duration | None = option(None, summary="how much earlier, such as 1 month")
    offset_to_grain: str | None = option(
        None, summary="the value at the begin of the period, such as month"
    )

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.offset is not None and self.offset_to_grain is not None:
            raise ValueError("offset and offset_to_grain exclude each other")
        if self.offset is not None and self.offset.count == 0:
            raise ValueError(f"offset {self.offset} is no offset: leave it out")


@frozen(kw_only=True)
class ConstantPropertyKeys:
    """One entry of ``constant_properties:``."""

    base_property: str = option(summary="a dimension or entity of the base measure's model")
    conversion_property: str = option(summary="what it has to equal in the conversion's")


@frozen(kw_only=True)
class MetricKeys:
    """A number: of a measure, or of other metrics."""

    type: Literal["simple", "ratio", "derived", "cumulative", "conversion"] = option(
        "simple", summary="what it is made of; the other keys belong to one type or several"
    )
    measure: str | MeasureInputKeys | None = option(None, summary="simple, cumulative: the measure")
    numerator: str | OperandKeys | None = option(None, summary="ratio: a metric or a measure")
    denominator: str | OperandKeys | None = option(
        None, summary="ratio: a metric or a measure; where it is 0 the ratio is NULL"
    )
    expr: str | None = option(None, summary="derived: an expression over the inputs' names")
    inputs: tuple[str | InputKeys, ...] = option(
        (), summary="derived: the metrics, or measures, that the expression names"
    )
    window: Duration | None = option(
        None,
        summary="cumulative: how far back; conversion: within which time; absent: all time",
    )
    grain_to_date: str | None = option(
        None, summary="cumulative: since the begin of the period, such as month"
    )
    period_agg: Literal["first", "last", "average"] | None = option(
        None, summary="cumulative: which value a coarser period has; absent means first"
    )
    base_measure: str | MeasureInputKeys | None = option(
        None, summary="conversion: what may convert, such as visits"
    )
    conversion_measure: str | MeasureInputKeys | None = option(
        None, summary="conversion: what it converts to, such as purchases"
    )
    entity: str | None = option(None, summary="conversion: who or what converts")
    calculation: Literal["conversion_rate", "conversions"] | None = option(
        None,
        summary="conversion: the share that converts, 0 where none does, or how many;"
        " absent: the share",
    )
    constant_properties: tuple[ConstantPropertyKeys, ...] = option(
        (), summary="conversion: what has to be the same on both sides"
    )
    filter: Filters = option((), aliases=("filters",), summary=FILTER)
    time_granularity: str | None = option(
        None,
        summary="the grain of a query over time that names none; cumulative: also of the periods"
        " that a window counts, absent: days, or the query's where finer",
    )
    join_to_timespine: bool = option(
        False, summary="simple, cumulative: periods without rows are shown as well"
    )
    fill_nulls_with: int | float | None = option(
        None, summary="simple, cumulative: what stands where nothing is"
    )
    semantic_model: NodeId | None = option(
        None, summary="the model of its measures, where several have measures of that name"
    )
    label: str | None = option(None, summary="its name for people", functional=False)


@frozen(kw_only=True)
class SavedQueryKeys:
    """A query that has a name."""

    metrics: tuple[str, ...] = option((), summary="metrics, or measures")
    dimensions: tuple[str, ...] = option(
        (), aliases=("group_by",), summary="what is grouped by, as in seeknal query"
    )
    filter: Filters = option(
        (),
        aliases=("filters", "where"),
        summary="conditions over dimensions, of which all have to be true",
    )
    order_by: tuple[str, ...] = option(
        (), summary="metrics and dimensions; one that begins with - from the largest on"
    )
    limit: int | None = option(None, summary="how many rows at most; 0 is all")
    start: str | None = option(
        None, summary="the first time that counts, with all of its period where one is shown"
    )
    end: str | None = option(
        None, summary="the last time that counts, with all of its period where one is shown"
    )
    timezone: str | None = option(None, summary="where days begin and end; else the project's")
    label: str | None = option(None, summary="its name for people", functional=False)

    def __attrs_post_init__(self) -> None:
        if not self.metrics and not self.dimensions:
            raise ValueError("a saved query needs metrics, dimensions or both")
        if self.limit is not None and self.limit < 0:
            raise ValueError("limit is at least 0")


@frozen(kw_only=True)
class CustomGrainKeys:
    """One entry of ``custom_granularities:``."""

    name: str = option(summary="what queries call it")
    column: str | None = option(None, summary="its column, when it has another name")
    description: str | None = option(None, summary="what it is", functional=False)


@frozen(kw_only=True)
class TimeSpineKeys:
    """Every day, or every other period, once."""

    model: NodeId = option(summary="the node that has its rows")
    column: str = option(summary="the column of the periods")
    time_granularity: str = option("day", summary="how long one is")
    custom_granularities: tuple[CustomGrainKeys, ...] = option(
        (), summary="further columns to group time by, such as fiscal periods or seasons"
    )
