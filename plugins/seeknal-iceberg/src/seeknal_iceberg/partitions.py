"""Partitioning: from ``day(order_date)`` to a spec, and from rows to the values of its fields."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import frozen

from seeknal.plugin import (
    DeliveryError,
    RowsRefused,
    column_help,
    did_you_mean,
    quote_identifier,
    value_of,
)
from seeknal_iceberg.resolving import constants_of
from seeknal_iceberg.types import cast_to_schema

if TYPE_CHECKING:
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table import FileScanTask
    from pyiceberg.types import NestedField

    from seeknal.plugin import (
        Relation,
    )
    from seeknal_iceberg.resolving import Fields
    from seeknal_iceberg.workbench import Workbench


_FORM = re.compile(
    r"\s*(?:(\w+)\s*\(\s*(?:(\d+)\s*,\s*)?([^(),]+?)(?:\s*,\s*(\d+))?\s*\)|(\S+))\s*"
)
_LARGEST = (1 << 31) - 1
_WORDS = ("identity", "year", "month", "day", "hour", "bucket", "truncate")


def spec_of(partition_by: Sequence[str], schema: Schema) -> PartitionSpec:
    """The spec; raises DeliveryError that names a column or a transform that is not there."""
    from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
    from pyiceberg.transforms import parse_transform

    fields: list[PartitionField] = []
    for number, text in enumerate(partition_by):
        word, width, column = column_of(text, [field.name for field in schema.fields])
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


def column_of(text: str, names: Sequence[str]) -> tuple[str, int | None, str]:
    """The transform, its width and its column; raises DeliveryError for one that is not there."""
    word, width, column = _parsed(text)
    if column not in names:
        raise DeliveryError(
            f"partition_by: there is no column {column!r}",
            code="SK1421",
            help=column_help(column, names),
        )
    return word, width, column


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
    return word, _number(word, width) if width else None, match[3].strip().strip('"')


def _number(word: str, written: str) -> int:
    """How many buckets, or how long what is kept; Iceberg holds it in 32 bits."""
    digits = written.lstrip("0")
    if not digits or len(digits) > len(str(_LARGEST)) or int(digits) > _LARGEST:
        raise DeliveryError(
            f"partition_by: {word} takes a whole number from 1 to {_LARGEST:,}, not {written[:20]}",
            code="SK1422",
            help=f"as in {word}(16, column)",
        )
    return int(digits)


@frozen(kw_only=True)
class Partitioned:
    """Rows with the number of their partition, and each number's values.

    ``source`` stands after FROM; its column ``seeknal_part`` is the number.
    """

    source: str
    values: tuple[tuple[object, ...], ...]


NUMBER = "seeknal_part"


def partitioned(
    spec: PartitionSpec,
    schema: Schema,
    rows: str,
    context: Workbench,
    private: Collection[str] = (),
) -> Partitioned | None:
    """None for a table without partitions.

    A column's values are transformed once each by the reference implementation: how DuckDB would
    compute a hash or a month plays no part. Memory grows with the number of distinct values.
    """
    if not spec.fields:
        return None
    duck = context.duckdb
    places = [
        _place(number, field, schema.find_field(field.source_id), rows, context, private)
        for number, field in enumerate(spec.fields)
    ]
    joined = f"(FROM {rows}) AS r {' '.join(place.join for place in places)}"
    parts = ", ".join(f"{place.value} AS p{number}" for number, place in enumerate(places))
    duck.execute(
        "CREATE OR REPLACE TEMPORARY TABLE seeknal_partitions AS"
        f" SELECT CAST(row_number() OVER () - 1 AS BIGINT) AS {NUMBER}, *"
        f" FROM (SELECT DISTINCT {parts} FROM {joined})"
    )
    told = ", ".join(place.told.format(f"p{number}") for number, place in enumerate(places))
    found = duck.execute(f"SELECT {told} FROM seeknal_partitions ORDER BY {NUMBER}").fetchall()
    same = " AND ".join(
        f"n.p{number} IS NOT DISTINCT FROM {place.value}" for number, place in enumerate(places)
    )
    return Partitioned(
        source=f"(SELECT r.*, n.{NUMBER} FROM {joined} JOIN seeknal_partitions AS n ON {same})",
        values=tuple(_represented(spec, schema, row) for row in found),
    )


def check_partitions(
    spec: PartitionSpec,
    schema: Schema,
    relation: Relation,
    context: Workbench,
    private: Collection[str] = (),
) -> None:
    """Raises DeliveryError for rows whose partition cannot be told, before a table is made."""
    rows = f"(SELECT {cast_to_schema(schema, relation.names)} FROM {relation.scan})"
    for number, field in enumerate(spec.fields):
        if str(schema.find_field(field.source_id).field_type) in (*_DAYS, "double"):
            _place(number, field, schema.find_field(field.source_id), rows, context, private)


def check_parts_are_exact(
    tasks: Iterable[FileScanTask], fields: Fields, private: Collection[str] = ()
) -> None:
    """Raises DeliveryError where other engines made partitions of doubles that are no floats.

    PyIceberg 0.12 reads them as floats: it would take one partition for another, and write the
    wrong value into manifests that it writes again.
    """
    from pyiceberg.conversions import from_bytes
    from pyiceberg.types import DoubleType

    for task in tasks:
        bounds = task.file.lower_bounds or {}
        for id, value in constants_of(fields, task.file).items():
            if not isinstance(fields.table.find_type(id), DoubleType) or id not in bounds:
                continue
            stored: Any = from_bytes(DoubleType(), bounds[id])
            if stored != value and not math.isnan(stored):
                name = str(fields.table.find_column_name(id))
                exact, read = (value_of(name, one, private) for one in (stored, value))
                raise DeliveryError(
                    f"the table has partitions of {name!r}, a double,"
                    f" such as {exact}, which PyIceberg reads as {read}",
                    code="SK1187",
                    help="let another engine write this table, or partition it by another column",
                )


def partitions_of(
    spec: PartitionSpec,
    schema: Schema,
    rows: str,
    context: Workbench,
    private: Collection[str] = (),
) -> set[tuple[object, ...]]:
    """The partitions that rows fall into, as `partition_key` tells them apart."""
    found = partitioned(spec, schema, rows, context, private)
    return {partition_key(values) for values in found.values} if found else set()


def partition_key(values: Iterable[object]) -> tuple[object, ...]:
    """Equal for partitions that SQL takes for one: NaN is NaN, and -0.0 is 0.0."""
    return tuple(_key(value) for value in values)


NAN = "NaN"
"""Stands for it in a key: it is not equal to itself."""


def _key(value: object) -> object:
    if isinstance(value, float) and math.isnan(value):
        return NAN
    return value.bytes if isinstance(value, UUID) else value


@frozen(kw_only=True)
class _Place:
    """Where a partition field's value stands: after ``join``, as ``value``.

    ``told`` makes of it what Python can hold: DuckDB gives text for years beyond 9999.
    """

    value: str
    told: str = "{}"
    join: str = ""


_TOLD = {
    "date": "{} - DATE '1970-01-01'",
    "time": "epoch_us({})",
    "timestamp": "epoch_us({})",
    "timestamptz": "epoch_us({})",
}


def _place(
    number: int,
    field: PartitionField,
    source: NestedField,
    rows: str,
    context: Workbench,
    private: Collection[str],
) -> _Place:
    from pyiceberg.transforms import IdentityTransform, VoidTransform

    column = f"r.{quote_identifier(source.name)}"
    kind = str(source.field_type)
    if isinstance(field.transform, VoidTransform):
        return _Place(value="NULL")
    if kind in _DAYS and str(field.transform) in ("identity", "day", "hour"):
        query = f"(SELECT {quote_identifier(source.name)} AS v FROM {rows})"
        _check_told(query, _beyond(kind), field, source, context, private)
    if kind == "double" and isinstance(field.transform, IdentityTransform):
        query = f"(SELECT {quote_identifier(source.name)} AS v FROM {rows})"
        # PyIceberg 0.12 reads them from manifests with the precision of a float.
        narrow = "v IS DISTINCT FROM CAST(TRY_CAST(v AS FLOAT) AS DOUBLE)"
        _check_told(query, narrow, field, source, context, private)
    if isinstance(field.transform, IdentityTransform):
        # As text, 0.0 and -0.0 are two: a reader may take the value of all rows from here.
        value = f"CAST({column} AS VARCHAR)" if kind in ("float", "double") else column
        return _Place(value=value, told=_TOLD.get(kind, "{}"))
    view = f"seeknal_transform_{number}"
    context.duckdb.register(view, _transformed(field, source, rows, context))
    # The reference makes NULL of years beyond 262142.
    _check_told(view, "p IS NULL", field, source, context, private)
    truncates = str(field.transform).startswith("truncate")
    return _Place(
        value=f"t{number}.p",
        told=_TOLD.get(kind, "{}") if truncates else "{}",
        join=f"LEFT JOIN {view} AS t{number} ON {column} = t{number}.v",
    )


def _transformed(field: PartitionField, source: NestedField, rows: str, context: Workbench) -> Any:
    """An Arrow table of a column's values ``v`` and what the transform makes of them, ``p``."""
    import pyarrow

    column = quote_identifier(source.name)
    query = f"SELECT DISTINCT {column} AS v FROM {rows} WHERE {column} IS NOT NULL"
    values = context.duckdb.sql(query).to_arrow_table()["v"].combine_chunks()
    taken = values
    if str(source.field_type) == "uuid":
        # DuckDB gives them as text, of which the reference would make other hashes.
        taken = pyarrow.array(
            [UUID(str(text)).bytes for text in values.to_pylist()], pyarrow.uuid()
        )
    made = field.transform.pyarrow_transform(source.field_type)(taken)
    return pyarrow.table({"v": values, "p": made})


