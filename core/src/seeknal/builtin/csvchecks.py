"""A look at CSV files of our own, for what DuckDB reads without complaint though not as meant."""

from __future__ import annotations

import codecs
import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any

from attrs import frozen

from seeknal.builtin.naming import shortened

DELIMITERS = ",;\t|"
_FEW_LINES = 50
"""Lines among which the first one that counts is looked for."""
_HEAD = 1000
_HEAD_SIZE = 2**20
"""Lines, and characters, that are looked at to tell a title from the table below it."""
_LONGEST_TITLE = 10
"""Lines of a title."""
_ENCODINGS = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig"}


@frozen(kw_only=True)
class RaggedLine:
    """The first line that has not as many fields as the first one."""

    line: int
    fields: int
    expected: int


@frozen(kw_only=True)
class Title:
    """What stands above a table: its lines, and whether they are but remarks; the delimiter is
    the one of the table below."""

    lines: int
    delimiter: str
    remark: bool


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
        names = next(records(file, options, delimiter), (0, []))[1]
        if len(names) == len(columns) and names != list(columns):
            return _repeated(names)
    return []


def _suspicious(name: str) -> list[str]:
    if any(mark in name for mark in DELIMITERS):
        return [f"its only column is called {shortened(name)!r}: is the delimiter right?"]
    return []


def _repeated(names: Sequence[str]) -> list[str]:
    counts = Counter(name.strip().lower() for name in names)
    return [
        f"{count} columns are called {shortened(name)!r}: all but the first are renamed"
        for name, count in counts.items()
        if count > 1 and name
    ]


def title_lines(file: str, options: Any, skip: int, delimiter: str | None) -> Title | None:
    """The title above a file's table; None where there is none.

    A title is a few lines of one field each, or of remarks, above lines that all have the same
    number of fields.
    """
    with _opened(file, options) as text:
        head = [*_bounded(islice(text, _HEAD))]
    given = options.delimiter or delimiter
    tables = {
        mark: _table(head, skip, mark, options) for mark in ([given] if given else DELIMITERS)
    }
    widths = [{len(fields) for _, fields in found} for found in tables.values()]
    if any(len(width) == 1 and width != {1} for width in widths):
        return None
    titles = (_title(found, mark, given or DELIMITERS) for mark, found in tables.items())
    return next((title for title in titles if title is not None), None)


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    """The lines until they are much text."""
    size = 0
    for line in lines:
        size += len(line)
        yield line
        if size > _HEAD_SIZE:
            return


def _table(lines: Sequence[str], skip: int, mark: str, options: Any) -> list[tuple[int, list[str]]]:
    found = [*_records(lines[skip:], skip, mark, options)]
    return found[:-1] if len(lines) == _HEAD or sum(map(len, lines)) > _HEAD_SIZE else found


def _title(found: Sequence[tuple[int, list[str]]], mark: str, marks: str) -> Title | None:
    width = len(found[-1][1]) if found else 0
    above = next((n for n, entry in enumerate(found) if len(entry[1]) == width), 0)
    table = [fields for _, fields in found[above:]]
    titles = [fields for _, fields in found[:above]]
    if width < 2 or not 0 < above <= _LONGEST_TITLE or len(table) < 2:
        return None
    if any(len(fields) != width for fields in table) or _is_prose(table):
        return None
    remarks = [fields[0].startswith("#") for fields in titles]
    # A line with another mark in it may be the head of a table that another line breaks.
    bare = [len(fields) == 1 and not any(each in fields[0] for each in marks) for fields in titles]
    if not all(remark or alone for remark, alone in zip(remarks, bare, strict=True)):
        return None
    return Title(lines=found[above][0] - 1, delimiter=mark, remark=all(remarks))


def _is_prose(table: Sequence[Sequence[str]]) -> bool:
    """Whether each mark has a space after it, as in text and seldom in tables."""
    return all(field.startswith(" ") for fields in table for field in fields[1:])


def find_ragged_line(
    file: str, options: Any, delimiter: str | None, only: str | None
) -> RaggedLine | None:
    """Where a file's lines begin to differ in length.

    ``only``: the name of the one column that DuckDB made of the file; then the delimiter is the
    one that this name shows.
    """
    if only is not None or delimiter is None:
        delimiter = options.delimiter or _delimiter(only or _first_line(file, options))
    if delimiter is None or (only is not None and delimiter not in only):
        return None
    lines = records(file, options, delimiter)
    title = title_lines(file, options, 0, delimiter) if options.skip is None else None
    lines = (entry for entry in lines if title is None or entry[0] > title.lines)
    first = next(lines, None)
    if first is None or len(first[1]) < 2:
        return None
    expected = len(first[1])
    return next(
        (
            RaggedLine(line=line, fields=len(fields), expected=expected)
            for line, fields in lines
            if (len(fields) < expected and not options.null_padding) or any(fields[expected:])
        ),
        None,
    )


