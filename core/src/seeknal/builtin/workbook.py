"""Relations as sheets of an Excel workbook, written row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.plugin import DeliveryError, quote_identifier

if TYPE_CHECKING:
    from seeknal.plugin import Column, Context, Relation

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
LONGEST_NAME = 31
LONGEST_TEXT = 32_767
_BATCH = 5_000
_EXACT = 10**15
"""Cells are floats: whole numbers beyond this many digits would lose some."""
_DIGITS = 15
"""Decimals with more digits than a cell shows are text."""
_FRACTION = 1_000
"""Microseconds that a cell can tell apart: its times are kept to the millisecond."""
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_DECIMAL = re.compile(r"DECIMAL\(\d+,\d+\)")
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
    cells = _Cells(sheet, relation)
    if header:
        sheet.append([cells.text(name) for name in relation.names])
        room -= 1
    count = 0
    for row in _rows(relation, context):
        count += 1
        if count > room:
            raise _too_large(relation, f"{room:,} rows")
        sheet.append([cells.cell(value) for value in row])
    if cells.dropped:
        text = "sheet %r: %s that no sheet can hold left out of its text"
        marks = "1 control character is" if cells.dropped == 1 else f"{cells.dropped:,} are"
        context.log.warning(text, sheet.title, marks)
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
    """What a cell has no type for is written as text, and so are days that Python has not."""
    name = quote_identifier(column.name)
    if column.type in ("DATE", "TIMESTAMP"):
        # Text for some and moments for others: a union has room for both.
        far = f"{name} < '0001-01-01' OR {name} > '9999-12-31' OR NOT isfinite({name})"
        both = f"UNION(day {column.type}, text VARCHAR)"
        text = f"CAST(union_value(text := CAST({name} AS VARCHAR)) AS {both})"
        day = f"CAST(union_value(day := {name}) AS {both})"
        return f"CASE WHEN {far} THEN {text} WHEN {name} IS NOT NULL THEN {day} END AS {name}"
    if column.type in _NATIVE or _DECIMAL.fullmatch(column.type):
        return name
    return f"CAST({name} AS VARCHAR) AS {name}"


class _Cells:
    """Makes cells of values; what a cell cannot hold exactly is text."""

    def __init__(self, sheet: Any, relation: Relation) -> None:
        self.sheet = sheet
        self.relation = relation
        self.dropped = 0

    def cell(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, float):
            return self.number(value)
        if isinstance(value, int) and not -_EXACT < value < _EXACT:
            return str(value)
        if isinstance(value, Decimal):
            return value if _is_exact(value) else str(value)
        if isinstance(value, date) and not _is_numbered(value):
            return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
        if isinstance(value, time) and value.microsecond % _FRACTION:
            return value.isoformat()
        return value

    def number(self, value: float) -> object:
        if not isfinite(value):
            return str(value)
        if float(f"{value:.16g}") == value:
            return value
        # openpyxl writes 16 digits, of which some doubles need one more.
        from openpyxl.cell import WriteOnlyCell

        cell: Any = WriteOnlyCell(self.sheet)
        cell._value, cell.data_type = repr(value), "n"
        return cell

    def text(self, value: str) -> object:
        """Text stays text, also where it begins with ``=`` or reads like an error of Excel's."""
        from openpyxl.cell import WriteOnlyCell

        if len(value) > LONGEST_TEXT:
            raise _too_large(self.relation, f"{LONGEST_TEXT:,} characters in a cell")
        plain = _NO_XML.sub("", value)
        self.dropped += len(value) - len(plain)
        if "_x" in plain:
            plain = _ESCAPED.sub("_x005F_", plain)
        if "\r" in plain:
            # A reader of XML makes a line feed of it.
            plain = plain.replace("\r", "_x000D_")
        if not plain.startswith(("=", "#")):
            return plain
        cell = WriteOnlyCell(self.sheet, plain)
        cell.data_type = "s"
        return cell


def _is_exact(value: Decimal) -> bool:
    """Whether the double that a cell holds shows all of the digits."""
    return len(value.normalize().as_tuple().digits) <= _DIGITS


def _is_numbered(value: date) -> bool:
    """Whether a cell has a number for it: from March 1900 on, to the millisecond."""
    if isinstance(value, datetime):
        return value.date() >= _FIRST_DAY and not value.microsecond % _FRACTION
    return value >= _FIRST_DAY
