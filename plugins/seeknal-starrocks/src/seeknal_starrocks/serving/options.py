"""What an exposure may say of the materialized view that serves it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from seeknal.plugin import NodeError, option
from seeknal_starrocks.serving.partitions import partition_of
from seeknal_starrocks.serving.schedule import schedule_of
from seeknal_starrocks.tablename import table_of


def _is_schedule(instance: object, attribute: object, value: str) -> None:
    schedule_of(value)


def _are_partitions(instance: object, attribute: object, value: tuple[str, ...]) -> None:
    if value != ("none",):
        for text in value:
            partition_of(text)


def _is_number(instance: object, attribute: object, value: int | None) -> None:
    if value is not None and value < 1:
        raise ValueError(f"buckets: {value} is less than one")


def _is_name(instance: object, attribute: object, value: str | None) -> None:
    try:
        found = table_of(value or "view", "database")
    except NodeError:
        raise ValueError(f"view: {value!r} is no view: name, or database.name") from None
    if len(found.name) > _LONGEST_NAME:
        raise ValueError(f"view: the name has more than {_LONGEST_NAME} letters")


_LONGEST_NAME = 40
"""What StarRocks takes of a table's is longer, but not in every release."""


@frozen(kw_only=True)
class Buckets:
    """How rows lie in buckets."""

    hash: tuple[str, ...] = option((), summary="columns whose values say in which; else random")
    buckets: int | None = option(None, validator=_is_number, summary="how many; else as it grows")


@frozen(kw_only=True)
class ViewConfig:
    """``config:`` of a materialized view."""

    distributed_by: tuple[str, ...] | Buckets | None = option(
        None, summary="columns, or {hash: [...], buckets: 8}; else random"
    )
    partition_by: tuple[str, ...] = option(
        (),
        validator=_are_partitions,
        summary="date_trunc('day', at), or a column; else as its Iceberg table is; none: not",
    )
    refresh: str = option(
        "MANUAL",
        validator=_is_schedule,
        summary="ASYNC EVERY(INTERVAL 5 MINUTE) besides each run that brings new rows",
    )
    order_by: tuple[str, ...] = option((), summary="columns by which its rows are sorted")
    properties: Mapping[str, str | int | bool] = option(
        factory=dict, summary="PROPERTIES: partition_ttl, mv_rewrite_staleness_second, ..."
    )


@frozen(kw_only=True)
class StarRocksView:
    """An exposure of type ``starrocks_materialized_view``."""

    view: str | None = option(
        None, role="table", validator=_is_name, summary="database.name; else the exposure's name"
    )
    config: ViewConfig = option(factory=ViewConfig, summary="what the view is like")
