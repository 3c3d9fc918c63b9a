"""What file targets say."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from seeknal.plugin import option

Format = Literal["csv", "json", "ndjson", "jsonl", "parquet", "xlsx"]


@frozen(kw_only=True)
class FileOptions:
    """Options of a file target, or ``params:`` of an exposure of type file."""

    path: str = option(role="path", summary="where the file goes, relative to the project")
    format: Format | None = option(None, summary="else by the path's ending")
    delimiter: str | None = option(None, aliases=("delim", "sep"), summary="of a csv file")
    header: bool = option(True, summary="csv: the first line names the columns")
    nullstr: str | None = option(None, summary="csv: what stands for NULL; nothing by default")
    dateformat: str | None = option(None, aliases=("date_format",), summary="csv: %d.%m.%Y")
    timestampformat: str | None = option(
        None, aliases=("timestamp_format",), summary="csv: %d.%m.%Y %H:%M"
    )
    excel_safe: bool = option(
        False, aliases=("neutralise",), summary="csv: text that a spreadsheet would run is quoted"
    )
    array: bool | None = option(None, summary="json: one array instead of a value a line")
    compression: str | None = option(None, summary="else by the path's ending: .gz, .zst")
    allow_outside: bool = option(
        False, role="outside", summary="the path may lie outside the project"
    )
    sheets: tuple[str, ...] = option((), summary="xlsx: nodes that get a sheet each")
