"""Relations as sheets of an Excel workbook, written row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seeknal.plugin import Column, Context, DeliveryError, Relation, quote_identifier

MOST_ROWS = 1_048_575
"""What a sheet holds below its header."""
LONGEST_NAME = 31
_BATCH = 5_000
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))
_NATIVE = frozenset(
    (
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "FLOAT",
        "DOUBLE",
        "VARCHAR",
        "DATE",
        "TIME",
        "TIMESTAMP",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
    )
)


def write_workbook(sheets: Sequence[tuple[str, Relation]], path: Path, context: Context) -> int:
    """Write one sheet for each (name, relation); gives the number of rows.

    Raises DeliveryError when a relation has more rows than a sheet holds.
    """
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    rows = sum(_sheet(workbook, name, relation, context) for name, relation in sheets)
    with path.open("wb") as file:
        workbook.save(file)
    return rows


def _sheet(workbook: Any, name: str, relation: Relation, context: Context) -> int:
    sheet = workbook.create_sheet(name.translate(_FORBIDDEN)[:LONGEST_NAME])
    sheet.append(list(relation.names))
    count = 0
    for row in _rows(relation, context):
        count += 1
        if count > MOST_ROWS:
            raise DeliveryError(
                f"{relation.node} has more rows than a sheet holds ({MOST_ROWS:,})",
                code="SK1105",
                help="write csv or parquet, or select fewer rows",
            )
        sheet.append([_cell(value) for value in row])
    return count


def _rows(relation: Relation, context: Context) -> Iterator[Sequence[object]]:
    columns = ", ".join(_expression(column) for column in relation.columns)
    cursor = context.duckdb.execute(f"SELECT {columns} FROM {relation.scan}")
    while rows := cursor.fetchmany(_BATCH):
        yield from rows


def _expression(column: Column) -> str:
    """What a cell has no type for is written as text; decimals as the numbers they are."""
    name = quote_identifier(column.name)
    if column.type in _NATIVE:
        return name
    if column.type.startswith("DECIMAL") or column.type in ("HUGEINT", "UHUGEINT"):
        return f"CAST({name} AS DOUBLE) AS {name}"
    return f"CAST({name} AS VARCHAR) AS {name}"


def _cell(value: object) -> object:
    """Control characters cannot stand in a workbook; infinities and NaN are text there."""
    if isinstance(value, str):
        return "".join(mark for mark in value if mark >= " " or mark in "\t\n\r")
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value
