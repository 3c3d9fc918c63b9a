"""The rows of CSV files: what DuckDB would read silently otherwise than meant is said here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from seeknal.builtin.csvchecks import find_ragged_line, oddities
from seeknal.builtin.declared import declared_types, match_columns, no_rows
from seeknal.builtin.readers import Reading, columns_of, shown_name
from seeknal.builtin.rejects import rows_and_rejects
from seeknal.plugin import Context, NodeError, Rows, Scan, Source


def csv_rows(source: Source, reading: Reading, context: Context) -> Rows:
    """The rows of the source's files.

    Raises NodeError that names the line for lines of different length, unless the options say
    what happens to them.
    """
    options: Any = source.options
    declared = declared_types(source, context)
    full = _without_empty(reading.files, context)
    if not full and declared:
        return no_rows(declared)
    reading = evolve(reading, files=tuple(full or reading.files[:1]))
    keep_rejects = bool(options.ignore_errors or options.reject_file)
    if keep_rejects:
        reading = reading.with_arguments(ignore_errors=True)
    columns = _columns(reading, source, context) if full else {}
    for file in full:
        for message in oddities(file, list(columns), options):
            context.log.warning("%s: %s", shown_name(file, context), message)
    types = match_columns(declared, columns, source) if declared else None
    reading = reading.with_arguments(types=types)
    if keep_rejects:
        return rows_and_rejects(source, reading, context)
    return Scan(f"SELECT * FROM {reading.sql}")


def _without_empty(files: Sequence[str], context: Context) -> list[str]:
    full = [file for file in files if "://" in file or os.path.getsize(file)]
    for file in files:
        if file not in full:
            context.log.warning("%s is empty: it gives no rows", shown_name(file, context))
    return full


def _columns(reading: Reading, source: Source, context: Context) -> Mapping[str, str]:
    try:
        columns = columns_of(reading, source, context)
    except NodeError as error:
        raise _ragged(reading, source, context, None) or error from error
    if len(columns) == 1:
        # DuckDB takes whole lines for a column when they do not all have the same fields.
        (only,) = columns
        if ragged := _ragged(reading, source, context, only):
            raise ragged
    return columns


def _ragged(
    reading: Reading, source: Source, context: Context, only: str | None
) -> NodeError | None:
    """The error that names the first line of another length, when that is what is wrong.

    ``only``: the name of the one column that was found.
    """
    options: Any = source.options
    if options.null_padding or options.ignore_errors or options.reject_file:
        return None
    for file in reading.files:
        found = find_ragged_line(file, options, only)
        if found is not None:
            return NodeError(
                f"{source.node}: {shown_name(file, context)}, line {found.line}: {found.fields}"
                f" fields where the first line has {found.expected}",
                code="SK0744",
                help="mend the line; or params: {ignore_errors: true} leaves such lines out,"
                " {null_padding: true} fills up short ones, {delimiter: ...} says what is between",
            )
    return None
