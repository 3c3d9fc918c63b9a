"""What is wrong with a project's Iceberg nodes and can be seen without a catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from seeknal.plugin import (
    DeliveryError,
    Misfit,
    Problem,
    RowsRefused,
    SeeknalError,
    batch_misfits,
)
from seeknal_iceberg.catalogs import table_name
from seeknal_iceberg.options import IcebergTarget
from seeknal_iceberg.partitions import column_of
from seeknal_iceberg.sorting import sorted_by

if TYPE_CHECKING:
    from seeknal.plugin import (
        Column,
        Project,
        Target,
    )


def problems_of(project: Project) -> Iterable[Problem]:
    for node in project.nodes.values():
        for target in node.targets:
            if isinstance(target.options, IcebergTarget):
                yield from _of_target(target, target.options)


def misfits_of(
    target: Target, options: IcebergTarget, columns: Sequence[Column]
) -> Iterator[Misfit]:
    """What a delivery would say of keys, times, partitions and the order of rows."""
    yield from batch_misfits(
        columns,
        keys=options.unique_keys,
        time=options.time_column,
        ordered=target.mode == "incremental_by_time",
    )
    names = [column.name for column in columns]
    for text in options.partition_by:
        try:
            word, _, found = column_of(text, names)
            if word != "identity":
                _check_transform(text, columns[names.index(found)])
        except DeliveryError as error:
            yield _misfit(error, "partition_by", text)
    for text in options.sort_by:
        try:
            sorted_by(text, names)
        except DeliveryError as error:
            yield _misfit(error, "sort_by", text)


def _check_transform(text: str, column: Column) -> None:
    """Raises DeliveryError for a transform that does not fit the column's type, if that is known.

    What is no type of Iceberg at all is told by a delivery.
    """
    if not column.type:
        return
    from seeknal_iceberg.partitions import spec_of
    from seeknal_iceberg.types import schema_of

    with suppress(RowsRefused):
        spec_of([text], schema_of([column]))


def _misfit(error: DeliveryError, key: str, text: str) -> Misfit:
    return Misfit(
        code=error.code, message=error.message, help=error.help, key=key, word=text.strip()
    )


def _of_target(target: Target, options: IcebergTarget) -> Iterator[Problem]:
    if target.mode == "upsert_by_key" and not options.unique_keys:
        text = "upsert_by_key needs unique_keys"
        yield _wrong(target, "SK1445", text, "unique_keys: [order_id]")
    if target.mode == "incremental_by_time" and not options.time_column:
        text = "incremental_by_time needs a time_column"
        yield _wrong(target, "SK1446", text, "time_column: order_date")
    if options.table is not None:
        try:
            table_name(options.table)
        except SeeknalError as error:
            yield _wrong(target, "SK1401", error.message, error.help or "")


def _wrong(target: Target, code: str, message: str, help: str) -> Problem:
    return Problem(
        code=code, message=message, location=target.location, help=help, node=target.node
    )
