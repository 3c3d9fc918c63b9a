"""A CSV source's files as one table of text, read in another way where DuckDB cannot read them."""

from __future__ import annotations

import gzip
import mmap
import os
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, frozen

from seeknal.builtin.csvchecks import codec, delimiter_of, first_width, preamble, title_lines
from seeknal.builtin.csvcopies import cleaned, hides_name, is_native, place_of, transcoded
from seeknal.builtin.csvfaults import USUAL_LINE, explained, undecoded
from seeknal.builtin.csvlayout import Layout, parts_of, sniffed, text_sql, within_bounds
from seeknal.builtin.csvmajority import layout_of_most
from seeknal.builtin.readers import FILE, Reading, shown_name
from seeknal.plugin import Context, NodeError, Source

if TYPE_CHECKING:
    from seeknal.plugin import Origin

_T = TypeVar("_T")
_LINES = (64 * 2**20, 512 * 2**20)
"""Sizes of a line that are tried where DuckDB's own bound is too small."""
_MIXED = ("reached an invalid state", "unterminated quote")
_TOO_LONG = ("Maximum line size", "unterminated quote")


@frozen(kw_only=True)
class File:
    """A file of the source: what DuckDB opens for it, which may be a copy, and its layout."""

    original: str
    opened: str
    layout: Layout | None
    clean: bool = False


@frozen(kw_only=True)
class Table:
    """The source's files as text; ``reading`` holds what the options say of all of them.

    ``stored`` is the table of DuckDB's that holds the rows, where they were read before.
    """

    source: Source
    context: Context
    reading: Reading
    files: tuple[File, ...]
    names: tuple[str, ...] = ()
    stored: str | None = None

    @property
    def options(self) -> Any:
        return self.source.options

    @property
    def origin(self) -> Origin | None:
        """Which files the rows are from, where they are to say so."""
        return self.reading.origin({file.original: file.opened for file in self.files})

    @property
    def sql(self) -> str:
        """A SELECT of all rows, every column as text."""
        if self.stored is not None:
            return f"SELECT * FROM {self.stored}"
        files = [(file.opened, file.layout) for file in self.files]
        by_name = self.options.union_by_name is not False
        reading = self.reading
        if all(file.opened != file.original for file in self.files):
            reading = reading.with_arguments(compression=None)
        return text_sql(parts_of(files, by_name), reading)


def table_of(source: Source, reading: Reading, context: Context) -> Table:
    """The files, each with its layout. Raises NodeError for one that has none."""
    options: Any = source.options
    reading = within_bounds(reading, options)
    if reading.tells_files:
        reading = reading.with_arguments(filename=FILE)
    size = options.maximum_line_size or _longest_line(reading.files)
    reading = reading.with_arguments(maximum_line_size=None, max_line_size=size)
    table = Table(source=source, context=context, reading=reading, files=())
    for number, file in enumerate(reading.files):
        try:
            table = evolve(table, files=(*table.files, _laid_out(table, file, number)))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise NodeError(
                f"{shown_name(file, context)} is not a whole gzip file: {error}",
                code="SK0742",
                help="make it again; params: {compression: none} reads it as plain text",
            ) from error
        except UnicodeDecodeError as error:
            found = File(original=file, opened=file, layout=None)
            raise undecoded(evolve(table, files=(found,))) or error from error
    return with_names(table)


def with_names(table: Table) -> Table:
    """The table with the names of its columns."""
    relation = attempt(table, lambda given: given.context.duckdb.sql(given.sql).columns)
    return evolve(relation[0], names=tuple(name for name in relation[1] if name != FILE))


def attempt(table: Table, work: Callable[[Table], _T]) -> tuple[Table, _T]:
    """What ``work`` makes of the table, and the table as it could be read.

    Raises NodeError where it cannot be read.
    """
    import duckdb

    while True:
        try:
            return table, work(table)
        except duckdb.Error as error:
            table = read_otherwise(table, error)


def read_otherwise(table: Table, error: Exception) -> Table:
    """The table read in another way, because of what DuckDB says of it.

    Raises NodeError, with the line where it is known, when there is no other way.
    """
    text = str(error)
    size = int(str(table.reading.arguments.get("max_line_size") or USUAL_LINE))
    larger = [line for line in _LINES if line > size]
    if any(word in text for word in _TOO_LONG) and larger and not table.options.maximum_line_size:
        wanted = max(map(_size, (file.opened for file in table.files)))
        if wanted > size:
            return evolve(table, reading=table.reading.with_arguments(max_line_size=larger[0]))
    if any(word in text for word in _MIXED):
        files = tuple(
            _cleaned(table, file, number)
            if not file.clean and (table.options.compression or _is_mixed(file.opened))
            else file
            for number, file in enumerate(table.files)
        )
        if files != table.files:
            return evolve(table, files=files)
    raise explained(table, error) from error


def _laid_out(table: Table, file: str, number: int) -> File:
    """One file, read as it is or from a copy, with its layout."""
    options, context = table.options, table.context
    if "://" in file:
        return File(original=file, opened=file, layout=None)
    opened = file
    if not is_native(options.encoding):
        if codec(options) is None:
            raise NodeError(
                f"there is no encoding {options.encoding!r}",
                code="SK0742",
                help="params: {encoding: ...}: utf-8, utf-16, latin-1, cp1252, ...",
            )
        opened = transcoded(file, options, context, number)
    elif hides_name(file, options):
        opened = transcoded(file, options, context, number)
    found = File(original=file, opened=opened, layout=None)
    if options.comment:
        found = _cleaned(table, found, number)
    return _with_layout(evolve(table, files=(found,)), number)


