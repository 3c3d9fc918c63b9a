"""Tables, JSON and numbers as commands print them."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from seeknal.cli.streams import DATA, paint
from seeknal.model import Problem
from seeknal.secret import scrub

WIDEST_CELL = 60


def print_json(value: Any) -> None:
    """``value`` as indented JSON on stdout, with every text in it masked."""
    print_rows_json(masked(plain(value)))


def print_rows_json(value: Any) -> None:
    """``value``, in which there are rows, as indented JSON on stdout."""
    print(json.dumps(plain(value), indent=2, ensure_ascii=False), file=DATA)


def masked(value: Any) -> Any:
    """A plain value with the secrets in its texts masked; numbers are none."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {scrub(key): masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """``value`` with frozen values and mappings as plain JSON types."""
    import attrs

    if isinstance(value, Problem):
        from seeknal.cli.answers import problem_answer

        return problem_answer(value)
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        return {field.name: plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        # JSON has neither NaN nor infinity.
        return value if isfinite(value) else None
    return value if value is None or isinstance(value, bool | int) else str(value)


def print_table(
    headers: Sequence[str], rows: Iterable[Sequence[object]], numeric: Sequence[bool] = ()
) -> None:
    """An aligned table on stdout. Columns marked ``numeric`` are right-aligned."""
    shown = [[masked(value) for value in row] for row in rows]
    for line in table_lines(headers, shown, numeric):
        print(line, file=DATA)


def table_lines(
    headers: Sequence[str], rows: Iterable[Sequence[object]], numeric: Sequence[bool] = ()
) -> list[str]:
    """The lines of `print_table`: a header, a rule, and one line per row."""
    cells = [[cell(value) for value in row] for row in rows]
    titles = [cell(header) for header in headers]
    right = [*numeric, *([False] * (len(titles) - len(numeric)))]
    widths = [max(map(width, column)) for column in zip(titles, *cells, strict=True)]
    lines = [_line(titles, widths, right)]
    lines.append("  ".join("-" * size for size in widths))
    lines[0] = paint(lines[0], "bold", sys.stdout)
    return lines + [_line(row, widths, right) for row in cells]


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = zip(row, widths, right, strict=True)
    return "  ".join(_padded(text, size, end) for text, size, end in parts).rstrip()


def _padded(text: str, size: int, right: bool) -> str:
    space = " " * (size - width(text))
    return space + text if right else text + space


def cell(value: object) -> str:
    """One cell: a single line without control characters, cut where it gets too wide."""
    text = "" if value is None else str(value)
    if not text.isprintable():
        text = "".join(_visible(character) for character in text)
    return text if len(text) <= WIDEST_CELL else text[: WIDEST_CELL - 1] + "…"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return repr(character)[1:-1]


def width(text: str) -> int:
    """How many columns ``text`` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def size_text(size: int | None) -> str:
    """A number of bytes as people read it."""
    if size is None:
        return ""
    amount = float(size)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def count(number: int, noun: str) -> str:
    """``1 node``, ``3 nodes``, ``120,000 rows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
