"""Partitioning: from ``day(order_date)`` to a spec, and from rows to the values of its fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import DeliveryError, did_you_mean, quote_identifier

if TYPE_CHECKING:
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.typedef import Record
    from pyiceberg.types import NestedField

    from seeknal_iceberg.files import Workbench

_FORM = re.compile(
    r"\s*(?:(\w+)\s*\(\s*(?:(\d+)\s*,\s*)?([^(),]+?)(?:\s*,\s*(\d+))?\s*\)|(\S+))\s*"
)
_WORDS = ("identity", "year", "month", "day", "hour", "bucket", "truncate")


def spec_of(partition_by: Sequence[str], schema: Schema) -> PartitionSpec:
    """The spec; raises DeliveryError that names a column or a transform that is not there."""
    from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
    from pyiceberg.transforms import parse_transform

    fields: list[PartitionField] = []
    for number, text in enumerate(partition_by):
        word, width, column = _parsed(text)
        names = [field.name for field in schema.fields]
        if column not in names:
            raise DeliveryError(
                f"partition_by: there is no column {column!r}",
                code="SK1421",
                help=did_you_mean(column, names) or f"columns: {', '.join(names)}",
            )
        transform = parse_transform(f"{word}[{width}]" if width else word)
        source = schema.find_field(column)
        if not transform.can_transform(source.field_type):
            raise DeliveryError(
                f"partition_by: {word} does not fit {column!r}, which is {source.field_type}",
                code="SK1422",
            )
        name = column if word == "identity" else f"{column}_{word}"
        fields.append(
            PartitionField(
                source_id=source.field_id,
                field_id=PARTITION_FIELD_ID_START + number,
                transform=transform,
                name=name,
            )
        )
    return PartitionSpec(*fields)


def _parsed(text: str) -> tuple[str, int | None, str]:
    match = _FORM.fullmatch(text)
    if match is None:
        raise DeliveryError(
            f"partition_by: {text!r} is not understood",
            code="SK1422",
            help="a column, or day(column), month(column), bucket(16, column), truncate(4, column)",
        )
    if match[5]:
        return "identity", None, match[5].strip('"')
    word = match[1].lower().removesuffix("s")
    width = match[2] or match[4]
    if word not in _WORDS or (word in ("bucket", "truncate")) != (width is not None):
        help = did_you_mean(word, _WORDS) or f"known: {', '.join(_WORDS)}"
        raise DeliveryError(f"partition_by: {text!r} is not understood", code="SK1422", help=help)
    return word, int(width) if width else None, match[3].strip().strip('"')


@frozen(kw_only=True)
class Partitioned:
    """Rows with the number of their partition, and each number's values.

    ``source`` stands after FROM; its column ``seeknal_part`` is the number.
    """

    source: str
    values: tuple[tuple[object, ...], ...]


NUMBER = "seeknal_part"


def partitioned(
    spec: PartitionSpec, schema: Schema, rows: str, context: Workbench
) -> Partitioned | None:
    """None for a table without partitions.

    A column's values are transformed once each by the reference implementation: how DuckDB would
    compute a hash or a month plays no part. Memory grows with the number of distinct values.
    """
    if not spec.fields:
        return None
    duck = context.duckdb
    joins, parts = [], []
    for number, field in enumerate(spec.fields):
        source = schema.find_field(field.source_id)
        view = f"seeknal_transform_{number}"
        duck.register(view, _transformed(field, source, rows, context))
        joins.append(
            f"LEFT JOIN {view} AS t{number} ON r.{quote_identifier(source.name)} = t{number}.v"
        )
        parts.append(f"t{number}.p AS p{number}")
    joined = f"(FROM {rows}) AS r {' '.join(joins)}"
    distinct = f"SELECT DISTINCT {', '.join(parts)} FROM {joined}"
    duck.execute(
        "CREATE OR REPLACE TEMPORARY TABLE seeknal_partitions AS"
        f" SELECT CAST(row_number() OVER () - 1 AS BIGINT) AS {NUMBER}, * FROM ({distinct})"
    )
    found = duck.execute(f"FROM seeknal_partitions ORDER BY {NUMBER}").fetchall()
    same = " AND ".join(
        f"n.p{number} IS NOT DISTINCT FROM t{number}.p" for number in range(len(spec.fields))
    )
    return Partitioned(
        source=f"(SELECT r.*, n.{NUMBER} FROM {joined} JOIN seeknal_partitions AS n ON {same})",
        values=tuple(_represented(spec, schema, row[1:]) for row in found),
    )


def partitions_of(
    spec: PartitionSpec, schema: Schema, rows: str, context: Workbench
) -> set[Record]:
    """The partitions that rows fall into."""
    from pyiceberg.typedef import Record

    found = partitioned(spec, schema, rows, context)
    return {Record(*values) for values in found.values} if found else set()


def _transformed(field: PartitionField, source: NestedField, rows: str, context: Workbench) -> Any:
    """An Arrow table of a column's values ``v`` and what the transform makes of them, ``p``."""
    import pyarrow

    column = quote_identifier(source.name)
    query = f"SELECT DISTINCT {column} AS v FROM {rows} WHERE {column} IS NOT NULL"
    values = context.duckdb.sql(query).to_arrow_table()["v"].combine_chunks()
    made = field.transform.pyarrow_transform(source.field_type)(values)
    return pyarrow.table({"v": values, "p": made})


def _represented(spec: PartitionSpec, schema: Schema, values: Sequence[Any]) -> tuple[object, ...]:
    """Values as manifests hold them: dates in days, times in microseconds."""
    from pyiceberg.partitioning import _to_partition_representation

    types = [
        field.transform.result_type(schema.find_field(field.source_id).field_type)
        for field in spec.fields
    ]
    return tuple(
        _to_partition_representation(type, value) for type, value in zip(types, values, strict=True)
    )
