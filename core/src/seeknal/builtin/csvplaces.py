"""Where values stand in the files of a CSV source."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.builtin.csvchecks import records
from seeknal.builtin.readers import shown_name

if TYPE_CHECKING:
    from seeknal.builtin.csvlayout import Layout
    from seeknal.builtin.csvtable import File, Table


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
