"""What audits of declared keys are given: expressions over the rows of nodes."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from seeknal.plugin import Calendar, option


@frozen(kw_only=True)
class PeriodKeys:
    """How times are cut into periods: what the project's settings say."""

    week_start: Literal[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ] = option("monday", summary="when weeks begin")
    timezone: str | None = option(None, summary="where days begin and end; absent: as they stand")
    fiscal_year_start: int = option(1, summary="the month in which fiscal years begin")

    @classmethod
    def of(cls, calendar: Calendar) -> PeriodKeys:
        return cls(
            week_start=calendar.week_start,
            timezone=calendar.timezone,
            fiscal_year_start=calendar.fiscal_year_start,
        )

    def calendar(self) -> Calendar:
        return Calendar(
            week_start=self.week_start,
            timezone=self.timezone,
            fiscal_year_start=self.fiscal_year_start,
        )


@frozen(kw_only=True)
class PartOfKey:
    """A dimension by which rows are whole: each value has a key of its own."""

    expr: str = option(summary="a column or an expression")
    grain: str | None = option(None, summary="of a time: the period that counts")


@frozen(kw_only=True)
class EntityKey:
    """``entity_key``"""

    entity: str = option(summary="what the key is of, for people")
    expr: str = option(summary="a column or an expression, in DuckDB's SQL")
    grain: str | None = option(None, summary="of a time: the period that is the key")
    partitions: tuple[PartOfKey, ...] = option((), summary="the key is one within each of these")
    start: str | None = option(
        None, summary="since when a row holds: a key may have several, one after the other"
    )
    end: str | None = option(None, summary="until when, exclusive; NULL: still")
    periods: PeriodKeys = option(
        factory=PeriodKeys, summary="how times of partitions are cut into periods"
    )

    def __attrs_post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end go together")


@frozen(kw_only=True)
class KeyOfRows:
    """A key of the rows of a node."""

    node: str = option(summary="the node, as kind.name")
    expr: str = option(summary="a column or an expression, in DuckDB's SQL")
    partitions: tuple[PartOfKey, ...] = option((), summary="what has to be equal as well")


@frozen(kw_only=True)
class EntityReference:
    """``entity_reference``"""

    entity: str = option(summary="what the keys are of, for people")
    refers: KeyOfRows = option(summary="the rows that refer to others")
    to: tuple[KeyOfRows, ...] = option(summary="where each has to be found; in one of these")
    periods: PeriodKeys = option(
        factory=PeriodKeys, summary="how times of partitions are cut into periods"
    )
