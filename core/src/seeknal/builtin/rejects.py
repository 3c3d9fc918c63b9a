"""CSV lines that do not fit: left out, counted, and kept in a file of their own."""

from __future__ import annotations

from typing import Any

from seeknal.builtin.readers import Reading, shown_name, unreadable
from seeknal.plugin import Context, Rows, Scan, Source, quote_literal, replacing

_ROWS, _ERRORS, _FILES = "csv_rows", "csv_rejects", "csv_reject_files"
_REJECTS = f"{_ERRORS} JOIN {_FILES} USING (scan_id, file_id)"
_EVERY_LINE = (
    "SELECT file_path AS file, line, column_name AS column, error_message AS error,"
    f" csv_line AS text FROM {_REJECTS} ORDER BY file_id, line, column_idx"
)


def rows_and_rejects(source: Source, reading: Reading, context: Context) -> Rows:
    """The rows that fit; a warning says how many lines did not and which was the first.

    The file is read here, because only afterwards is it known what was left out.
    """
    import duckdb

    keeping = reading.with_arguments(
        ignore_errors=True,
        store_rejects=True,
        rejects_table=_ERRORS,
        rejects_scan=_FILES,
        rejects_limit=0,
    )
    for table in (_ERRORS, _FILES):
        context.duckdb.execute(f"DROP TABLE IF EXISTS temp.{table}")
    try:
        context.duckdb.execute(f"CREATE OR REPLACE TEMP TABLE {_ROWS} AS FROM {keeping.sql}")
    except duckdb.InvalidInputException as error:
        raise unreadable(error, reading, source, context) from error
    _report(source, context)
    return Scan(f"SELECT * FROM temp.{_ROWS}")


def _report(source: Source, context: Context) -> None:
    options: Any = source.options
    counted = f"SELECT count(DISTINCT (file_id, line)) FROM {_REJECTS}"
    (count,) = context.duckdb.execute(counted).fetchall()[0]
    if options.reject_file:
        path = context.resolve(options.reject_file)
        with replacing(path) as temporary:
            context.duckdb.execute(
                f"COPY ({_EVERY_LINE}) TO {quote_literal(str(temporary))} (FORMAT csv, HEADER)"
            )
    if not count:
        return
    file, line, column, error, _ = context.duckdb.execute(f"{_EVERY_LINE} LIMIT 1").fetchall()[0]
    where = f", column {column!r}" if column else ""
    context.log.warning(
        "%s left out, the first of %s is line %s%s: %s",
        f"{count:,} line{'s' if count > 1 else ''}",
        shown_name(file, context),
        line,
        where,
        error,
    )
