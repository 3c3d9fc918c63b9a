"""How CSV files are laid out: what is between fields and above them, and what the columns are
called.

DuckDB looks for it in the head of each file, within bounds: what is around a field is `"` unless
the options say something else, and nothing is a remark. Then all of the file is read by it, so
that a line that does not follow it is an error and not read in another way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.plugin import quote_identifier

if TYPE_CHECKING:
    from seeknal.builtin.readers import Reading
    from seeknal.plugin import Context

_NO_DELIMITER = "\x1f"
"""Stands for the delimiter of a file of one column: what no text has in it."""
_MOST_PARTS = 100
"""Parts of one query; beyond that, files of one layout are read together, out of their order."""
# Arguments of the reader by which DuckDB looks for a layout, by which files are read once it is
# known, and those that count only where it is not.
_SNIFFED = (
    *("delim", "quote", "escape", "header", "skip", "nullstr", "decimal_separator", "dateformat"),
    *("timestampformat", "strict_mode", "null_padding", "ignore_errors", "compression"),
    *("sample_size", "max_line_size"),
)
_READ = (
    *("quote", "escape", "nullstr", "allow_quoted_nulls", "null_padding", "strict_mode"),
    *("ignore_errors", "compression", "hive_partitioning", "max_line_size", "store_rejects"),
    *("rejects_table", "rejects_scan", "rejects_limit", "filename"),
)
_ELSEWHERE = ("delim", "header", "skip", "encoding", "comment", "union_by_name", "sample_size")


@frozen(kw_only=True)
class Layout:
    """How the lines of one file are to be read."""

    delimiter: str
    header: bool
    skip: int
    names: tuple[str, ...]


@frozen(kw_only=True)
class Part:
    """Files that are read by one call; ``layout`` is None where DuckDB finds it out as it reads."""

    files: tuple[str, ...]
    layout: Layout | None


def within_bounds(reading: Reading, options: Any) -> Reading:
    """The reading with quotes and remarks as the options say, not as a head suggests."""
    quote = '"' if options.quote is None else options.quote
    escape = quote if options.escape is None else options.escape
    return reading.with_arguments(quote=quote, escape=escape)


def sniffed(reading: Reading, options: Any, context: Context) -> Layout:
    """The layout of the first of the reading's files. Raises duckdb.Error where there is none."""
    kept = {name: reading.arguments.get(name) for name in _SNIFFED}
    call = evolve(reading, function="sniff_csv", arguments={**kept, "comment": ""}).one_file_sql
    found = context.duckdb.execute(
        f"SELECT Delimiter, HasHeader, SkipRows, Columns FROM {call}"
    ).fetchall()
    delimiter, header, skip, columns = found[0]
    names = tuple(column["name"] for column in columns)
    if len(names) == 1 and reading.arguments.get("delim") is None:
        delimiter = _NO_DELIMITER
    header = header if options.header is None else options.header
    return Layout(delimiter=delimiter, header=header, skip=skip, names=names)


def parts_of(files: Sequence[tuple[str, Layout | None]], by_name: bool) -> tuple[Part, ...]:
    """Files of one layout together, in their order unless they alternate too often."""
    if not by_name:
        return (Part(files=tuple(file for file, _ in files), layout=files[0][1]),)
    groups = [(layout, [*group]) for layout, group in groupby(files, key=lambda entry: entry[1])]
    if len(groups) > _MOST_PARTS:
        together: dict[Layout | None, list[tuple[str, Layout | None]]] = {}
        for entry in files:
            together.setdefault(entry[1], []).append(entry)
        groups = [*together.items()]
    return tuple(
        Part(files=tuple(file for file, _ in group), layout=layout) for layout, group in groups
    )


def text_sql(parts: Sequence[Part], reading: Reading) -> str:
    """A SELECT of every column as the text that is in the files."""
    return " UNION ALL BY NAME ".join(_part_sql(part, reading) for part in parts)


def _part_sql(part: Part, reading: Reading) -> str:
    """A file's own column stays where a folder has its name."""
    taken = [*_taken(part, reading)]
    call = evolve(reading, files=part.files, arguments=_arguments(part, reading, taken))
    if not taken:
        return f"SELECT * FROM {call.sql}"
    assert part.layout is not None
    folders = [name for name in folders_of(part.files[0]) if name.lower() not in taken]
    items = [
        f"{quote_identifier(_aside(name))} AS {quote_identifier(name)}"
        if name.lower() in taken
        else quote_identifier(name)
        for name in (*part.layout.names, *folders)
    ]
    if (file := reading.arguments.get("filename")) is not None:
        items.append(quote_identifier(str(file)))
    return f"SELECT {', '.join(items)} FROM {call.sql}"


def _arguments(part: Part, reading: Reading, taken: Sequence[str]) -> Mapping[str, object]:
    given = reading.arguments
    read = {name: given.get(name) for name in _READ} | {"hive_types_autocast": False}
    if part.layout is None:
        return {**{name: given.get(name) for name in _ELSEWHERE}, **read, "all_varchar": True}
    names = [_aside(name) if name.lower() in taken else name for name in part.layout.names]
    return {
        **read,
        "auto_detect": False,
        "columns": dict.fromkeys(names, "VARCHAR"),
        "delim": part.layout.delimiter,
        "header": part.layout.header,
        "skip": part.layout.skip,
    }


def _taken(part: Part, reading: Reading) -> Iterator[str]:
    if part.layout is None or not reading.arguments.get("hive_partitioning"):
        return
    folders = {name.lower() for name in folders_of(part.files[0])}
    for name in part.layout.names:
        if name.lower() in folders:
            yield name.lower()


def _aside(name: str) -> str:
    return f"{name} in the file"


def folders_of(file: str) -> list[str]:
    """The columns that a file's folders are, such as ``day`` of ``day=1``."""
    return re.findall(r"([^/=]+)=[^/=]*/", file)
