"""Tables, JSON and numbers as commands print them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

from seeknal.cli.fitting import columns_of, middle, pieces, shrunk, start, width
from seeknal.cli.streams import DATA, paint
from seeknal.values.problems import Problem
from seeknal.values.secret import scrub

_RULE = "-["
NARROWEST = 10
"""Columns that are left of a text which has to make room."""
LONGEST_VALUE = 2_000
"""Characters of a value that are shown where a row stands upright."""


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


_ESCAPED = b"\"'\\"


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
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes_as_text(bytes(value))
    return value if value is None or isinstance(value, bool | int) else str(value)


def bytes_as_text(value: bytes) -> str:
    """Bytes as DuckDB writes a BLOB as text: ``\\xFF`` for what is no plain ASCII sign."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in _ESCAPED else f"\\x{byte:02X}"
        for byte in value
    )


def print_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    numeric: Sequence[bool] = (),
    spare: Sequence[str] = (),
    whole: Sequence[str] = (),
    prose: Sequence[str] = (),
) -> None:
    """An aligned table on stdout that fits its terminal. ``numeric`` columns are right-aligned.

    Those of ``spare`` are left out first where there is no room; those of ``whole`` are not cut,
    and those of ``prose`` at their ends.
    """
    shown = [[masked(value) for value in row] for row in rows]
    columns = columns_of(sys.stdout)
    for line in table_lines(
        headers, shown, numeric, columns=columns, spare=spare, whole=whole, prose=prose
    ):
        print(line, file=DATA)


def table_lines(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    numeric: Sequence[bool] = (),
    *,
    columns: int | None = None,
    least: int = NARROWEST,
    spare: Sequence[str] = (),
    whole: Sequence[str] = (),
    prose: Sequence[str] = (),
) -> list[str]:
    """The lines of `print_table`: a header, a rule, and one line per row.

    Within so many ``columns``: text is cut to ``least`` at most, and where that is not enough
    each row stands upright, a line for each of its values.
    """
    values = [list(row) for row in rows]
    right = [*numeric, *([False] * (len(headers) - len(numeric)))]
    cells = [[cell(value) for value in row] for row in values]
    titles = [cell(header) for header in headers]
    widths = [max(map(width, column)) for column in zip(titles, *cells, strict=True)]
    if columns is not None and (room := columns - 2 * (len(titles) - 1)) < sum(widths):
        if spare:
            at = list(headers).index(spare[0])
            kept = [number for number in range(len(titles)) if number != at]
            return table_lines(
                [headers[number] for number in kept],
                [[row[number] for number in kept] for row in values],
                [right[number] for number in kept],
                columns=columns,
                least=least,
                spare=spare[1:],
                whole=whole,
                prose=prose,
            )
        fixed = [at or name in whole for at, name in zip(right, headers, strict=True)]
        narrower = shrunk(widths, fixed, room, least)
        if narrower is None:
            return _upright(titles, values, columns)
        widths = narrower
        titles = [middle(text, size) for text, size in zip(titles, widths, strict=True)]
        cut = [start if name in prose else middle for name in headers]
        cells = [
            [shorten(text, size) for shorten, text, size in zip(cut, row, widths, strict=True)]
            for row in cells
        ]
    lines = [_line(titles, widths, right)]
    lines.append("  ".join("-" * size for size in widths))
    lines[0] = paint(lines[0], "bold", sys.stdout)
    return lines + [_line(row, widths, right) for row in cells]


def stands_upright(
    headers: Sequence[str],
    rows: Sequence[Sequence[object]],
    numeric: Sequence[bool],
    columns: int | None,
    least: int,
) -> bool:
    """Whether `table_lines` gives a line for each value, as a line for each row has no room."""
    return table_lines(headers, rows, numeric, columns=columns, least=least)[0].startswith(_RULE)


def _upright(titles: Sequence[str], rows: Sequence[Sequence[object]], columns: int) -> list[str]:
    """Each row as lines of names and values."""
    label = min(max(map(width, titles)), columns // 3)
    room = max(1, columns - label - 2)
    lines = []
    for number, row in enumerate(rows, 1):
        lines.append(f"{f'{_RULE} {number} ]':-<{columns}}"[:columns])
        for title, value in zip(titles, row, strict=True):
            first, *more = pieces(start(cell(value), LONGEST_VALUE), room)
            name = _padded(middle(title, label), label, False)
            lines.append(f"{paint(name, 'bold', sys.stdout)}  {first}".rstrip())
            lines += [f"{'':<{label}}  {text}" for text in more]
    return lines


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = zip(row, widths, right, strict=True)
    return "  ".join(_padded(text, size, end) for text, size, end in parts).rstrip()


def _padded(text: str, size: int, right: bool) -> str:
    space = " " * (size - width(text))
    return space + text if right else text + space


def cell(value: object) -> str:
    """One cell: one line without control characters."""
    text = "" if value is None else str(value)
    return text if text.isprintable() else "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return repr(character)[1:-1]


def time_text(moment: str | None) -> str:
    """A stored moment for people, to the second; empty where there is none."""
    return (moment or "")[:19].replace("T", " ")


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


def count(number: int, noun: str, several: str | None = None) -> str:
    """``1 node``, ``3 nodes``, ``120,000 rows``."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


def duration_text(seconds: float) -> str:
    """About how long something takes."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
