"""The files of a range of time, and of their rows those of the range."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from seeknal.plugin import condition_within, ends_within
from seeknal_iceberg.bounding import literal_of
from seeknal_iceberg.filtering import Filter
from seeknal_iceberg.types import duckdb_type

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.types import NestedField

    from seeknal.plugin import Within
    from seeknal_iceberg.workbench import Workbench

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def filter_within(
    within: Within,
    schema: Schema,
    metadata: TableMetadata,
    declared: Mapping[str, str],
    context: Workbench,
) -> Filter | None:
    """The range over columns of ``schema``, which the current one may call otherwise.

    None where all rows are to be given: see `seeknal.plugin.ends_within`.
    """
    field = _field(within.column, schema)
    if field is None:
        return None
    type = str(duckdb_type(field.field_type))
    given = str(context.duckdb.type(declared[field.name])) if field.name in declared else None
    ends = ends_within(within, type, given)
    sql = condition_within(within, field.name, type, given)
    if ends is None or sql is None:
        return None
    name = metadata.schema().find_column_name(field.field_id)
    kind = str(field.field_type)
    return Filter(sql=sql, pruning=_pruning(name, kind, ends), columns=frozenset((field.name,)))


def _field(name: str, schema: Schema) -> NestedField | None:
    fields = [field for field in schema.fields if field.field_type.is_primitive]
    return next((field for field in fields if field.name.lower() == name.lower()), None)


def _pruning(name: str | None, kind: str, ends: tuple[date, date]) -> Any:
    from pyiceberg import expressions

    made: Any = expressions
    if name is None:
        return made.AlwaysTrue()
    start, end = (literal_of(kind, _number(end)) for end in ends)
    # To PyIceberg, months and years end where Python's do: infinite ones lie beyond.
    first, last = (literal_of(kind, _number(_as_of(end, ends[0]))) for end in _PYTHONS)
    inside = made.And(made.GreaterThanOrEqual(name, start), made.LessThan(name, end))
    beyond = made.Or(made.LessThanOrEqual(name, first), made.GreaterThanOrEqual(name, last))
    return made.Or(made.Or(inside, made.IsNull(name)), beyond)


_PYTHONS = (datetime.min, datetime.max)


def _as_of(moment: datetime, like: date) -> date:
    return moment if isinstance(like, datetime) else moment.date()


def _number(value: date) -> int:
    """Days or microseconds since 1970, as a table's metadata holds them."""
    if not isinstance(value, datetime):
        return (value - _EPOCH.date()).days
    return ((value if value.tzinfo else value.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND
