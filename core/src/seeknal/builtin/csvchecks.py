"""A look at CSV files of our own, for what DuckDB reads without complaint though not as meant."""

from __future__ import annotations

import codecs
import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any

from attrs import frozen

DELIMITERS = ",;\t|"
_MOST_LINES = 200_000
_FEW_LINES = 50
_ENCODINGS = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig"}


@frozen(kw_only=True)
class RaggedLine:
    """The first line that has not as many fields as the first one."""

    line: int
    fields: int
    expected: int


def preamble(file: str, options: Any) -> tuple[int, str | None]:
    """How many lines come before the first one that counts, and the delimiter that one of them
    names."""
    delimiter = None
    count = 0
    with _opened(file, options) as text:
        for line in islice(text, _FEW_LINES):
            if line.lower().startswith("sep=") and len(line.strip("\r\n")) == len("sep=;"):
                delimiter = line[4]
            elif line.strip():
                break
            count += 1
    return count, delimiter


def oddities(file: str, columns: Sequence[str], options: Any) -> list[str]:
    """What is odd about the first line: names that occur twice, one name with a delimiter."""
    if options.header is False:
        return []
    if len(columns) == 1:
        return _suspicious(columns[0])
    for delimiter in [options.delimiter] if options.delimiter else DELIMITERS:
        names = next(_lines(file, options, delimiter), (0, []))[1]
        if len(names) == len(columns) and names != list(columns):
            return _repeated(names)
    return []


def _suspicious(name: str) -> list[str]:
    if any(mark in name for mark in DELIMITERS):
        return [f"its only column is called {name!r}: is the delimiter right?"]
    return []


def _repeated(names: Sequence[str]) -> list[str]:
    counts = Counter(name.strip().lower() for name in names)
    return [
        f"{count} columns are called {name!r}: all but the first are renamed"
        for name, count in counts.items()
        if count > 1 and name
    ]


def may_have_title(file: str, options: Any) -> bool:
    """Whether the first line has one field and one of the next has several."""
    with _opened(file, options) as text:
        first, *others = [*islice(text, _FEW_LINES)] or [""]
    marks = [options.delimiter] if options.delimiter else DELIMITERS
    return any(mark not in first and any(mark in line for line in others) for mark in marks)


def are_without_fields(file: str, options: Any, count: int, delimiter: str) -> bool:
    """Whether none of the first ``count`` lines has a delimiter in it."""
    with _opened(file, options) as text:
        return all(delimiter not in line for line in islice(text, count))


def find_ragged_line(file: str, options: Any, only: str | None) -> RaggedLine | None:
    """Where a file's lines begin to differ in length, by the delimiter that its first line shows.

    ``only``: the name of the one column that DuckDB made of the file.
    """
    delimiter = options.delimiter or _delimiter(only or _first_line(file, options))
    if delimiter is None or (only is not None and delimiter not in only):
        return None
    lines = _lines(file, options, delimiter)
    first = next(lines, None)
    if first is None or len(first[1]) < 2:
        return None
    expected = len(first[1])
    return next(
        (
            RaggedLine(line=line, fields=len(fields), expected=expected)
            for line, fields in islice(lines, _MOST_LINES)
            if len(fields) != expected
        ),
        None,
    )


def _delimiter(line: str) -> str | None:
    best = max(DELIMITERS, key=line.count)
    return best if best in line else None


def _first_line(file: str, options: Any) -> str:
    with _opened(file, options) as text:
        return next(text, "")


def _lines(file: str, options: Any, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number, of the record's first line, and fields of each record that has any."""
    if len(delimiter) != 1:
        return
    quote = options.quote or '"'
    with _opened(file, options) as text:
        reader = csv.reader(text, delimiter=delimiter, quotechar=quote[:1])
        start = options.skip or 0
        try:
            for fields in reader:
                if fields:
                    yield start + 1, fields
                start = (options.skip or 0) + reader.line_num
        except csv.Error:
            return


@contextmanager
def _opened(file: str, options: Any) -> Iterator[Iterator[str]]:
    """The file's text after the lines to skip; nothing for what only DuckDB can open."""
    encoding = _encoding(options.encoding or "utf-8")
    if encoding is None or "://" in file:
        yield iter(())
        return
    opener: Any = gzip.open if options.compression == "gzip" or file.endswith(".gz") else open
    opened: IO[str]
    with opener(file, "rt", encoding=encoding, errors="replace", newline="") as opened:
        yield islice(opened, options.skip or 0, None) if not file.endswith(".zst") else iter(())


def _encoding(name: str) -> str | None:
    try:
        return _ENCODINGS.get(name.lower(), codecs.lookup(name).name)
    except LookupError:
        return None
