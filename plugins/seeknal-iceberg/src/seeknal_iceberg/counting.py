"""What a rewrite has to keep: its rows, and in each column as many values that are not NULL.

What was there is told by the manifests of the files that go, which whoever wrote them counted;
what is there now by the files that come. Neither looks at how fields were found in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import DeliveryError, quote_identifier
from seeknal_iceberg.files import Workbench

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType


@frozen(kw_only=True)
class Leaf:
    """A column without columns within: ``count`` is SQL for how many values one row has there."""

    id: int
    name: str
    count: str


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
        yield Leaf(id=leaf.id, name=leaf.name, count=total)


def check_kept(
    gone: Sequence[DataFile],
    removed: Sequence[str],
    written: Sequence[DataFile],
    schema: Schema,
    context: Workbench,
) -> None:
    """Raises DeliveryError unless ``written`` holds all of ``gone`` but for the rows ``removed``.

    Each of ``removed`` stands after FROM and has the columns of ``schema``.
    """
    found = leaves(schema)
    less = [0] * (len(found) + 1)
    counts = "".join(f", coalesce(sum({leaf.count}), 0)" for leaf in found)
    for rows in removed:
        [told] = context.duckdb.execute(f"SELECT count(*){counts} FROM {rows}").fetchall()
        less = [one + int(other) for one, other in zip(less, told, strict=True)]
    before = sum(file.record_count for file in gone) - less[0]
    after = sum(file.record_count for file in written)
    if before != after:
        raise _lost("rows", before, after)
    for leaf, taken in zip(found, less[1:], strict=True):
        known, complete = _values(gone, leaf.id)
        after, told_after = _values(written, leaf.id)
        before = known - taken
        # What a file says nothing of may be there or not, and its column may have a default.
        if told_after and (after != before if complete else after < before):
            raise _lost(f"values of {leaf.name}", before, after)


def _values(files: Iterable[DataFile], id: int) -> tuple[int, bool]:
    """How many values files have of a column, and whether all of them say."""
    total, complete = 0, True
    for file in files:
        values = (file.value_counts or {}).get(id)
        nulls = (file.null_value_counts or {}).get(id)
        if values is None or nulls is None:
            complete = False
        else:
            total += values - nulls
    return total, complete


def _lost(what: str, before: int, after: int) -> DeliveryError:
    return DeliveryError(
        f"files were not written again as they were: {before:,} {what} had to stay, and"
        f" {after:,} did; nothing was committed",
        code="SK1183",
        help="the table is as it was; please report this with the output of"
        " `seeknal iceberg validate TABLE`",
    )
