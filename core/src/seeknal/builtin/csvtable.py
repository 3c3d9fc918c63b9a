"""A CSV source's files as one table of text, and what is done when DuckDB cannot read them."""

from __future__ import annotations

import gzip
import mmap
import os
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve, frozen

from seeknal.builtin.csvchecks import (
    can_look,
    codec,
    delimiter_of,
    find_ragged_line,
    first_fault,
    first_longer,
    first_width,
    head_lines,
    preamble,
    records,
    title_lines,
    undecodable,
)
from seeknal.builtin.csvcopies import cleaned, hides_name, is_native, place_of, transcoded
from seeknal.builtin.csvlayout import Layout, parts_of, sniffed, text_sql, within_bounds
from seeknal.builtin.csvmost import layout_of_most
from seeknal.builtin.readers import Reading, shown_name, unreadable
from seeknal.plugin import Context, NodeError, Source

_T = TypeVar("_T")
_USUAL_LINE = 2_000_000
_LINES = (64 * 2**20, 512 * 2**20)
"""Sizes of a line that are tried where DuckDB's own bound is too small."""
_MIXED = ("reached an invalid state", "unterminated quote")
_ENCODED = ("unicode", "not utf-8 encoded")
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
            raise _undecoded(evolve(table, files=(found,))) or error from error
    return named(table)


def named(table: Table) -> Table:
    """The table with the names of its columns."""
    relation = attempted(table, lambda given: given.context.duckdb.sql(given.sql).columns)
    return evolve(relation[0], names=tuple(relation[1]))


def attempted(table: Table, work: Callable[[Table], _T]) -> tuple[Table, _T]:
    """What ``work`` makes of the table, and the table as it could be read.

    Raises NodeError where it cannot be read.
    """
    import duckdb

    while True:
        try:
            return table, work(table)
        except duckdb.Error as error:
            table = mended(table, error)


def mended(table: Table, error: Exception) -> Table:
    """The table read in another way, because of what DuckDB says of it.

    Raises NodeError, with the line where it is known, when there is no other way.
    """
    text = str(error)
    size = int(str(table.reading.arguments.get("max_line_size") or _USUAL_LINE))
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


def explained(table: Table, error: Exception) -> NodeError:
    """DuckDB's complaint about a table, with the line that is the cause where one is found."""
    said = unreadable(_of_originals(table, error), table.reading, table.source, table.context)
    if any(word in str(error) for word in _ENCODED):
        return _undecoded(table) or said
    if "Maximum line size" in str(error) and (found := _too_long(table)):
        return found
    found = ragged(table) or _fault(table, error)
    return found or (_without_layout(table) if "sniffing" in str(error) else said)


def _too_long(table: Table) -> NodeError | None:
    size = int(str(table.reading.arguments.get("max_line_size") or _USUAL_LINE))
    for file in table.files:
        if (line := first_longer(file.opened, size)) is not None:
            return NodeError(
                f"{shown_name(file.original, table.context)}, line {line} has more than {size:,}"
                " bytes",
                code="SK0742",
                help="params: {maximum_line_size: ...} says how many bytes a line may have",
            )
    return None


def _without_layout(table: Table) -> NodeError:
    file, options = table.files[-1], table.options
    shown = shown_name(file.original, table.context)
    skipped = options.skip and can_look(file.original, options)
    if skipped and not head_lines(file.original, options, 0, 1):
        return NodeError(
            f"{shown} has no line below those that skip: {options.skip} leaves out",
            code="SK0742",
            help="params: {skip: ...} says how many lines are above the table",
        )
    return NodeError(
        f"{shown}: its lines do not show how they are divided into fields",
        code="SK0742",
        help="params: {delimiter: ..., quote: ..., escape: ..., skip: ...} say how it is written",
    )


