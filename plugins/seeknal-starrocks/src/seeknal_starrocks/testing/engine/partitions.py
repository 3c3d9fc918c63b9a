"""By what a materialized view may be partitioned: by how its base table is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal_starrocks.testing.engine.origins import origin_of
from seeknal_starrocks.testing.refusing import analysis

if TYPE_CHECKING:
    from seeknal_starrocks.testing.ddl.statements import CreateView, Partition
    from seeknal_starrocks.testing.engine.queries import Session
    from seeknal_starrocks.testing.engine.things import Column, Table
    from seeknal_starrocks.testing.engine.world import World

_FUNCTIONS = ("date_trunc", "str2date")
_UNITS = ("minute", "hour", "day", "month", "year")
"""Of date_trunc; the code takes week as well, which the documentation does not name."""
_TIMED = ("year", "month", "day", "hour")
_DATE_FORMAT = re.compile("%Y.*%m.*%d")
_TRANSFORM = re.compile(r"(\w+)\((?:\d+, *)?(\w+)\)")
_NOT_OF_BASE = (
    "Materialized view partition column in partition exp must be base table partition column"
)


@frozen(kw_only=True)
class Partitioned:
    by_list: bool


def check_partitions(
    world: World, session: Session, view: CreateView, tree: Any, columns: tuple[Column, ...]
) -> Partitioned | None:
    """None for a view that is not partitioned. Raises Refused."""
    if not view.partition_by:
        return None
    if len(view.partition_by) > 1:
        _check_several(world, view.partition_by)
    kinds = []
    for partition in view.partition_by:
        _check_function(partition, columns)
        kinds.append(_check_base(world, session, partition, tree))
        _check_windows(partition, tree)
    return Partitioned(by_list=len(kinds) > 1 or "list" in kinds)


def _check_several(world: World, partitions: tuple[Partition, ...]) -> None:
    if world.version < (3, 5):
        raise analysis("Materialized view with range partition type only supports single column")
    if any(partition.function not in (None, "date_trunc") for partition in partitions):
        raise analysis("Materialized view with several partition columns only supports columns")


def _check_function(partition: Partition, columns: tuple[Column, ...]) -> None:
    column = next((c for c in columns if c.name.lower() == partition.column.lower()), None)
    if column is None:
        raise analysis(
            f"Materialized view partition exp column:{partition.column}"
            " is not found in query statement"
        )
    if partition.function is None:
        return
    if partition.function not in _FUNCTIONS:
        raise analysis(
            f"Materialized view partition function {partition.function} is not supported yet"
        )
    if not _fits(partition, column):
        raise analysis(
            f"Materialized view partition function {partition.function}"
            f" check failed: {partition.written}"
        )


def _fits(partition: Partition, column: Column) -> bool:
    if partition.function == "date_trunc" and partition.unit not in _UNITS:
        return False
    if "str2date" in (partition.function, partition.inner):
        is_text = column.type.startswith(("varchar", "char", "string"))
        return is_text and bool(_DATE_FORMAT.search(partition.format or ""))
    return partition.inner in (None, "time_slice") and column.type in ("date", "datetime")


def _check_base(world: World, session: Session, partition: Partition, tree: Any) -> str:
    """Whether the view's partitions are ranges or lists of values."""
    origin = origin_of(world, session, tree, partition.column)
    if origin is None:
        raise analysis("Materialized view partition function must related with column")
    place, name, _ = origin
    table = world.table(place)
    if table.kind == "EXTERNAL":
        return _check_iceberg(table, place[2], partition, name)
    if name.lower() not in {_column_of(written).lower() for written in table.partitioned_by}:
        raise analysis(_NOT_OF_BASE)
    return "range"


def _column_of(written: str) -> str:
    match = _TRANSFORM.fullmatch(written) or re.fullmatch(r"(\w+)\(.*?, *`?(\w+)`?.*\)", written)
    return match[2] if match else written.strip("`")


def _check_iceberg(table: Table, shown: str, partition: Partition, name: str) -> str:
    if table.evolved:
        raise analysis(
            f"Do not support create materialized view when base iceberg table {shown}"
            " has done partition evolution"
        )
    for written in table.partitioned_by:
        match = _TRANSFORM.fullmatch(written)
        transform, column = (match[1], match[2]) if match else ("identity", written)
        if column.lower() != name.lower():
            continue
        if transform in _TIMED:
            truncated = (partition.function, partition.unit, partition.inner)
            if truncated != ("date_trunc", transform, None):
                raise analysis(
                    f"Materialized view partition expr {partition.written} must be the same with"
                    f" base table partition transform {transform.upper()}, please use"
                    " date_trunc(<transform>, <partition_colum_name>) instead"
                )
            return "list"
        if transform != "identity":
            raise analysis(
                "Do not support create materialized view when base iceberg table"
                f" partition transform is: {transform.upper()}"
            )
        return "range"
    raise analysis(_NOT_OF_BASE)


def _check_windows(partition: Partition, tree: Any) -> None:
    from sqlglot import exp

    for window in tree.find_all(exp.Window):
        by = {column.name.lower() for column in window.args.get("partition_by") or ()}
        if partition.column.lower() not in by:
            raise analysis(
                f"window function {window.this.sql('starrocks')}'s partition expressions"
                f" should contain the partition column {partition.column} of materialized view"
            )
