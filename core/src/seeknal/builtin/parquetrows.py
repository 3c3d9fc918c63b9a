"""The rows of Parquet files."""

from __future__ import annotations

from seeknal.builtin.declared import cast, declared_types, match_columns
from seeknal.builtin.readers import Reading, columns_of
from seeknal.plugin import Context, ParquetFiles, Rows, Scan, Source


def parquet_rows(source: Source, reading: Reading, context: Context) -> Rows:
    """The rows of the source's files; of one file that needs no cast, its own bytes."""
    columns = columns_of(reading, source, context)
    types = match_columns(declared_types(source, context), columns, source)
    casts = {name: type for name, type in types.items() if type != columns[name]}
    if not casts and _is_plain(reading):
        return ParquetFiles(reading.files)
    return Scan(cast(f"SELECT * FROM {reading.sql}", casts))


def _is_plain(reading: Reading) -> bool:
    """Whether there is one file here whose columns are all of the source's columns."""
    (file, *others), folders = reading.files, reading.arguments["hive_partitioning"]
    return not others and not folders and "://" not in file
