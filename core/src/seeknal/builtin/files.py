"""Sources that are files: csv, json and parquet, below the project or behind a URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import frozen

from seeknal.builtin.csvchecks import warn_of_oddities
from seeknal.builtin.paths import Located, is_url, local_files, paths_of, url_version
from seeknal.plugin import (
    Context,
    ParquetFiles,
    Rows,
    Scan,
    Source,
    SourceType,
    files_version,
    hookimpl,
    option,
    quote_identifier,
    quote_literal,
)


@frozen(kw_only=True)
class CsvOptions:
    """``params:`` of a csv source: DuckDB's own names, where it has one."""

    path: str | tuple[str, ...] | None = option(None, summary="instead of table:")
    delimiter: str | None = option(None, aliases=("delim", "sep"), summary="between fields")
    header: bool | None = option(None, summary="whether the first line names the columns")
    skip: int | None = option(None, summary="lines to leave out at the top")
    quote: str | None = None
    escape: str | None = None
    encoding: str | None = option(None, summary="utf-8, utf-16, latin-1")
    nullstr: str | tuple[str, ...] | None = option(None, summary="text that stands for NULL")
    decimal_separator: str | None = option(None, aliases=("decimal",))
    dateformat: str | None = option(None, aliases=("date_format",))
    timestampformat: str | None = option(None, aliases=("timestamp_format",))
    all_varchar: bool | None = option(None, summary="every column is text")
    ignore_errors: bool | None = option(None, summary="leave out lines that do not fit")
    null_padding: bool | None = option(None, summary="fill up lines that are too short")
    strict_mode: bool | None = None
    comment: str | None = None
    compression: str | None = None
    sample_size: int | None = None
    union_by_name: bool | None = option(None, summary="several files match by column name")
    headers: Mapping[str, str] = option(factory=dict, summary="of the HTTP request")


@frozen(kw_only=True)
class JsonOptions:
    """``params:`` of a json source."""

    path: str | tuple[str, ...] | None = option(None, summary="instead of table:")
    format: Literal["auto", "newline_delimited", "ndjson", "jsonl", "array", "unstructured"] = (
        option("auto", summary="one value a line, or one array")
    )
    compression: str | None = None
    dateformat: str | None = None
    timestampformat: str | None = None
    ignore_errors: bool | None = None
    maximum_depth: int | None = None
    maximum_object_size: int | None = None
    sample_size: int | None = None
    union_by_name: bool | None = None
    headers: Mapping[str, str] = option(factory=dict, summary="of the HTTP request")


@frozen(kw_only=True)
class ParquetOptions:
    """``params:`` of a parquet source."""

    path: str | tuple[str, ...] | None = option(None, summary="instead of table:")
    union_by_name: bool | None = option(None, summary="several files match by column name")
    hive_partitioning: bool | None = option(None, summary="folders such as day=1 are columns")
    headers: Mapping[str, str] = option(factory=dict, summary="of the HTTP request")


@frozen(kw_only=True)
class HttpOptions:
    """``params:`` of an http source: a file behind a URL, in one of the other formats."""

    path: str | None = option(None, aliases=("url",), summary="the URL, instead of table:")
    format: Literal["csv", "json", "parquet"] | None = option(None, summary="else by its ending")
    headers: Mapping[str, str] = option(factory=dict, summary="of the request")
    delimiter: str | None = option(None, summary="of a csv file")
    header: bool | None = option(None, summary="of a csv file")


_READERS = {CsvOptions: "read_csv", JsonOptions: "read_json", ParquetOptions: "read_parquet"}
_OURS = frozenset(("path", "headers", "format"))
_ENDINGS = {
    ".parquet": "read_parquet",
    ".json": "read_json",
    ".jsonl": "read_json",
    ".ndjson": "read_json",
}


@hookimpl
def source_types() -> list[SourceType]:
    return [
        SourceType(
            name="csv",
            options=CsvOptions,
            summary="delimited text",
            reads_files=True,
            aliases=("tsv",),
        ),
        SourceType(
            name="json",
            options=JsonOptions,
            summary="JSON, one value a line or an array",
            reads_files=True,
            aliases=("jsonl", "ndjson"),
        ),
        SourceType(name="parquet", options=ParquetOptions, summary="Parquet", reads_files=True),
        SourceType(
            name="http", options=HttpOptions, summary="a file behind a URL", aliases=("https",)
        ),
    ]


@hookimpl
def source_version(source: Source, context: Context) -> object | None:
    if not isinstance(source.options, CsvOptions | JsonOptions | ParquetOptions | HttpOptions):
        return None
    paths = paths_of(source)
    if any(is_url(path) for path in paths):
        return url_version(paths, dict(source.options.headers), context)
    return files_version(local_files(source, context), context.known_version)


@hookimpl
def load_source(source: Source, context: Context) -> Rows | None:
    if not isinstance(source.options, CsvOptions | JsonOptions | ParquetOptions | HttpOptions):
        return None
    files = Located.of(source, context, dict(source.options.headers)).files
    if isinstance(source.options, ParquetOptions) and _as_it_is(source, files):
        return ParquetFiles([str(files[0])])
    if isinstance(source.options, CsvOptions):
        warn_of_oddities(files, source.options, context)
    return Scan(_select(source, [str(file) for file in files]))


def _as_it_is(source: Source, files: list[Any]) -> bool:
    """Whether one file's own bytes are the source's rows."""
    typed = any(column.type for column in source.columns)
    options = source.options
    plain = isinstance(options, ParquetOptions) and not options.hive_partitioning
    return len(files) == 1 and not typed and plain and "=" not in str(files[0].parent.name)


def _select(source: Source, files: list[str]) -> str:
    reader = _reader(source)
    names = ", ".join(quote_literal(file) for file in files)
    arguments = [f"[{names}]", *_arguments(source, reader)]
    select = f"SELECT * FROM {reader}({', '.join(arguments)})"
    casts = {column.name: column.type for column in source.columns if column.type}
    if not casts or reader == "read_csv":
        return select
    replaced = ", ".join(
        f"CAST({quote_identifier(name)} AS {type}) AS {quote_identifier(name)}"
        for name, type in casts.items()
    )
    return f"SELECT * REPLACE ({replaced}) FROM ({select})"


def _reader(source: Source) -> str:
    options = source.options
    if not isinstance(options, HttpOptions):
        return _READERS[type(options)]
    if options.format:
        return f"read_{options.format}"
    path = paths_of(source)[0].split("?")[0].lower()
    return next((name for ending, name in _ENDINGS.items() if path.endswith(ending)), "read_csv")


def _arguments(source: Source, reader: str) -> list[str]:
    """The reader's named arguments: those that were given, in DuckDB's spelling."""
    from attrs import fields

    options: Any = source.options
    given = {
        attribute.name: getattr(options, attribute.name)
        for attribute in fields(type(options))
        if attribute.name not in _OURS
    }
    if isinstance(options, JsonOptions):
        lines = ("ndjson", "jsonl")
        given["format"] = "newline_delimited" if options.format in lines else options.format
    types = {column.name: column.type for column in source.columns if column.type}
    if reader == "read_csv" and types:
        given["types"] = types
    if reader == "read_json":
        given = {
            name: value for name, value in given.items() if name not in ("delimiter", "header")
        }
    return [f"{name} = {_literal(value)}" for name, value in given.items() if value is not None]


def _literal(value: object) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, Mapping):
        pairs = (f"{quote_literal(str(key))}: {_literal(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_literal(item) for item in value)}]"
    return quote_literal(str(value))
