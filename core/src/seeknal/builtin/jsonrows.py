"""The rows of JSON files."""

from __future__ import annotations

from typing import Any

from seeknal.builtin.declared import cast, declared_types, match_columns, no_rows
from seeknal.builtin.readers import Reading, columns_of, shown_name
from seeknal.plugin import Context, NodeError, Rows, Scan, Source, did_you_mean, quote_identifier

_FORMATS = {"ndjson": "newline_delimited", "jsonl": "newline_delimited"}


def json_rows(source: Source, reading: Reading, context: Context) -> Rows:
    """The rows of the source's files, or of the list in them that ``records:`` names."""
    options: Any = source.options
    format = _FORMATS.get(options.format, options.format)
    reading = reading.with_arguments(format=format)
    columns = columns_of(reading, source, context)
    declared = declared_types(source, context)
    if list(columns) == ["json"] and _has_no_rows(reading, context):
        context.log.warning("%s holds no rows", shown_name(reading.files[0], context))
        return no_rows(declared) if declared else Scan(f"SELECT * FROM {reading.sql}")
    select = f"SELECT * FROM {reading.sql}"
    if options.records:
        select = _records(options.records, reading, source, columns)
        columns = _fields(select, reading, source, context)
    return Scan(cast(select, match_columns(declared, columns, source)))


def _has_no_rows(reading: Reading, context: Context) -> bool:
    return not context.duckdb.execute(f"SELECT 1 FROM {reading.sql} LIMIT 1").fetchall()


def _records(path: str, reading: Reading, source: Source, columns: dict[str, str]) -> str:
    """The list at ``path`` as rows, the fields of its values as columns."""
    first, *others = path.split(".")
    if first not in columns:
        raise NodeError(
            f"the file has no {first!r} (records: {path})",
            code="SK0745",
            help=did_you_mean(first, columns) or f"it has {', '.join(columns)}",
        )
    place = ".".join(map(quote_identifier, [first, *others]))
    return f"SELECT unnest(item) FROM (SELECT unnest({place}) AS item FROM {reading.sql})"


def _fields(select: str, reading: Reading, source: Source, context: Context) -> dict[str, str]:
    import duckdb

    try:
        return dict.fromkeys(context.duckdb.sql(select).columns, "")
    except duckdb.BinderException as error:
        options: Any = source.options
        raise NodeError(
            f"{shown_name(reading.files[0], context)} holds no list of rows at {options.records!r}",
            code="SK0745",
            help=str(error).splitlines()[0],
        ) from error
