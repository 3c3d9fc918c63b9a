"""The keys of semantic models and what they hold: entities, dimensions, measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

from attrs import evolve, frozen

from seeknal.plugin import NodeId, option, quote_identifier

Aggregation = Literal[
    "sum",
    "count",
    "count_distinct",
    "average",
    "avg",
    "min",
    "max",
    "median",
    "percentile",
    "sum_boolean",
]
T = TypeVar("T")
FILTER = "conditions over dimensions and columns, of which all have to be true"


@frozen(kw_only=True)
class FilterKeys:
    """A filter as seeknal 2.x lists it."""

    sql: str = option(summary="the condition")


@frozen(kw_only=True)
class EntityKeys:
    """One entry of ``entities:``."""

    name: str = option(summary="what others join by, the same in every model")
    type: Literal["primary", "unique", "foreign", "natural"] = option(
        "primary",
        summary="primary and unique: one row each; foreign: many; natural: one at a time,"
        " between the dimensions that say validity",
    )
    expr: str | int | None = option(
        None, summary="a column or an expression; absent: the column of that name"
    )
    description: str | None = option(None, summary="what one is", functional=False)
    label: str | None = option(None, summary="its name for people", functional=False)
    audit: Literal["error", "warn", "off", False] | None = option(
        None,
        summary="how bad a key that is not as declared is: absent means warn of foreign ones, error"
        " of all others; off or false: it is not looked at",
        functional=False,
    )


@frozen(kw_only=True)
class DimensionKeys:
    """One entry of ``dimensions:``."""

    name: str = option(summary="what it is called in queries")
    type: Literal["categorical", "time", "string", "number", "boolean"] = option(
        "categorical", summary="time: a date or a moment; the last three are categorical, too"
    )
    expr: str | int | None = option(
        None, summary="a column or an expression; absent: the column of that name"
    )
    time_granularity: str | None = option(
        None, summary="of a time dimension: how fine its values are; absent means day"
    )
    validity: Literal["start", "end"] | None = option(
        None, summary="since when, or until when (exclusive, NULL: still), a row holds"
    )
    partition: bool = option(
        False,
        aliases=("is_partition",),
        summary="the rows are whole for each value: joins compare it as well",
    )
    description: str | None = option(None, summary="what its values mean", functional=False)
    label: str | None = option(None, summary="its name for people", functional=False)


@frozen(kw_only=True)
class NonAdditiveKeys:
    """What ``non_additive_dimension:`` holds."""

    name: str = option(summary="the time dimension over which values do not add up")
    window_choice: Literal["min", "max"] = option(
        "min", summary="which rows count: those of the first or of the last time"
    )
    window_groupings: tuple[str, ...] = option(
        (), summary="entities of which each has a first or last time of its own"
    )


@frozen(kw_only=True)
class MeasureKeys:
    """One entry of ``measures:``."""

    name: str = option(summary="what metrics name it by")
    agg: Aggregation = option("sum", summary="how values become one; avg is average")
    expr: str | int | None = option(
        None, summary="a column or an expression; absent: the column of that name"
    )
    filter: tuple[str | FilterKeys, ...] = option((), aliases=("filters",), summary=FILTER)
    percentile: float | None = option(
        None, summary="of agg: percentile: between 0 and 1, such as 0.99"
    )
    discrete: bool = option(
        False, summary="of agg: percentile: a value that is there; else between two"
    )
    approximate: bool = option(
        False, summary="of agg: percentile: fast and not exact, which has to be asked for"
    )
    agg_time_dimension: str | None = option(
        None, summary="its time, where that is not the model's default_time_dimension"
    )
    non_additive_dimension: NonAdditiveKeys | None = option(
        None, summary="of balances and levels: the time over which values do not add up"
    )
    description: str | None = option(None, summary="what it measures", functional=False)
    label: str | None = option(None, summary="its name for people", functional=False)

    def __attrs_post_init__(self) -> None:
        if self.agg == "percentile" and self.percentile is None:
            raise ValueError("agg: percentile needs percentile, such as 0.99")
        for key in ("percentile", "discrete", "approximate"):
            if self.agg != "percentile" and getattr(self, key) not in (None, False):
                raise ValueError(f"{key} goes with agg: percentile alone")
        if self.percentile is not None and not 0 <= self.percentile <= 1:
            raise ValueError("percentile is a number between 0 and 1")
        if self.discrete and self.approximate:
            raise ValueError("discrete and approximate exclude each other")


def expression_of(entry: EntityKeys | DimensionKeys | MeasureKeys) -> str:
    """What is written as ``expr``, or else the column of that name, whatever word it is."""
    return quote_identifier(entry.name) if entry.expr is None else str(entry.expr)


@frozen(kw_only=True)
class SemanticModelKeys:
    """What a semantic model is about."""

    model: NodeId = option(summary="the node that has its rows")
    default_time_dimension: str | None = option(
        None, summary="the time of measures that name none themselves"
    )
    primary_entity: str | None = option(
        None, summary="what a row is, for a model without a key column, or beside the key's name"
    )
    entities: tuple[EntityKeys, ...] = option((), summary="what rows are joined by")
    dimensions: tuple[DimensionKeys, ...] = option((), summary="what is grouped and filtered by")
    measures: tuple[MeasureKeys, ...] = option((), summary="what metrics are made of")
    metrics: tuple[Mapping[str, object], ...] = option(
        (), summary="metrics that stand with their model: nodes of kind metric, each with its name"
    )
    label: str | None = option(None, summary="its name for people", functional=False)

    def by_column(self) -> dict[str, str]:
        """What measures, and dimensions of which no join and no time is made, mean by themselves.

        Metrics are nodes of their own.
        """
        alone = [each for each in self.dimensions if not _joins_or_times(each)]
        others = [each for each in self.dimensions if _joins_or_times(each)]
        named: list[MeasureKeys | DimensionKeys] = [*self.measures, *alone]
        found = {each.name.lower(): repr(_for_rows(each)) for each in named}
        if len(found) < len(named):
            return {}
        entities = [repr(evolve(_for_rows(each), audit=None)) for each in self.entities]
        keys = (self.model, self.default_time_dimension, self.primary_entity)
        return found | {"": repr((keys, entities, [_for_rows(each) for each in others]))}


def _joins_or_times(dimension: DimensionKeys) -> bool:
    return dimension.type == "time" or dimension.validity is not None or dimension.partition


def _for_rows(entry: T) -> T:
    """Without what only people read."""
    return evolve(entry, description=None, label=None)  # type: ignore[misc]