_DAYS = ("date", "timestamp", "timestamptz")


def _beyond(kind: str) -> str:
    """Of days that PyIceberg cannot write into a snapshot's summary: Python has no such years."""
    type, zone = ("TIMESTAMPTZ", "+00") if kind == "timestamptz" else ("TIMESTAMP", "")
    return f"v < {type} '0001-01-01 00:00:00{zone}' OR v >= {type} '10000-01-01 00:00:00{zone}'"


def _check_told(
    values: str,
    test: str,
    field: PartitionField,
    source: NestedField,
    context: Workbench,
    private: Collection[str],
) -> None:
    """Raises DeliveryError for values ``v`` whose partition cannot be told."""
    query = f"SELECT CAST(v AS VARCHAR), count(*) OVER () FROM {values} WHERE {test} LIMIT 1"
    for value, count in context.duckdb.execute(query).fetchall():
        raise RowsRefused(
            f"column {source.name!r}: no partition by {field.transform} can be told for {count:,}"
            f" of its values, such as {value_of(source.name, value, private)}",
            code="SK1187",
            help="filter them in the node's SQL, or partition the table by another column",
        )


def _represented(spec: PartitionSpec, schema: Schema, values: Sequence[Any]) -> tuple[object, ...]:
    """Values as manifests hold them: dates in days, times in microseconds."""
    return tuple(
        _one_represented(str(schema.find_field(field.source_id).field_type), value)
        for field, value in zip(spec.fields, values, strict=True)
    )


def _one_represented(kind: str, value: Any) -> object:
    if isinstance(value, UUID):
        return value.bytes
    return float(value) if kind in ("float", "double") and value is not None else value
