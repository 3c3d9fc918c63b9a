"""The rows of one sheet, read cell by cell; what cannot be kept is named by its cell."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import range_boundaries

from seeknal.builtin.declared import cast, declared_types, match_columns, no_rows
from seeknal.builtin.expectedcasts import as_expected
from seeknal.builtin.misfits import first_misfit
from seeknal.builtin.sheetcells import Digits, Fault, Uncalculated, rows_of
from seeknal.plugin import (
    NodeError,
    Scan,
    scan_of_rows,
)

if TYPE_CHECKING:
    from seeknal.builtin.options.excel import ExcelOptions
    from seeknal.plugin import (
        Context,
        Rows,
        Source,
    )

_WHOLE = 2**53
"""Whole numbers up to this one are the same as doubles."""
_ROW = re.compile(r"row ([\d,]+), column ")
"""How a complaint about a value begins where rows are kept."""
_SHOWN = 3
"""Cells that a message names."""


class SheetReader:
    """One sheet while it is read: its columns, and what had to be left out."""

    def __init__(self, sheet: Any, options: ExcelOptions, source: Source, context: Context) -> None:
        self.sheet = sheet
        self.options = options
        self.source = source
        self.context = context
        self.cells = rows_of(sheet)
        self.left, self.top, self.right, self.bottom = _range(options.range)
        self.faults = _CountedCells()
        self.uncalculated = _CountedCells()
        self.beside = 0
        """Rows with values right of the last column."""
        self.numbers = array("L")
        """The number in the sheet of each row that was taken."""
        self.long: dict[str, str] = {}
        """By column, its first whole number that a DOUBLE would round."""
        self.fractions: set[str] = set()
        """Columns with a number that is no whole one."""

    def close(self) -> None:
        """Let go of the file, also where reading stopped in the middle."""
        self.cells.close()

    def rows(self) -> Rows:
        lines = self.lines()
        first = next(lines, None)
        if first is None:
            raise self.empty()
        names = self.names(*first)
        declared = declared_types(self.source, self.context)
        types = match_columns(declared, names, self.source)
        body = lines if self.options.header else chain([first], lines)
        scan = self.scan(body, names, types)
        self.check()
        return scan

    def empty(self) -> NodeError:
        options = self.options
        where = f" in {options.range!r}" if options.range else ""
        where += f" below {options.skip} rows" if options.skip else ""
        title = self.sheet.title
        text = (
            f"the sheet {title!r} has no cells{where}" if where else f"the sheet {title!r} is empty"
        )
        help = "range: takes cells such as A2:F100, or columns such as B:F"
        help = help if where else "give it a first row with names"
        return NodeError(text, code="SK0729", help=help)

    def scan(
        self,
        lines: Iterator[tuple[int, list[object]]],
        names: Sequence[str],
        types: Mapping[str, str],
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
            if error.code != "SK0535":
                raise
            self.check_long()
            raise self.placed(error, names) from error
        for name, type in types.items():
            self.check_declared(found, name, type, names)
        select = as_expected(cast(found.sql, types), self.source, self.context)
        return Scan(select, repeatable=True)

    def placed(self, error: NodeError, names: Sequence[str]) -> NodeError:
        """A complaint about a row's column, as one about a cell."""
        found = _ROW.match(error.message)
        where = f"sheet {self.sheet.title!r}, "
        for n, name in enumerate(names):
            if found and error.message.startswith(f"{name!r}: ", found.end()):
                row = self.numbers[int(found[1].replace(",", "")) - 1]
                where = f"{self.cell(row, self.left + n)}, column "
                break
        message = error.message[found.end() :] if found else error.message
        return NodeError(f"{where}{message}", code=error.code, help=error.help)

    def check_declared(self, found: Scan, name: str, type: str, names: Sequence[str]) -> None:
        """Raise NodeError for the first cell that does not fit its declared type."""
        if found_misfit := first_misfit(found.sql, name, type, "VARCHAR", self.context):
            row, value = found_misfit
            where = self.cell(self.numbers[row - 1], self.left + names.index(name))
            place, what = f"{where}, column {name!r}", f"is no {type}, which is declared"
            raise NodeError(
                f"{place}: {value[:60]!r} {what}",
                code="SK0783",
                kept=f"{place}: a value {what}",
                help="mend the cell, or declare a type that holds it, such as VARCHAR",
            )

    def mappings(
        self,
        lines: Iterator[tuple[int, list[object]]],
        names: Sequence[str],
        types: Mapping[str, str],
    ) -> Iterator[dict[str, object]]:
        width = len(names)
        for number, cells in lines:
            if any(value is not None for value in cells[width:]):
                self.beside += 1
            line = self.values(number, cells)
            line += [None] * (width - len(line))
            row = dict(zip(names, line, strict=False))
            self.numbers.append(number)
            for column, (name, value) in enumerate(row.items()):
                if name in types:
                    row[name] = _shown(value, types[name])
                else:
                    self.note(name, value, number, self.left + column)
            yield row

    def note(self, name: str, value: object, row: int, column: int) -> None:
        """Keep in mind what decides, once all cells are read, whether a DOUBLE holds them."""
        if isinstance(value, Digits):
            raise NodeError(
                f"{self.cell(row, column)}, column {name!r}: {value} has more digits than a"
                " DOUBLE keeps, or is beyond its reach",
                code="SK0786",
                help="declare the column as a DECIMAL that is wide enough, or as VARCHAR",
            )
        if isinstance(value, float):
            self.fractions.add(name)
        elif isinstance(value, int) and abs(value) > _WHOLE:
            self.long.setdefault(name, f"{self.cell(row, column)}, column {name!r}: {value}")

    def lines(self) -> Iterator[tuple[int, list[object]]]:
        """The number and the cells of each row that has one, also one without a value."""
        for number, cells in self.cells:
            if number < self.top + self.options.skip:
                continue
            if self.bottom is not None and number > self.bottom:
                return
            line: list[object] = []
            for column, value in cells:
                if column >= self.left and (self.right is None or column <= self.right):
                    line += [None] * (column - self.left + 1 - len(line))
                    line[column - self.left] = value
            if any(value is not None for value in line):
                yield number, line

    def values(self, row: int, line: Sequence[object]) -> list[object]:
        return [self.value(value, row, self.left + n) for n, value in enumerate(line)]

    def value(self, value: object, row: int, column: int) -> object:
        if isinstance(value, Fault):
            self.faults.add(f"{_name(row, column)} ({value.text})")
            return None
        if isinstance(value, Uncalculated):
            self.uncalculated.add(_name(row, column))
            return None
        return value

    def cell(self, row: int, column: int) -> str:
        return f"sheet {self.sheet.title!r}, cell {_name(row, column)}"

    def names(self, row: int, first: list[object]) -> list[str]:
        """The columns' names; one that occurs again is numbered, as in a csv file."""
        while first and first[-1] is None:
            first.pop()
        if not self.options.header:
            return [f"column{n}" for n in range(len(first))]
        names: list[str] = []
        for n, value in enumerate(self.values(row, first)):
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

    def check(self) -> None:
        """What is known only when all cells are read."""
        self.check_long()
        if self.uncalculated.count and self.options.uncalculated == "error":
            raise NodeError(
                f"sheet {self.sheet.title!r}: no result is stored for {self.uncalculated.text}"
                " with formulas",
                code="SK0787",
                help="open the workbook in Excel or LibreOffice and save it;"
                ' or params: {uncalculated: "null"} reads such cells as NULL',
            )
        self.warn()

    def check_long(self) -> None:
        """Raise NodeError for a whole number that a column of fractions would round."""
        for name, first in self.long.items():
            if name in self.fractions:
                raise NodeError(
                    f"{first} stands among fractions and has more digits than a DOUBLE keeps",
                    code="SK0786",
                    help="declare the column as a DECIMAL that is wide enough, or as VARCHAR",
                )

    def warn(self) -> None:
        title = self.sheet.title
        if self.options.sheet is None and self.sheet.sheet_state != "visible":
            self.context.log.warning("sheet %r, the first one, is hidden", title)
        if self.faults.count:
            text = "sheet %r: %d cells hold errors such as #N/A; they are NULL: %s"
            self.context.log.warning(text, title, self.faults.count, self.faults.text)
        if self.uncalculated.count:
            text = "sheet %r: no result is stored for %s with formulas; they are NULL"
            self.context.log.warning(text, title, self.uncalculated.text)
        if self.beside:
            text = "sheet %r: %d rows have values right of the last column; they are left out"
            self.context.log.warning(text, title, self.beside)


class _CountedCells:
    """Cells that are counted, the first of them by name."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(name)

    @property
    def text(self) -> str:
        more = f" and {self.count - len(self.first):,} others" if self.count > _SHOWN else ""
        return ", ".join(self.first) + more


def _range(given: str | None) -> tuple[int, int, int | None, int | None]:
    """First column and row, last column and row."""
    if given is None:
        return 1, 1, None, None
    try:
        left, top, right, bottom = range_boundaries(given)
    except ValueError as error:
        raise NodeError(f"{given!r} is no range of cells", code="SK0747", help="A2:F100") from error
    if right and bottom:
        left, right = sorted((left or 1, right))
        top, bottom = sorted((top or 1, bottom))
    return left or 1, top or 1, right, bottom


def _name(row: int, column: int) -> str:
    return f"{get_column_letter(column)}{row}"


def _shown(value: object, type: str) -> object:
    """What is cast to a declared type: a number with the 15 digits that Excel shows, where a
    decimal is wanted.
    """
    if isinstance(value, float) and type.startswith("DECIMAL"):
        return f"{Decimal(f'{value:.15g}'):f}"
    return value if value is None or isinstance(value, timedelta) else str(value)
