"""The rows of CSV files: what DuckDB would read silently otherwise than meant is said here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from seeknal.builtin.csvchecks import (
    are_without_fields,
    find_ragged_line,
    may_have_title,
    oddities,
    preamble,
)
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
    # Left to itself, DuckDB skips whole blocks of lines whose length is not that of the others.
    reading = _from_the_first_line(evolve(reading, files=tuple(full or reading.files[:1])), options)
    keep_rejects = bool(options.ignore_errors or options.reject_file)
    if keep_rejects:
        reading = reading.with_arguments(ignore_errors=True)
    columns = _columns(reading, source, context) if full else {}
    if len(columns) == 1 and options.skip is None and (title := _title(reading, options, context)):
        reading = reading.with_arguments(skip=title)
        columns = _columns(reading, source, context)
    for file in full:
        for message in oddities(file, list(columns), options):
            context.log.warning("%s: %s", shown_name(file, context), message)
    types = match_columns(declared, columns, source) if declared else None
    reading = reading.with_arguments(types=types)
    if keep_rejects:
        return rows_and_rejects(source, reading, context)
    return Scan(f"SELECT * FROM {reading.sql}")


def _from_the_first_line(reading: Reading, options: Any) -> Reading:
    """The reading without the blank lines and the ``sep=;`` of Excel's that come first."""
    if options.skip is not None:
        return reading
    found = {preamble(file, options) for file in reading.files}
    lines, delimiter = found.pop() if len(found) == 1 else (0, None)
    more = {"delim": delimiter} if delimiter and options.delimiter is None else {}
    return reading.with_arguments(skip=lines, **more)


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
        known = error if error.help else _ragged(reading, source, context, None)
        raise known or error from error
    if len(columns) == 1:
        # DuckDB takes whole lines for a column when they do not all have the same fields.
        (only,) = columns
        if ragged := _ragged(reading, source, context, only):
            raise ragged
    return columns


def _title(reading: Reading, options: Any, context: Context) -> int:
    """How many lines above the header are a title: text without fields. 0 when none is."""
    file = reading.files[0]
    if not may_have_title(file, options):
        return 0
    settings = reading.with_arguments(skip=None, union_by_name=None, hive_partitioning=None)
    sniffed = evolve(settings, function="sniff_csv").one_file_sql
    found = context.duckdb.execute(f"SELECT SkipRows, Delimiter FROM {sniffed}").fetchall()
    skipped, delimiter = found[0]
    if not skipped or not are_without_fields(file, options, skipped, delimiter):
        return 0
    context.log.warning(
        "%s: the first %s left out as a title; params: {skip: 0} keeps them",
        shown_name(file, context),
        f"{skipped} lines are" if skipped > 1 else "line is",
    )
    return int(skipped)


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
                f"{shown_name(file, context)}, line {found.line}: {found.fields}"
                f" field{'s' if found.fields != 1 else ''} where the first line has"
                f" {found.expected}",
                code="SK0744",
                help="mend the line; or params: {ignore_errors: true} leaves such lines out,"
                " {null_padding: true} fills up short ones, {delimiter: ...} says what is between",
            )
    return None
