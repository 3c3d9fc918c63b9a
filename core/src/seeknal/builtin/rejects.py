"""CSV lines that do not fit: left out, counted, and kept in a file of their own."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.builtin.csvkinds import kinds_of
from seeknal.builtin.csvplaces import places_of
from seeknal.builtin.csvtable import attempt
from seeknal.builtin.csvtypes import decided, fitting, kinds_of_all_rows, misfits, select_of
from seeknal.builtin.readers import shown_name
from seeknal.plugin import Scan, quote_literal, replacing

if TYPE_CHECKING:
    from seeknal.builtin.csvkinds import Kind
    from seeknal.builtin.csvtable import Table
    from seeknal.plugin import Rows

_ROWS, _ERRORS, _FILES = "csv_rows", "csv_rejects", "csv_reject_files"
_LINE = '"file": VARCHAR, "line": BIGINT, "column": VARCHAR, "error": VARCHAR, "text": VARCHAR'


_KEPT = 10_000
"""Characters that DuckDB keeps of what it leaves out."""


def rows_and_rejects(table: Table, declared: Mapping[str, Kind]) -> Rows:
    """The rows that fit; a warning says how many lines did not and which was the first.

    The files are read here, because only afterwards is it known what was left out.
    """
    keeping = table.reading.with_arguments(
        ignore_errors=True,
        store_rejects=True,
        rejects_table=_ERRORS,
        rejects_scan=_FILES,
        rejects_limit=0,
    )
    table, _ = attempt(evolve(table, reading=keeping), _store)
    stored = evolve(table, stored=f"temp.{_ROWS}")
    known = {name: kinds_of(table.options) for name in table.names if name not in declared}
    kinds = {**decided(stored, *kinds_of_all_rows(stored, known)), **declared}
    wrong = misfits(stored, declared, limit=None)
    _report(table, _every_line(table, declared, wrong))
    fit = " AND ".join(fitting(name, declared[name]) for name in wrong)
    kept = evolve(stored, stored=f"(FROM {stored.stored} WHERE {fit})") if wrong else stored
    return Scan(select_of(kept, kinds, frozenset()), origin=table.origin)


def _store(table: Table) -> None:
    for name in (_ERRORS, _FILES):
        table.context.duckdb.execute(f"DROP TABLE IF EXISTS temp.{name}")
    table.context.duckdb.execute(f"CREATE OR REPLACE TEMP TABLE {_ROWS} AS {table.sql}")


def _every_line(
    table: Table, declared: Mapping[str, Kind], wrong: Mapping[str, Collection[str]]
) -> str:
    """A SELECT of the lines that DuckDB left out, and of those with a value that does not fit."""
    lines = (
        "SELECT file_path AS file, line, column_name AS column, error_message AS error,"
        f" csv_line AS text FROM {_ERRORS} JOIN {_FILES} USING (scan_id, file_id)"
    )
    if not wrong:
        return f"{lines} ORDER BY ALL"
    path = table.context.workdir / "misfits.csv"
    _write_misfits(table, declared, wrong, path)
    others = (
        f"SELECT * FROM read_csv({quote_literal(str(path))}, auto_detect = false, header = false,"
        f" columns = {{{_LINE.replace('BIGINT', quote_literal('BIGINT'))}}}, delim = ',',"
        " quote = '\"', escape = '\"', max_line_size = 500000000)"
    ).replace(": VARCHAR", ": 'VARCHAR'")
    return f"SELECT * FROM ({lines} UNION ALL {others}) ORDER BY ALL"


def _write_misfits(
    table: Table,
    declared: Mapping[str, Kind],
    wrong: Mapping[str, Collection[str]],
    path: Path,
) -> None:
    wanted = {name: frozenset(values) for name, values in wrong.items()}
    opened = {shown_name(file.original, table.context): file.opened for file in table.files}
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        for place in places_of(table, wanted):
            text = ",".join(place.fields)
            error = f"{place.value!r} is not exactly a {declared[place.column].type}"
            writer.writerow([opened[place.file], place.line, place.column, error, text])


def _report(table: Table, lines: str) -> None:
    context, options = table.context, table.options
    count, cut = context.duckdb.execute(_count_of(lines)).fetchall()[0]
    if options.reject_file:
        path = context.resolve(options.reject_file)
        with replacing(path) as temporary:
            context.duckdb.execute(
                f"COPY ({lines}) TO {quote_literal(str(temporary))} (FORMAT csv, HEADER)"
            )
    if not count:
        return
    file, line, column, error, _ = context.duckdb.execute(f"{lines} LIMIT 1").fetchall()[0]
    originals = {entry.opened: entry.original for entry in table.files}
    where = f", column {column!r}" if column else ""
    context.log.warning(
        "%s left out, the first of %s is line %s%s: %s",
        f"{'at least ' if cut else ''}{count:,} line{'s' if count > 1 else ''}",
        shown_name(originals.get(file, file), context),
        line,
        where,
        error,
    )


def _count_of(lines: str) -> str:
    """A SELECT of how many lines of text are left out, and whether there may be more of them.

    A quote that is not closed takes the lines behind it along; DuckDB keeps the head of them.
    """
    body = "trim(text, chr(10) || chr(13))"
    ends = " , ".join(
        f"length({body}) - length(replace({body}, {end}, ''))" for end in ("chr(10)", "chr(13)")
    )
    records = (
        f"SELECT max(greatest({ends})) AS ends, max(length(text)) AS length FROM ({lines})"
        " GROUP BY file, line"
    )
    return (
        "SELECT coalesce(sum(1 + coalesce(ends, 0)), 0)::BIGINT,"
        f" coalesce(bool_or(ends > 0 AND length >= {_KEPT}), false) FROM ({records})"
    )
