"""What a rewrite has to keep: its rows, and in each column as many values that are not NULL.

What was there is told by the manifests of the files that go, which whoever wrote them counted;
what is there now by the files that come. Neither looks at how fields were found in between. Of a
file without ids its own footer is asked: which column it means by a name may have changed since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.plugin import DeliveryError, quote_identifier
from seeknal_iceberg.footers import miscounts
from seeknal_iceberg.resolving import has_ids, ids_of

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType

    from seeknal_iceberg.resolving import Fields
    from seeknal_iceberg.scanning import Readable
    from seeknal_iceberg.workbench import Workbench


@frozen(kw_only=True)
class Leaf:
    """A column without columns within: ``count`` is SQL for how many values one row has there."""

    id: int
    name: str
    count: str
    repeated: bool = False


def leaves(schema: Schema) -> list[Leaf]:
    return [
        leaf
        for field in schema.fields
        for leaf in _leaves(
            field.field_id, (field.name,), quote_identifier(field.name), field.field_type
        )
    ]


def _leaves(id: int, path: tuple[str, ...], place: str, type: IcebergType) -> Iterator[Leaf]:
    from pyiceberg import types

    if isinstance(type, types.StructType):
        for field in type.fields:
            inner = f"struct_extract_at({place}, {type.fields.index(field) + 1})"
            yield from _leaves(field.field_id, (*path, field.name), inner, field.field_type)
    elif isinstance(type, types.ListType):
        yield from _repeated(place, type.element_id, (*path, "element"), type.element_type)
    elif isinstance(type, types.MapType):
        yield from _repeated(f"map_keys({place})", type.key_id, (*path, "key"), type.key_type)
        values = f"map_values({place})"
        yield from _repeated(values, type.value_id, (*path, "value"), type.value_type)
    else:
        yield Leaf(id=id, name=".".join(path), count=f"CAST({place} IS NOT NULL AS BIGINT)")


def _repeated(place: str, id: int, path: tuple[str, ...], type: IcebergType) -> Iterator[Leaf]:
    each = f"e{len(path)}"
    for leaf in _leaves(id, path, each, type):
        total = f"coalesce(list_sum(list_transform({place}, lambda {each}: {leaf.count})), 0)"
        yield Leaf(id=leaf.id, name=leaf.name, count=total, repeated=True)


@frozen(kw_only=True)
class Told:
    """What is known of a file: its rows, and how many values it has of columns, by their ids."""

    rows: int
    values: Mapping[int, int]


def check_kept(
    gone: Sequence[Readable],
    removed: Sequence[str],
    written: Sequence[DataFile],
    fields: Fields,
    context: Workbench,
) -> None:
    """Raises DeliveryError unless ``written`` holds all of ``gone`` but for the rows ``removed``.

    Each of ``removed`` stands after FROM and has the columns of ``fields.schema``.
    """
    found = leaves(fields.schema)
    less = [0] * (len(found) + 1)
    counts = "".join(f", coalesce(sum({leaf.count}), 0)" for leaf in found)
    for rows in removed:
        [told] = context.duckdb.execute(f"SELECT count(*){counts} FROM {rows}").fetchall()
        less = [one + int(other) for one, other in zip(less, told, strict=True)]
    old, new = [_told_before(file, fields) for file in gone], [_told(file) for file in written]
    before, after = sum(told.rows for told in old) - less[0], sum(told.rows for told in new)
    if before != after:
        raise _lost("rows", before, after)
    for leaf, taken in zip(found, less[1:], strict=True):
        if not all(leaf.id in told.values for told in new):
            continue
        before = sum(told.values.get(leaf.id, 0) for told in old) - taken
        after = sum(told.values[leaf.id] for told in new)
        # What a file says nothing of may be there or not, and its column may have a default.
        complete = all(leaf.id in told.values for told in old)
        if after != before if complete else after < before:
            raise _lost(f"values of {leaf.name}", before, after)


def _told(file: DataFile) -> Told:
    nulls = file.null_value_counts or {}
    values = {
        id: count - nulls[id] for id, count in (file.value_counts or {}).items() if id in nulls
    }
    return Told(rows=file.record_count, values=values)


def _told_before(file: Readable, fields: Fields) -> Told:
    import pyarrow.parquet as parquet

    metadata = parquet.read_metadata(file.path)
    arrow = parquet.read_schema(file.path)
    there = leaves(ids_of(arrow, fields, file.task.file.file_path))
    if has_ids(arrow):
        told = _told(file.task.file)
    else:
        counts = {leaf.id: _values(metadata, column) for column, leaf in enumerate(there)}
        known = {id: count for id, count in counts.items() if count is not None}
        told = Told(rows=metadata.num_rows, values=known)
    wrong = {leaf.id for leaf in there if leaf.repeated} if miscounts(metadata) else set()
    return evolve(told, values={id: told.values[id] for id in told.values if id not in wrong})


def _values(metadata: Any, column: int) -> int | None:
    """How many values a column of a file has; None where its footer does not say."""
    total = 0
    for number in range(metadata.num_row_groups):
        chunk = metadata.row_group(number).column(column)
        if not chunk.is_stats_set or not chunk.statistics.has_null_count:
            return None
        # num_values of the chunk counts NULL, that of its statistics does not.
        total += chunk.num_values - chunk.statistics.null_count
    return total


def _lost(what: str, before: int, after: int) -> DeliveryError:
    return DeliveryError(
        f"files were not written again as they were: {before:,} {what} had to stay, and"
        f" {after:,} did; nothing was committed",
        code="SK1183",
        help="the table is as it was; please report this with the output of"
        " `seeknal iceberg validate TABLE`",
    )