def _undecoded(table: Table) -> NodeError | None:
    for file in table.files:
        if (line := undecodable(file.opened)) is not None:
            return NodeError(
                f"{shown_name(file.original, table.context)}, line {line}: it is not in utf-8",
                code="SK0742",
                help="params: {encoding: latin-1} or {encoding: utf-16}",
            )
    return None


def _of_originals(table: Table, error: Exception) -> Exception:
    text = str(error)
    for file in table.files:
        text = text.replace(file.opened, shown_name(file.original, table.context))
    return type(error)(text)


def ragged(table: Table, only: str | None = None) -> NodeError | None:
    """The error that names the first line of another length, when that is what is wrong."""
    options = table.options
    if options.ignore_errors or options.reject_file:
        return None
    for file in table.files:
        delimiter = file.layout.delimiter if file.layout else options.delimiter
        found = find_ragged_line(file.original, options, delimiter, only)
        if found is not None:
            return NodeError(
                f"{shown_name(file.original, table.context)}, line {found.line}: {found.fields}"
                f" field{'s' if found.fields != 1 else ''} where the first line has"
                f" {found.expected}",
                code="SK0744",
                help="mend the line; or params: {ignore_errors: true} leaves such lines out,"
                " {null_padding: true} fills up short ones, {delimiter: ...} says what is"
                ' between, {comment: "#"} leaves out remarks',
            )
    return None


def _fault(table: Table, error: Exception) -> NodeError | None:
    """The error for the first line that breaks the rules of CSV, when that is what is wrong."""
    if not re.search("quote|CSV Error|invalid state|sniffing", str(error)):
        return None
    return broken(table, None)


def broken(table: Table, only: str | None) -> NodeError | None:
    """The error for the first line that breaks the rules of CSV.

    ``only``: the name of the one column that DuckDB made of the files.
    """
    for file in table.files:
        delimiter = file.layout.delimiter if file.layout and only is None else None
        found = first_fault(file.original, table.options, delimiter, only)
        if found is not None:
            line, what = found
            return NodeError(
                f"{shown_name(file.original, table.context)}, line {line}: {what}",
                code="SK0771",
                help="mend the line; or params: {quote: ..., escape: ...} say what is around"
                " fields, {ignore_errors: true} leaves such lines out",
            )
    return None


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
        size = int(str(table.reading.arguments.get("max_line_size") or _USUAL_LINE))
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
    if file.endswith((".gz", ".zst")) or os.path.getsize(file) <= _USUAL_LINE:
        return 0
    longest = place = 0
    with open(file, "rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as text:
        while place + _USUAL_LINE < len(text):
            end = text.rfind(b"\n", place, place + _USUAL_LINE)
            if end < 0:
                end = text.find(b"\n", place + _USUAL_LINE)
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


@frozen(kw_only=True)
class Place:
    """Where a value stands in a file."""

    file: str
    line: int
    column: str
    value: str
    fields: Sequence[str]


def places_of(table: Table, wanted: Mapping[str, Collection[str]]) -> Iterator[Place]:
    """Where the wanted values of some columns stand, in order of the files' lines."""
    for file in table.files:
        if file.layout is None:
            continue
        names = file.layout.names
        columns = [(n, name, wanted[name]) for n, name in enumerate(names) if name in wanted]
        shown = shown_name(file.original, table.context)
        for line, fields in _rows_of(table, file, file.layout):
            for n, name, values in columns:
                if n < len(fields) and fields[n] in values:
                    yield Place(file=shown, line=line, column=name, value=fields[n], fields=fields)


def _rows_of(table: Table, file: File, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """The records of a file below its head."""
    found = records(file.original, table.options, layout.delimiter)
    above = layout.skip if file.opened == file.original else 0
    below = (entry for entry in found if entry[0] > above)
    return islice(below, 1 if layout.header else 0, None)


def shown_file(table: Table) -> str:
    """What to call the source's files in a message."""
    first = shown_name(table.files[0].original, table.context)
    others = len(table.files) - 1
    return first if not others else f"{Path(first).as_posix()} and {others:,} more"