def first_fault(
    file: str, options: Any, delimiter: str | None, only: str | None
) -> tuple[int, str] | None:
    """The first line that breaks the rules of CSV, and how.

    ``only``: the name of the one column that DuckDB made of the file.
    """
    shown = _delimiter(_first_line(file, options) if only is None else only)
    delimiter = delimiter or options.delimiter or shown
    if delimiter is None or options.ignore_errors or options.reject_file:
        return None
    try:
        for _ in records(file, options, delimiter, strict=True):
            continue
    except csv.Error as error:
        line = getattr(error, "line", 1)
        if "end of data" in str(error):
            return line, "the quote of a field is not closed"
        return line, "a quote inside of a field is not doubled"
    return None


def faults(file: str, options: Any, delimiter: str) -> list[int]:
    """The lines that break the rules of quotes."""
    found: list[int] = []
    with _opened(file, options) as text:
        below = options.skip or 0
        csv.field_size_limit(2**31 - 1)
        reader = csv.reader(text, strict=True, **_dialect(options, delimiter))
        start = 1
        while True:
            try:
                next(reader)
            except StopIteration:
                return found
            except csv.Error:
                found.append(below + start)
            start = reader.line_num + 1


def undecodable(file: str) -> int | None:
    """The first line of a file that is not UTF-8."""
    return _first_bytes(file, _is_other)


def first_longer(file: str, size: int) -> int | None:
    """The first line of more bytes than ``size``."""
    return _first_bytes(file, lambda line: len(line) > size)


def _is_other(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def _first_bytes(file: str, is_wanted: Callable[[bytes], bool]) -> int | None:
    if "://" in file or file.endswith(".zst"):
        return None
    opener: Any = gzip.open if file.endswith(".gz") else open
    with opener(file, "rb") as lines:
        return next((number for number, line in enumerate(lines, 1) if is_wanted(line)), None)


def can_look(file: str, options: Any) -> bool:
    """Whether a file's text can be looked at here, and not only by DuckDB."""
    return "://" not in file and not file.endswith(".zst") and codec(options) is not None


def _delimiter(line: str) -> str | None:
    best = max(DELIMITERS, key=line.count)
    return best if best in line else None


def delimiter_of(file: str, options: Any, skip: int) -> str | None:
    """The mark that is most often in the line where a file's table begins."""
    with _opened(file, options) as text:
        return _delimiter(next(islice(text, skip, None), ""))


def first_width(file: str, options: Any, delimiter: str, skip: int) -> int:
    """How many fields the first record below ``skip`` lines has."""
    with _opened(file, options) as text:
        below = islice(text, skip, None)
        return len(next(_records(below, skip, delimiter, options), (0, []))[1])


def head_lines(file: str, options: Any, skip: int, most: int) -> list[str]:
    """The first lines of a file below ``skip`` ones, as they end."""
    with _opened(file, options) as text:
        return [*_bounded(islice(text, skip, skip + most))]


def records_in(
    lines: Iterable[str], delimiter: str, options: Any
) -> Iterator[tuple[int, list[str]]]:
    """How many lines each record takes, and its fields. Raises csv.Error for what breaks the
    rules."""
    reader = csv.reader(lines, strict=True, **_dialect(options, delimiter))
    before = 0
    for fields in reader:
        yield reader.line_num - before, fields
        before = reader.line_num


def _first_line(file: str, options: Any) -> str:
    with _opened(file, options) as text:
        return next((line for line in text if line.strip()), "")


def records(
    file: str, options: Any, delimiter: str, strict: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Line number, of the record's first line, and fields of each record that has any.

    Raises csv.Error, with its ``line``, for what breaks the rules where they are ``strict``;
    else ends there.
    """
    with _opened(file, options) as text:
        yield from _records(text, options.skip or 0, delimiter, options, strict)


def _records(
    text: Iterable[str], start: int, delimiter: str, options: Any, strict: bool = False
) -> Iterator[tuple[int, list[str]]]:
    if len(delimiter) != 1:
        return
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(text, strict=strict, **_dialect(options, delimiter))
    skipped = start
    try:
        for fields in reader:
            if fields and not (options.comment and fields[0].startswith(options.comment)):
                yield start + 1, fields
            start = skipped + reader.line_num
    except csv.Error as error:
        if strict:
            error.line = start + 1  # type: ignore[attr-defined]
            raise


def _dialect(options: Any, delimiter: str) -> dict[str, Any]:
    quote = '"' if options.quote is None else options.quote[:1]
    escape = options.escape[:1] if options.escape else quote
    return {
        "delimiter": delimiter,
        "quotechar": quote or None,
        "quoting": csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        "doublequote": escape == quote,
        "escapechar": escape if escape != quote else None,
    }


@contextmanager
def _opened(file: str, options: Any) -> Iterator[Iterator[str]]:
    """The file's text after the lines to skip; nothing for what only DuckDB can open."""
    encoding = codec(options)
    if encoding is None or "://" in file:
        yield iter(())
        return
    opener: Any = gzip.open if options.compression == "gzip" or file.endswith(".gz") else open
    opened: IO[str]
    with opener(file, "rt", encoding=encoding, errors="replace", newline="") as opened:
        yield islice(opened, options.skip or 0, None) if not file.endswith(".zst") else iter(())


def codec(options: Any) -> str | None:
    """Python's name of the encoding of a source's files."""
    name = options.encoding or "utf-8"
    try:
        return _ENCODINGS.get(name.lower(), codecs.lookup(name).name)
    except LookupError:
        return None
