"""The layout that most lines of a CSV file's head have.

DuckDB finds none where a few of them break the rules of CSV or end in a delimiter too many: then
every line is one field to it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.builtin.csvchecks import DELIMITERS, head_lines, records_in
from seeknal.builtin.csvlayout import sniffed

if TYPE_CHECKING:
    from seeknal.builtin.csvlayout import Layout
    from seeknal.builtin.readers import Reading
    from seeknal.plugin import Context

_LINES = 200


def layout_of_most(reading: Reading, options: Any, skip: int, context: Context) -> Layout | None:
    """The layout of a file by the lines that are as long as its first one below ``skip``.

    None where these are not all of its head, or most of it when the options say what happens to
    the others.
    """
    if len(options.delimiter or ",") != 1:
        return None
    lines = head_lines(reading.files[0], options, skip, _LINES)
    delimiter = options.delimiter or max(DELIMITERS, key="".join(lines[:1]).count)
    found = [*_records(lines, delimiter, options)]
    width = len(found[0][1]) if found and found[0][0] == lines[:1] else 0
    if width < 2:
        return None
    like = [text for text, fields in found if len(fields) == width]
    good = sum(_is_good(fields, width, options) for _, fields in found)
    lenient = options.ignore_errors or options.reject_file or options.null_padding
    if len(like) < 2 or good * 2 <= len(found) or (good < len(found) and not lenient):
        return None
    sample = context.workdir / "head.csv"
    text = "".join(line for record in like for line in record)
    sample.write_text(text, encoding="utf-8", newline="")
    own = reading.with_arguments(delim=delimiter, skip=0, compression=None)
    layout = sniffed(evolve(own, files=(str(sample),)), options, context)
    above = options.skip if options.skip is not None else skip
    return evolve(layout, skip=above) if len(layout.names) == width else None


def _is_good(fields: Sequence[str], width: int, options: Any) -> bool:
    short = 0 < len(fields) < width and bool(options.null_padding)
    return short or (len(fields) >= width and not any(fields[width:]))


def _records(
    lines: Sequence[str], delimiter: str, options: Any
) -> Iterator[tuple[Sequence[str], list[str]]]:
    """Lines and fields of each record; one line without fields for one that breaks the rules."""
    start = 0
    while start < len(lines):
        try:
            for count, fields in records_in(lines[start:], delimiter, options):
                if fields:
                    yield lines[start : start + count], fields
                start += count
        except csv.Error:
            yield lines[start : start + 1], []
            start += 1
