"""The rows of Parquet files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seeknal.builtin.declared import cast, declared_types, match_columns
from seeknal.builtin.readers import FILE, columns_of
from seeknal.plugin import ParquetFiles, Scan, condition_within, quote_literal

if TYPE_CHECKING:
    from seeknal.builtin.readers import Reading
    from seeknal.plugin import Context, Rows, Source

_NUMBERED = re.compile(r"(.+)_\d+")


def parquet_rows(source: Source, reading: Reading, context: Context) -> Rows:
    """The rows of the source's files; of one file that needs no cast, its own bytes."""
    columns = columns_of(reading, source, context)
    _tell_renamed(list(columns), reading, context)
    types = match_columns(declared_types(source, context), columns, source)
    casts = {name: type for name, type in types.items() if type != columns[name]}
    where = condition_of(source, columns, types)
    if not casts and not where and _is_plain(reading):
        return ParquetFiles(reading.files, origin=reading.origin())
    if reading.tells_files:
        reading = reading.with_arguments(filename=FILE)
    select = f"SELECT * FROM {reading.sql}" + (f" WHERE {where}" if where else "")
    return Scan(cast(select, casts), origin=reading.origin())


def condition_of(
    source: Source, columns: Mapping[str, str], declared: Mapping[str, str]
) -> str | None:
    """What leaves out row groups and folders without a row of the range that is asked for."""
    if source.within is None:
        return None
    wanted = source.within.column.lower()
    name = next((name for name in columns if name.lower() == wanted), None)
    if name is None:
        return None
    return condition_within(source.within, name, columns[name], declared.get(name))


def _tell_renamed(names: list[str], reading: Reading, context: Context) -> None:
    """Warn of columns that DuckDB numbered because the file has two of one name."""
    lower = [name.lower() for name in names]
    numbered = [
        (found, name)
        for place, name in enumerate(names)
        if (found := _NUMBERED.fullmatch(name)) and found[1].lower() in lower[:place]
    ]
    if not numbered:
        return
    files = ", ".join(map(quote_literal, reading.files))
    query: Any = context.duckdb.execute(f"SELECT name FROM parquet_schema([{files}])")
    real = {row[0] for row in query.fetchall()}
    for found, name in numbered:
        if name not in real:
            context.log.warning("column %r occurs again: it is called %r", found[1], name)


def _is_plain(reading: Reading) -> bool:
    """Whether there is one file here whose columns are all of the source's columns."""
    (file, *others), folders = reading.files, reading.arguments["hive_partitioning"]
    return not others and not folders and "://" not in file
