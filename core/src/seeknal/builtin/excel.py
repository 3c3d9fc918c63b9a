"""Sources that are sheets of an Excel workbook, read row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from attrs import frozen

from seeknal.builtin.declared import cast, declared_types, match_columns, no_rows
from seeknal.builtin.paths import local_files, paths_of
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
    scan_of_rows,
)


@frozen(kw_only=True)
class ExcelOptions:
    """``params:`` of an excel source."""

    path: str | None = option(None, summary="instead of table:")
    sheet: str | int | None = option(
        None, aliases=("sheet_name",), summary="its name or number from 0; the first by default"
    )
    range: str | None = option(None, summary="cells such as A2:F100, or columns such as B:F")
    header: bool = option(
        True, summary="the first row names the columns; else column0, column1, ..."
    )
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
    file = _file(source, context)
    return files_version([file], context.known_version, root=context.project_root)


@hookimpl
def load_source(source: Source, context: Context) -> Rows | None:
    if not isinstance(source.options, ExcelOptions):
        return None
    with closing(_open(_file(source, context))) as workbook:
        sheet = _sheet(workbook, source.options)
        return _Reader(sheet, source.options, source, context).rows()


def _file(source: Source, context: Context) -> Path:
    found = [file for path in paths_of(source) for file in local_files(path, source, context)]
    if len(found) > 1:
        raise NodeError(
            f"it names {len(found)} workbooks; an excel source reads one",
            code="SK0746",
            help="make a source of each, and a transform that puts them together",
        )
    return found[0]


def _open(path: Path) -> Any:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, OSError, ValueError) as error:
        raise NodeError(
            f"{path.name} is no workbook: {error}",
            code="SK0727",
            help="save it as .xlsx, without a password",
        ) from error


def _sheet(workbook: Any, options: ExcelOptions) -> Any:
    wanted, sheets = options.sheet, workbook.worksheets
    names = [sheet.title for sheet in sheets]
    if wanted is None and sheets:
        return sheets[0]
    if isinstance(wanted, int) and 0 <= wanted < len(sheets):
        return sheets[wanted]
    if wanted in names:
        return sheets[names.index(wanted)]
    help = did_you_mean(str(wanted), names) or f"sheets: {', '.join(names)}"
    raise NodeError(f"the workbook has no sheet {wanted!r}", code="SK0728", help=help)


class _Reader:
    """One sheet while it is read: its columns, and what had to be left out."""

    def __init__(self, sheet: Any, options: ExcelOptions, source: Source, context: Context) -> None:
        self.sheet = sheet
        self.options = options
        self.source = source
        self.context = context
        self.errors = 0
        self.beside = 0

    def rows(self) -> Rows:
        lines = self.lines()
        first = next(lines, None)
        if first is None:
            raise NodeError(
                f"the sheet {self.sheet.title!r} is empty",
                code="SK0729",
                help="give it a first row with names",
            )
        names = self.names(first)
        declared = declared_types(self.source, self.context)
        types = match_columns(declared, names, self.source)
        body = lines if self.options.header else chain([first], lines)
        scan = self.scan(body, names, types)
        self.warn()
        return scan

    def scan(
        self, lines: Iterator[list[object]], names: Sequence[str], types: Mapping[str, str]
    ) -> Scan:
        """The rows below the header. Where a type is declared, what a cell shows is cast."""
        rows = self.mappings(lines, names, types)
        first = next(rows, None)
        if first is None:
            return no_rows({name: types.get(name, "VARCHAR") for name in names})
        try:
            found = scan_of_rows(
                self.context.duckdb, chain([first], rows), workdir=self.context.workdir
            )
        except NodeError as error:
            raise NodeError(
                f"sheet {self.sheet.title!r}, {error.message} (rows counted below the header)",
                code=error.code,
                help=error.help,
            ) from error
        return Scan(cast(found.sql, types))

    def mappings(
        self, lines: Iterator[list[object]], names: Sequence[str], types: Mapping[str, str]
    ) -> Iterator[dict[str, object]]:
        width = len(names)
        for line in lines:
            if any(value is not None for value in line[width:]):
                self.beside += 1
            line += [None] * (width - len(line))
            row = dict(zip(names, line, strict=False))
            yield {**row, **{name: _shown(row[name]) for name in types}} if types else row

    def lines(self) -> Iterator[list[object]]:
        """The values of each row that has one."""
        for cells in islice(self.cells(), self.options.skip, None):
            line = [self.value(cell) for cell in cells]
            if any(value is not None for value in line):
                yield line

    def cells(self) -> Iterator[Sequence[Any]]:
        from openpyxl.utils.cell import range_boundaries

        if self.options.range is None:
            # What a file says of its own size is not always true.
            self.sheet.reset_dimensions()
            yield from self.sheet.iter_rows()
            return
        try:
            left, top, right, bottom = range_boundaries(self.options.range)
        except ValueError as error:
            raise NodeError(
                f"{self.options.range!r} is no range of cells", code="SK0747", help="A2:F100"
            ) from error
        yield from self.sheet.iter_rows(min_row=top, max_row=bottom, min_col=left, max_col=right)

    def value(self, cell: Any) -> object:
        if cell.data_type == "e":
            self.errors += 1
            return None
        return cell.value

    def names(self, first: list[object]) -> list[str]:
        """The columns' names; one that occurs again is numbered, as in a csv file."""
        while first and first[-1] is None:
            first.pop()
        if not self.options.header:
            return [f"column{n}" for n in range(len(first))]
        names: list[str] = []
        for n, value in enumerate(first):
            name = str(value).strip() if value is not None else f"column{n}"
            names.append(self.unused(name or f"column{n}", names))
        return names

    def unused(self, name: str, taken: Sequence[str]) -> str:
        lower, found, number = {other.lower() for other in taken}, name, 0
        while found.lower() in lower:
            number += 1
            found = f"{name}_{number}"
        if number:
            self.context.log.warning("column %r occurs again: it is called %r", name, found)
        return found

    def warn(self) -> None:
        title = self.sheet.title
        if self.errors:
            text = "sheet %r: %d cells hold errors such as #N/A; they are NULL"
            self.context.log.warning(text, title, self.errors)
        if self.beside:
            text = "sheet %r: %d rows have values right of the last column; they are left out"
            self.context.log.warning(text, title, self.beside)


def _shown(value: object) -> object:
    return value if value is None or isinstance(value, timedelta) else str(value)
