"""By what a view is partitioned: as the table is that its rows are from, or it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_starrocks.connecting import quoted

if TYPE_CHECKING:
    from seeknal_starrocks.serving.bases import Base, Origin

UNITS = ("minute", "hour", "day", "month", "year")
"""Of date_trunc. StarRocks' code takes week as well, which its documentation does not name."""
TIMED = ("year", "month", "day", "hour")
"""Iceberg's transforms that a view is partitioned by with date_trunc of the same unit."""
_NAME = r"(?:`(?P<{0}q>[^`]+)`|(?P<{0}>[A-Za-z_]\w*))"
_TEXT = r"""(?:'(?P<{0}s>[^']*)'|"(?P<{0}d>[^"]*)")"""
_PLAIN = re.compile(_NAME.format("column"))
_TO_DATE = re.compile(
    rf"str2date\s*\(\s*{_NAME.format('column')}\s*,\s*{_TEXT.format('format')}\s*\)", re.IGNORECASE
)
_TRUNC = re.compile(
    rf"date_trunc\s*\(\s*{_TEXT.format('unit')}\s*,\s*(?P<inner>.+?)\s*\)", re.IGNORECASE
)
_DATE_FORMAT = re.compile("%Y.*%m.*%d")


@frozen(kw_only=True)
class Transform:
    """A field of a table's partitions: ``day(at)``; ``identity`` for a column as it is."""

    name: str
    column: str


@frozen(kw_only=True)
class Partition:
    """A column, or functions around it: ``unit`` of date_trunc, ``format`` of str2date."""

    column: str
    unit: str | None = None
    format: str | None = None

    @property
    def written(self) -> str:
        found = quoted(self.column)
        if self.format is not None:
            found = f"str2date({found}, '{self.format}')"
        return f"date_trunc('{self.unit}', {found})" if self.unit is not None else found


def partition_of(text: str) -> Partition:
    """Raises ValueError for what no view is partitioned by."""
    text = text.strip()
    if (match := _TRUNC.fullmatch(text)) is not None:
        unit = _said(match, "units", "unitd").lower()
        if unit not in UNITS:
            raise ValueError(f"partition_by: date_trunc has {', '.join(UNITS)}, and not {unit!r}")
        inner = partition_of(match["inner"])
        if inner.unit is not None:
            raise ValueError(f"partition_by: {text} truncates twice")
        return Partition(column=inner.column, unit=unit, format=inner.format)
    if (match := _TO_DATE.fullmatch(text)) is not None:
        form = _said(match, "formats", "formatd")
        if not _DATE_FORMAT.search(form) or "'" in form or "\\" in form:
            raise ValueError(f"partition_by: {form!r} has no %Y, %m and %d in this order")
        return Partition(column=_said(match, "columnq", "column"), format=form)
    if (match := _PLAIN.fullmatch(text)) is not None:
        return Partition(column=_said(match, "columnq", "column"))
    raise ValueError(
        f"partition_by: {text!r} is no column of the view, nor date_trunc('day', column),"
        " nor str2date(column, '%Y-%m-%d')"
    )


def _said(match: re.Match[str], *names: str) -> str:
    return next(match[name] for name in names if match[name] is not None)


def problems_of(
    given: tuple[Partition, ...],
    origins: dict[str, Origin | None],
    types: dict[str, str],
    version: tuple[int, ...],
) -> Iterator[str]:
    """What StarRocks would refuse of partitions of output columns of these types and origins."""
    if len(given) > 1 and version < (3, 5):
        yield "partition_by: several columns are of StarRocks 3.5 and later"
    if len(given) > 1 and any(each.format is not None for each in given):
        yield "partition_by: of several columns none is converted"
    for each in given:
        type = types.get(each.column.lower())
        if type is None:
            yield f"partition_by: the query has no column {each.column!r}"
        else:
            origin = origins.get(each.column.lower())
            wrong = _type_problem(each, type) or _base_problem(each, origin)
            yield from filter(None, [wrong])


def _type_problem(given: Partition, type: str) -> str | None:
    wanted = ("char", "varchar", "string") if given.format is not None else ("date", "datetime")
    if given.unit is None and given.format is None:
        return None
    if not type.startswith(wanted):
        return f"partition_by: {given.written} is of {' or '.join(wanted)}, and not of {type}"
    return None


def _base_problem(given: Partition, origin: Origin | None) -> str | None:
    if origin is None:
        return f"partition_by: column {given.column!r} is no column of a table as it stands there"
    table, column = origin.table, origin.column
    if table.evolved:
        return f"partition_by: {table} was partitioned otherwise before, which StarRocks refuses"
    fields = _fields_of(origin)
    if not fields:
        return f"partition_by: {table} is not partitioned by {column!r}"
    if not table.external:
        return None
    for each in fields:
        if each.name == "identity":
            return None
        if each.name in TIMED:
            if (given.unit, given.format) == (each.name, None):
                return None
            wanted = Partition(column=given.column, unit=each.name).written
            return f"partition_by: {table} is partitioned by {each.name}: it has to be {wanted}"
    return f"partition_by: {table} is partitioned by {fields[0].name}, which no view is"


def _fields_of(origin: Origin) -> list[Transform]:
    """By what of its table's partitions a column counts."""
    name = origin.column.lower()
    return [each for each in origin.table.partitions if each.column.lower() == name]


def derived(table: Base, column: str, shown: str, type: str) -> Partition | None:
    """The partition that an Iceberg table asks for, by its only field; None where there is none.

    ``shown`` is what the query calls the table's column.
    """
    if not table.external or table.evolved is not False or len(table.partitions) != 1:
        return None
    (field,) = table.partitions
    if field.column.lower() != column.lower():
        return None
    if field.name in TIMED:
        return Partition(column=shown, unit=field.name)
    if field.name == "identity" and type.startswith(("date", "datetime")):
        return Partition(column=shown)
    return None


def by_list(given: tuple[Partition, ...], origins: dict[str, Origin | None]) -> bool:
    """Whether the partitions are lists of values, as those of Iceberg's transforms are."""
    if len(given) > 1:
        return True
    for each in given:
        origin = origins.get(each.column.lower())
        if origin is not None and origin.table.external:
            of = [
                f.name for f in origin.table.partitions if f.column.lower() == origin.column.lower()
            ]
            return "identity" not in of
    return False
