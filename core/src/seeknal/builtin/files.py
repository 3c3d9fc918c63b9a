"""Sources that are files: csv, json and parquet, below the project or behind a URL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.builtin.paths import located, version_of_files
from seeknal.plugin import SourceType, hookimpl

if TYPE_CHECKING:
    from seeknal.builtin.readers import Reading
    from seeknal.plugin import Rows, Source, SourceContext


_OPTIONS = "seeknal.builtin.options"
_NAMES = ("csv", "tsv", "json", "jsonl", "ndjson", "parquet", "http", "https")
_ENDINGS = {".parquet": "parquet", ".json": "json", ".jsonl": "json", ".ndjson": "json"}


@hookimpl
def source_types() -> list[SourceType]:
    return [
        SourceType(
            name="csv",
            options=f"{_OPTIONS}.csv:CsvOptions",
            summary="delimited text",
            reads_files=True,
            aliases=("tsv",),
        ),
        SourceType(
            name="json",
            options=f"{_OPTIONS}.json:JsonOptions",
            summary="JSON, one value a line or an array",
            reads_files=True,
            aliases=("jsonl", "ndjson"),
        ),
        SourceType(
            name="parquet",
            options=f"{_OPTIONS}.parquet:ParquetOptions",
            summary="Parquet",
            reads_files=True,
        ),
        SourceType(
            name="http",
            options=f"{_OPTIONS}.http:HttpOptions",
            summary="a file behind a URL",
            aliases=("https",),
            table="https://HOST/FILE.csv",
        ),
    ]


@hookimpl
def source_version(source: Source, context: SourceContext) -> object | None:
    if source.type not in _NAMES:
        return None
    options: Any = source.options
    return version_of_files(source, context, options.headers)


@hookimpl
def load_source(source: Source, context: SourceContext) -> Rows | None:
    if source.type not in _NAMES:
        return None
    from seeknal.builtin.csvrows import csv_rows
    from seeknal.builtin.jsonrows import json_rows
    from seeknal.builtin.options.csv import CsvOptions
    from seeknal.builtin.options.json import JsonOptions
    from seeknal.builtin.parquetrows import parquet_rows
    from seeknal.builtin.readeroptions import check_options
    from seeknal.builtin.readers import reading
    from seeknal.builtin.timedfiles import in_folders, no_rows_like, rows_of_their_time

    options: Any = source.options
    if isinstance(options, CsvOptions | JsonOptions):
        check_options(options, context)
    found = located(source, context, options.headers)
    wanted = [file for file in found if source.within is None or file.has_of(source.within)]
    files = {file.opened: file for file in wanted or found[-1:]}
    timed = any(file.span for file in found)
    source = evolve(source, options=_of_one_format(source, list(files)))

    def read_as(function: str) -> Reading:
        made = in_folders(reading(function, list(files), source, context), source)
        if not timed and not source.provenance:
            return made
        names = {file: file if timed else files[file].known for file in made.files}
        return evolve(made, names=names)

    # A row of another time than its file's is to be seen, not left out.
    asked = evolve(source, within=None) if timed else source
    if isinstance(source.options, CsvOptions):
        rows = csv_rows(asked, read_as("read_csv"), context)
    elif isinstance(source.options, JsonOptions):
        rows = json_rows(asked, read_as("read_json"), context)
    else:
        rows = parquet_rows(asked, read_as("read_parquet"), context)
    if not wanted:
        return no_rows_like(rows)
    return rows_of_their_time(rows, files, source, context) if timed else rows


def _of_one_format(source: Source, files: Sequence[str]) -> object:
    """The options of the format that the files are in."""
    from seeknal.builtin.options.csv import CsvOptions
    from seeknal.builtin.options.http import HttpOptions
    from seeknal.builtin.options.json import JsonOptions
    from seeknal.builtin.options.parquet import ParquetOptions

    options = source.options
    if isinstance(options, CsvOptions) and source.type == "tsv" and options.delimiter is None:
        return evolve(options, delimiter="\t")
    if not isinstance(options, HttpOptions):
        return options
    endings = PurePath(files[0]).suffixes
    named = next((_ENDINGS[ending] for ending in endings if ending in _ENDINGS), "csv")
    format = options.format or named
    if format == "parquet":
        return ParquetOptions(path=options.path)
    if format == "json":
        return JsonOptions(path=options.path)
    return CsvOptions(path=options.path, delimiter=options.delimiter, header=options.header)
