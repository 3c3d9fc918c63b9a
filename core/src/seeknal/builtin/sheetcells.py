"""The cells of a sheet as its XML has them: openpyxl's parser, with another reading of values.

openpyxl makes a double of each number and nothing of a formula that no program has calculated.
Here a number with more digits than a double keeps stays text, and such a formula is told apart
from an empty cell.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

from attrs import frozen
from openpyxl.cell.text import Text
from openpyxl.utils import coordinate_to_tuple
from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel, from_ISO8601
from openpyxl.worksheet._reader import FORMULA_TAG, INLINE_STRING, VALUE_TAG, WorkSheetParser

__all__ = ("Digits", "Fault", "Uncalculated", "rows_of")

_ESCAPE = re.compile("_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
_NO_DAY = 60
"""The number of 29 February 1900, which Excel counts though it never was."""


class Digits(str):
    """A number as the file writes it, which has more digits than a double keeps, or is larger."""


@frozen
class Fault:
    """An error of Excel's, such as ``#N/A``, or a day that there is not."""

    text: str


class Uncalculated:
    """A formula whose result is not stored."""


def rows_of(sheet: Any) -> Generator[tuple[int, Sequence[tuple[int, object]]], None, None]:
    """The number of each row that the file has, and the cells in it: column and value."""
    book = sheet.parent
    strings = _strings(sheet)
    with sheet._get_source() as source:
        parser = _Parser(
            source,
            strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        yield from parser.parse()


class _Parser(WorkSheetParser):
    """The parser, whose cells are pairs of column and value."""

    def parse_cell(self, element: Any) -> Any:
        coordinate = element.get("r")
        if coordinate:
            _, column = coordinate_to_tuple(coordinate)
            self.col_counter = column
        else:
            self.col_counter += 1
            column = self.col_counter
        return column, self.cell_value(element)

    def cell_value(self, element: Any) -> object:
        kind = element.get("t", "n")
        if kind == "inlineStr":
            text = element.find(INLINE_STRING)
            return None if text is None else _content(text)
        stored = element.find(VALUE_TAG)
        text = "" if stored is None else stored.text or ""
        if kind == "str" and stored is not None:
            return unescaped(text)
        if not text:
            return Uncalculated() if element.find(FORMULA_TAG) is not None else None
        if kind == "s":
            return self.shared_strings[int(text)]
        if kind == "b":
            return bool(int(text))
        if kind == "e":
            return Fault(text)
        if kind == "d":
            moment: object = from_ISO8601(text)  # type: ignore[no-untyped-call]
            return moment
        number = _number(text)
        style = int(element.get("s", 0))
        return self.moment(number, style) if style in self.date_formats else number

    def moment(self, number: int | float | Digits, style: int) -> object:
        """A number with the format of a date, a time or a duration."""
        if isinstance(number, Digits):
            number = float(number)
        if style in self.timedelta_formats:
            return from_excel(number, self.epoch, timedelta=True)
        if self.epoch == WINDOWS_EPOCH and _NO_DAY <= number < _NO_DAY + 1:
            return Fault(f"the day {number}, 29 February 1900, which never was")
        if number < 0:
            return Fault(f"the day {number}, before the first one")
        try:
            return from_excel(number, self.epoch)
        except (OverflowError, ValueError):
            return Fault(f"the day {number}, which is out of reach")


def _number(text: str) -> int | float | Digits:
    if not any(mark in text for mark in ".eE"):
        return int(text)
    number = float(text)
    if not isfinite(number):
        return Digits(text)
    if len(text) <= 15:
        return number
    exact = Decimal(text)
    ways = (Decimal(repr(number)), Decimal(f"{number:.17g}"), Decimal(number))
    return number if exact in ways else Digits(text)


def _content(element: Any) -> str:
    text: Any = Text.from_tree(element)
    return unescaped(text.content or "")


def unescaped(text: str) -> str:
    """Text in which Excel wrote what XML cannot hold as ``_x000D_``."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _strings(sheet: Any) -> Sequence[str]:
    """The workbook's shared strings, as they were before openpyxl took escapes out of some."""
    strings: Sequence[str] = sheet._shared_strings
    if not any("_x" in text or "x005F_" in text for text in strings):
        return strings
    from xml.etree.ElementTree import iterparse

    archive = sheet.parent._archive
    name = next(name for name in archive.namelist() if name.lower().endswith("sharedstrings.xml"))
    found = []
    with archive.open(name) as source:
        element: Any
        for _, element in iterparse(source):
            if element.tag.endswith("}si"):
                found.append(_content(element))
                element.clear()
    return found
