"""Sources that are sheets of an Excel workbook, read row by row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Any

from attrs import frozen

from seeknal.builtin.paths import local_files
from seeknal.plugin import (
    Context,
    NodeError,
    Rows,
    Scan,
    Source,
    SourceType,
    did_you_mean,
    files_version,
    hookimpl,
    option,
    quote_identifier,
    scan_of_rows,
)


@frozen(kw_only=True)
class ExcelOptions:
    """``params:`` of an excel source."""

    path: str | None = option(None, summary="instead of table:")
    sheet: str | int | None = option(
        None, aliases=("sheet_name",), summary="its name or number from 0; the first by default"
    )
    range: str | None = option(None, summary="cells such as A2:F100")
    header: bool = option(True, summary="the first row names the columns")
    skip: int = option(0, summary="rows to leave out at the top")


@hookimpl
def source_types() -> list[SourceType]:
    return [
        SourceType(
            name="excel",
            options=ExcelOptions,
            summary="a sheet of a workbook",
            reads_files=True,
            aliases=("xlsx",),
        )
    ]


@hookimpl
def source_version(source: Source, context: Context) -> object | None:
    if not isinstance(source.options, ExcelOptions):
        return None
    return files_version(local_files(source, context), context.known_version)


@hookimpl
def load_source(source: Source, context: Context) -> Rows | None:
    if not isinstance(source.options, ExcelOptions):
        return None
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    path = local_files(source, context)[0]
    try:
        workbook = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, OSError, ValueError) as error:
        raise NodeError(f"{path.name} is no workbook: {error}", code="SK0727") from error
    with closing(workbook):
        return _rows(workbook, source.options, source, context)


def _rows(workbook: Any, options: ExcelOptions, source: Source, context: Context) -> Rows:
    sheet = _sheet(workbook, options)
    cells = sheet[options.range] if options.range else sheet.iter_rows()
    values = ([cell.value for cell in row] for row in cells)
    rows = islice((row for row in values if any(v is not None for v in row)), options.skip, None)
    names = _names(rows, options)
    declared = {column.name: column.type for column in source.columns if column.type}
    filled = _filled(rows, len(names))
    mappings = (dict(zip(names, row, strict=True)) for row in filled)
    scan = scan_of_rows(context.duckdb, mappings, workdir=context.workdir)
    if not declared:
        return scan
    casts = ", ".join(
        f"CAST({quote_identifier(name)} AS {type}) AS {quote_identifier(name)}"
        for name, type in declared.items()
    )
    return Scan(f"SELECT * REPLACE ({casts}) FROM ({scan.sql})")


def _sheet(workbook: Any, options: ExcelOptions) -> Any:
    wanted, names = options.sheet, workbook.sheetnames
    if wanted is None:
        return workbook[names[0]]
    if isinstance(wanted, int) and 0 <= wanted < len(names):
        return workbook[names[wanted]]
    if wanted in names:
        return workbook[wanted]
    help = did_you_mean(str(wanted), names) or f"sheets: {', '.join(names)}"
    raise NodeError(f"the workbook has no sheet {wanted!r}", code="SK0728", help=help)


def _names(rows: Iterator[list[Any]], options: ExcelOptions) -> list[str]:
    first = next(rows, None)
    if first is None:
        raise NodeError("the sheet is empty", code="SK0729")
    if not options.header:
        raise NodeError(
            "a sheet without a header row needs its columns named",
            code="SK0729",
            help="add a first row with names",
        )
    while first and first[-1] is None:
        first.pop()
    return [str(value) if value is not None else f"column{n}" for n, value in enumerate(first)]


def _filled(rows: Iterator[list[Any]], width: int) -> Iterator[list[Any]]:
    for row in rows:
        yield [*row[:width], *([None] * (width - len(row)))]