def _with_layout(table: Table, number: int) -> File:
    import duckdb

    (file,) = table.files
    options = table.options
    try:
        layout = _layout(table, file)
    except duckdb.Error as error:
        if not file.clean and _is_mixed(file.opened):
            clean = _cleaned(table, file, number)
            return _with_layout(evolve(table, files=(clean,)), number)
        size = int(str(table.reading.arguments.get("max_line_size") or USUAL_LINE))
        if "line size" in str(error) and size < _LINES[-1] and not options.maximum_line_size:
            larger = next(line for line in _LINES if line > size)
            return _with_layout(
                evolve(table, reading=table.reading.with_arguments(max_line_size=larger)), number
            )
        skip, _ = preamble(file.opened, _options_of(table, file))
        most = _of_most(table, file, skip)
        if most is None:
            raise explained(table, error) from error
        layout = most
    return evolve(file, layout=layout)


def _of_most(table: Table, file: File, skip: int) -> Layout | None:
    import duckdb

    options = _options_of(table, file)
    reading = evolve(table.reading, files=(file.opened,))
    try:
        return layout_of_most(reading, options, skip, table.context)
    except duckdb.Error:
        return None


def _layout(table: Table, file: File) -> Layout:
    """The layout that DuckDB finds, or else that most lines have, below what of the head is not
    part of the table."""
    options, context = _options_of(table, file), table.context
    reading = evolve(table.reading, files=(file.opened,))
    if options.skip is not None:
        found = sniffed(reading, options, context)
        return _of_most(table, file, 0) or found if len(found.names) == 1 else found
    skip, delimiter = preamble(file.opened, options)
    title = title_lines(file.opened, options, skip, delimiter)
    if title is not None:
        skip, delimiter = title.lines, title.delimiter
    reading = reading.with_arguments(skip=skip)
    if delimiter and options.delimiter is None:
        reading = reading.with_arguments(delim=delimiter)
    found = sniffed(reading, options, context)
    # The head of a file tells its delimiter better than marks that are in every text below.
    shown = delimiter_of(file.opened, options, skip)
    if options.delimiter is None and delimiter is None and shown not in (None, found.delimiter):
        first = first_width(file.opened, options, found.delimiter, skip)
        if found.skip != skip or first != len(found.names):
            found = sniffed(reading.with_arguments(delim=shown), options, context)
    if len(found.names) == 1 and title is None:
        found = _of_most(table, file, skip) or found
    if title is not None and not title.remark:
        context.log.warning(
            "%s: the first %s left out as a title; params: {skip: 0} keeps them",
            shown_name(file.original, context),
            f"{skip} lines are" if skip > 1 else "line is",
        )
    return found


def _cleaned(table: Table, file: File, number: int) -> File:
    options = _options_of(table, file)
    delimiter = file.layout.delimiter if file.layout else options.delimiter or ","
    copy = place_of(table.context, f"clean-{number}", file.original)
    return evolve(file, opened=cleaned(file.opened, options, delimiter, copy), clean=True)


def _options_of(table: Table, file: File) -> Any:
    """How what DuckDB opens is written: a copy is plain UTF-8."""
    if file.opened == file.original:
        return table.options
    return evolve(table.options, encoding=None, compression=None)


def _size(file: str) -> int:
    if "://" in file or file.endswith((".gz", ".zst")):
        return _LINES[-1]
    return os.path.getsize(file)


def _longest_line(files: Sequence[str]) -> int | None:
    """The size of a line to allow for, where one is longer than DuckDB expects.

    Of a last line that is longer than its buffer, DuckDB says nothing: it leaves it out.
    """
    longest = max((_long_line(file) for file in files if "://" not in file), default=0)
    return longest + 1024 if longest else None


def _long_line(file: str) -> int:
    """Bytes of a file's longest line, 0 when none is long."""
    if file.endswith((".gz", ".zst")) or os.path.getsize(file) <= USUAL_LINE:
        return 0
    longest = place = 0
    with open(file, "rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as text:
        while place + USUAL_LINE < len(text):
            end = text.rfind(b"\n", place, place + USUAL_LINE)
            if end < 0:
                end = text.find(b"\n", place + USUAL_LINE)
                end = len(text) if end < 0 else end
                longest = max(longest, end - place)
            place = end + 1
    return longest


def _is_mixed(file: str) -> bool:
    """Whether a file's lines may end in several ways."""
    if "://" in file or file.endswith(".zst"):
        return False
    opener: Any = gzip.open if file.endswith(".gz") else open
    returns = feeds = both = 0
    last = b""
    with opener(file, "rb") as text:
        while chunk := text.read(2**22):
            returns += chunk.count(b"\r")
            feeds += chunk.count(b"\n")
            both += chunk.count(b"\r\n") + (last == b"\r" and chunk.startswith(b"\n"))
            last = chunk[-1:]
    return bool(returns and feeds) and not returns == feeds == both
