"""What csv sources say."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from seeknal.plugin import option


@frozen(kw_only=True)
class CsvOptions:
    """``params:`` of a csv source: DuckDB's own names, where it has one."""

    path: str | tuple[str, ...] | None = option(None, role="path", summary="instead of table:")
    delimiter: str | None = option(None, aliases=("delim", "sep"), summary="between fields")
    header: bool | None = option(None, summary="whether the first line names the columns")
    skip: int | None = option(None, summary="lines to leave out at the top")
    quote: str | None = option(None, summary="around fields")
    escape: str | None = option(None, summary="before a quote inside a field")
    encoding: str | None = option(None, summary="utf-8, utf-16, latin-1")
    nullstr: str | tuple[str, ...] | None = option(None, summary="text that stands for NULL")
    decimal_separator: str | None = option(None, aliases=("decimal",), summary="a comma, say")
    dateformat: str | None = option(None, aliases=("date_format",), summary="such as %d.%m.%Y")
    timestampformat: str | None = option(
        None, aliases=("timestamp_format",), summary="such as %d.%m.%Y %H:%M"
    )
    all_varchar: bool | None = option(None, summary="every column is text")
    ignore_errors: bool | None = option(None, summary="leave out lines that do not fit")
    reject_file: str | None = option(None, summary="a csv file for the lines that do not fit")
    null_padding: bool | None = option(None, summary="fill up lines that are too short")
    strict_mode: bool | None = option(
        None, summary="false reads lines with wrong quotes as it can, and counts them"
    )
    comment: str | None = option(None, summary="lines that begin with it are left out")
    allow_quoted_nulls: bool | None = option(
        None, summary='false: text in quotes is never NULL, so that "" is an empty text'
    )
    maximum_line_size: int | None = option(
        None, aliases=("max_line_size",), summary="bytes of the longest line; else as needed"
    )
    compression: str | None = option(None, summary="else by the file's ending")
    sample_size: int | None = option(None, summary="rows that decide the types; -1: all")
    union_by_name: bool | None = option(None, summary="false: several files match by position")
    hive_partitioning: bool | None = option(None, summary="folders such as day=1 are columns")
    headers: Mapping[str, str] = option(factory=dict, summary="of the HTTP request")
    allow_empty: bool | None = option(
        None,
        functional=False,
        summary="files of 0 bytes are no rows, also where the source had some before",
    )
