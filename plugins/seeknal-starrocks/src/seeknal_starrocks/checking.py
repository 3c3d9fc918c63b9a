"""What is wrong with a project's StarRocks targets and can be seen without a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import Misfit, NodeError, Problem, RowsRefused, batch_misfits, column_help
from seeknal_starrocks.delivering import refuse_table
from seeknal_starrocks.isolating import LEDGER
from seeknal_starrocks.making import partition_columns
from seeknal_starrocks.options import StarRocks, StarRocksTarget
from seeknal_starrocks.tablename import Table, table_of
from seeknal_starrocks.writetypes import writing_of

if TYPE_CHECKING:
    from seeknal.plugin import Column, Project, Target


_OF_TIME = ("DATE", "TIMESTAMP")


def check_target(target: Target, connection: object) -> None:
    """Raises NodeError for a table that nothing may be delivered to."""
    assert isinstance(target.options, StarRocksTarget)
    known = connection if isinstance(connection, StarRocks) else StarRocks()
    written = target.options.table or target.node.name
    if "." not in written and known.database is None:
        # The connection's URL may have it, which is looked at where it is used.
        return
    table = table_of(written, known.database)
    ledger = Table(database=known.delivery_database, name=LEDGER)
    refuse_table(table, ledger, target.mode)


def problems_of(project: Project) -> Iterable[Problem]:
    for node in project.nodes.values():
        for target in node.targets:
            if isinstance(target.options, StarRocksTarget):
                yield from _of_target(target, target.options)


def _of_target(target: Target, options: StarRocksTarget) -> Iterator[Problem]:
    if target.connection is None:
        yield _wrong(target, "SK1950", "it does not say in which StarRocks", "connection: NAME")
    if target.mode == "upsert_by_key" and not options.unique_keys:
        yield _wrong(target, "SK1954", "upsert_by_key needs unique_keys", "unique_keys: [order_id]")
    if target.mode == "upsert_by_key":
        yield from _twice(target, "SK1954", "unique_keys", options.unique_keys)
    if target.mode == "incremental_by_time" and not options.time_column:
        yield _wrong(
            target, "SK1955", "incremental_by_time needs a time_column", "time_column: order_date"
        )
    if options.buckets is not None and options.buckets < 1:
        yield _wrong(target, "SK1944", "buckets: is less than 1", "leave it out: StarRocks decides")
    try:
        named = {**_named("distributed_by", options), **_named("partition_by", options)}
    except NodeError as error:
        yield _wrong(target, error.code, error.message, error.help or "")
        return
    yield from _twice(target, "SK1944", "distributed_by", options.distributed_by)
    yield from _twice(target, "SK1944", "partition_by", partition_columns(options.partition_by))
    if target.mode == "upsert_by_key" and options.unique_keys:
        yield from _beside_keys(target, options, named)


def _twice(target: Target, code: str, key: str, names: Sequence[str]) -> Iterator[Problem]:
    """A column is named once, whatever its capitals."""
    small = [name.lower() for name in names]
    for name in {name: None for at, name in enumerate(small) if name in small[:at]}:
        yield _wrong(target, code, f"{key} names {name} twice", "keep one of them")


def _named(key: str, options: StarRocksTarget) -> dict[str, str]:
    """Columns that an option names, each with its key. Raises NodeError."""
    if key == "distributed_by":
        return dict.fromkeys(options.distributed_by, key)
    return dict.fromkeys(partition_columns(options.partition_by), key)


def _beside_keys(
    target: Target, options: StarRocksTarget, named: dict[str, str]
) -> Iterator[Problem]:
    """A primary key table is spread and partitioned by its keys alone."""
    keys = {key.lower() for key in options.unique_keys}
    for name, key in named.items():
        if name.lower() not in keys:
            yield _wrong(
                target,
                "SK1944",
                f"{key} names {name}, which is none of unique_keys",
                "a primary key table is spread and partitioned by columns of its key",
            )


def _wrong(target: Target, code: str, message: str, help: str) -> Problem:
    return Problem(
        code=code, message=message, location=target.location, help=help, node=target.node
    )


def misfits_of(
    target: Target, options: StarRocksTarget, columns: Sequence[Column]
) -> Iterator[Misfit]:
    """What a delivery would say of keys, times and the columns that spread its rows."""
    yield from batch_misfits(
        columns,
        keys=options.unique_keys,
        time=options.time_column,
        ordered=target.mode == "incremental_by_time",
    )
    names = {column.name.lower() for column in columns}
    try:
        named = {**_named("distributed_by", options), **_named("partition_by", options)}
    except NodeError:
        return
    for name, key in named.items():
        if name.lower() not in names:
            yield Misfit(
                code="SK1944",
                message=f"there is no column {name!r}, which {key} names",
                help=column_help(name, [column.name for column in columns]),
                key=key,
                word=name,
            )
    yield from _partition_types(options, columns)
    if target.mode == "upsert_by_key":
        yield from _key_types(options, columns)


def _partition_types(options: StarRocksTarget, columns: Sequence[Column]) -> Iterator[Misfit]:
    """Only a date or a moment is truncated."""
    if not any("(" in written for written in options.partition_by):
        return
    named = {name.lower() for name in partition_columns(options.partition_by)}
    for column in columns:
        if column.name.lower() in named and column.type and not column.type.startswith(_OF_TIME):
            yield Misfit(
                code="SK1944",
                message=f"{column.name}, which partition_by truncates, is {column.type}",
                help="truncate a DATE or a TIMESTAMP, or name the column alone",
                key="partition_by",
                word=column.name,
            )


def _key_types(options: StarRocksTarget, columns: Sequence[Column]) -> Iterator[Misfit]:
    for column in columns:
        if column.name not in options.unique_keys or not column.type:
            continue
        try:
            fits = writing_of(column).may_be_key
        except RowsRefused:
            fits = False
        if not fits:
            yield Misfit(
                code="SK1953",
                message=f"unique_keys names {column.name!r}, which is {column.type}:"
                " no primary key has such a column",
                help="cast it in the node's SQL to BIGINT, DATE, TIMESTAMP or VARCHAR",
                key="unique_keys",
                word=column.name,
            )
