"""Relations as sheets of an Excel workbook, written row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from seeknal.plugin import Column, Context, DeliveryError, Relation, quote_identifier

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
LONGEST_NAME = 31
LONGEST_TEXT = 32_767
_BATCH = 5_000
_EXACT = 10**15
"""Cells are floats: whole numbers beyond this many digits would lose some."""
_FIRST_DAY = date(1900, 3, 1)
"""Days before this one are numbered otherwise, or not at all."""
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))
_NATIVE = frozenset(
    (
        *("BOOLEAN", "FLOAT", "DOUBLE", "VARCHAR", "DATE", "TIME", "TIMESTAMP"),
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    )
)


def write_workbook(
    sheets: Sequence[tuple[str, Relation]], path: Path, context: Context, *, header: bool = True
) -> int:
    """Write one sheet for each (name, relation); gives the number of rows.

    Raises DeliveryError when a relation does not fit into a sheet.
    """
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    taken: list[str] = []
    rows = 0
    for name, relation in sheets:
        taken.append(sheet_name(name, taken))
        sheet = workbook.create_sheet(taken[-1])
        try:
            rows += _fill(sheet, relation, context, header)
        finally:
            sheet.close()
    with path.open("wb") as file:
        workbook.save(file)
    return rows


def sheet_name(name: str, taken: Sequence[str]) -> str:
    """``name`` as a sheet may be called, numbered where a sheet of that name is there already."""
    lower = {other.lower() for other in taken}
    plain = name.translate(_FORBIDDEN)
    found, number = plain[:LONGEST_NAME], 1
    while found.lower() in lower:
        number += 1
        end = f"_{number}"
        found = plain[: LONGEST_NAME - len(end)] + end
    return found


def _fill(sheet: Any, relation: Relation, context: Context, header: bool) -> int:
    if len(relation.columns) > MOST_COLUMNS:
        raise _too_large(relation, f"{MOST_COLUMNS:,} columns")
    room = MOST_ROWS
    if header:
        sheet.append([_cell(sheet, name, relation) for name in relation.names])
        room -= 1
    count = 0
    for row in _rows(relation, context):
        count += 1
        if count > room:
            raise _too_large(relation, f"{room:,} rows")
        sheet.append([_cell(sheet, value, relation) for value in row])
    return count


def _too_large(relation: Relation, limit: str) -> DeliveryError:
    return DeliveryError(
        f"{relation.node} does not fit into a sheet, which holds {limit}",
        code="SK1105",
        help="write csv or parquet, or select less",
    )


def _rows(relation: Relation, context: Context) -> Iterator[Sequence[object]]:
    columns = ", ".join(_expression(column) for column in relation.columns)
    cursor = context.duckdb.execute(f"SELECT {columns} FROM {relation.scan}")
    while rows := cursor.fetchmany(_BATCH):
        yield from rows


def _expression(column: Column) -> str:
    """What a cell has no type for is written as text."""
    name = quote_identifier(column.name)
    if column.type in _NATIVE or column.type.startswith("DECIMAL"):
        return name
    return f"CAST({name} AS VARCHAR) AS {name}"


def _cell(sheet: Any, value: object, relation: Relation) -> object:
    """A value that a cell can hold; what it cannot hold exactly is text."""
    if isinstance(value, str):
        return _text(sheet, value, relation)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, int | Decimal) and not -_EXACT < value < _EXACT:
        return str(value)
    if isinstance(value, date) and not _is_numbered(value):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return value


def _is_numbered(value: date) -> bool:
    day = value.date() if isinstance(value, datetime) else value
    return day >= _FIRST_DAY


def _text(sheet: Any, value: str, relation: Relation) -> object:
    """Text stays text, also where it begins with ``=`` or reads like an error of Excel's."""
    from openpyxl.cell import WriteOnlyCell

    if len(value) > LONGEST_TEXT:
        raise _too_large(relation, f"{LONGEST_TEXT:,} characters in a cell")
    plain = "".join(mark for mark in value if mark >= " " or mark in "\t\n\r")
    if not plain.startswith(("=", "#")):
        return plain
    cell = WriteOnlyCell(sheet, plain)
    cell.data_type = "s"
    return cell
