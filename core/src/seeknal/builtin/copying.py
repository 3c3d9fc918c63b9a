"""Rows as csv, json or parquet files, written by DuckDB."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from seeknal.builtin.jsonwriting import check_json, json_value
from seeknal.plugin import (
    as_parquet,
    quote_identifier,
    quote_literal,
)

if TYPE_CHECKING:
    from seeknal.builtin.options.filetarget import FileOptions, Format
    from seeknal.plugin import (
        Column,
        Context,
        Relation,
    )

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_JSON = ("json", "ndjson", "jsonl")
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


def copy_rows(
    format: Format, options: FileOptions, relation: Relation, path: Path, context: Context
) -> int:
    """Write ``relation`` to ``path``; gives the number of rows.

    Raises DeliveryError for a value that the format cannot hold.
    """
    if format in _JSON:
        check_json(relation, context)
    select = f"SELECT {_columns(format, options, relation)} FROM {relation.scan}"
    if format == "parquet":
        select = as_parquet(select, relation.columns)
    how = ", ".join(
        f"{name} {value}" for name, value in _settings(format, options).items() if value
    )
    statement = f"COPY ({select}) TO {quote_literal(str(path))} ({how})"
    done: Any = context.duckdb.execute(statement).fetchone()
    return int(done[0])


def _columns(format: Format, options: FileOptions, relation: Relation) -> str:
    changed = {
        column.name: expression
        for column in relation.columns
        if (expression := _expression(format, options, column))
    }
    if not changed:
        return "*"
    items = ", ".join(f"{what} AS {quote_identifier(name)}" for name, what in changed.items())
    return f"* REPLACE ({items})"


def _expression(format: Format, options: FileOptions, column: Column) -> str | None:
    """What is written for a column; None for its value as it is."""
    name = quote_identifier(column.name)
    if format in _JSON:
        return json_value(column)
    if format == "csv" and options.excel_safe and _is_text(column):
        starts = ", ".join(map(quote_literal, _DANGEROUS))
        text = f"CAST({name} AS VARCHAR)"
        return f"CASE WHEN left({text}, 1) IN ({starts}) THEN '''' || {text} ELSE {text} END"
    return None


def _is_text(column: Column) -> bool:
    return column.type in ("VARCHAR", "JSON") or column.type.startswith("ENUM")


def _settings(format: Format, options: FileOptions) -> dict[str, str | None]:
    """The settings of COPY, those that are None left out."""
    if format == "parquet":
        return {"FORMAT": "parquet", "COMPRESSION": quote_literal(options.compression or "zstd")}
    compression = options.compression or _COMPRESSIONS.get(PurePath(options.path).suffix.lower())
    common = {"COMPRESSION": _quoted(compression)}
    if format == "csv":
        return {"FORMAT": "csv", **_csv(options), **common}
    array = options.array if options.array is not None else format == "json"
    return {"FORMAT": "json", "ARRAY": str(array).lower(), **common}


def _csv(options: FileOptions) -> dict[str, str | None]:
    tabs = "\t" if ".tsv" in PurePath(options.path.lower()).suffixes else None
    return {
        "HEADER": str(options.header).lower(),
        "DELIMITER": _quoted(options.delimiter or tabs),
        "NULLSTR": _quoted(options.nullstr),
        "DATEFORMAT": _quoted(options.dateformat),
        "TIMESTAMPFORMAT": _quoted(options.timestampformat),
    }


def _quoted(value: str | None) -> str | None:
    return None if value is None else quote_literal(value)
