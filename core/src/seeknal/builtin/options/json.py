"""What json sources say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from seeknal.plugin import option


@frozen(kw_only=True)
class JsonOptions:
    """``params:`` of a json source."""

    path: str | tuple[str, ...] | None = option(None, role="path", summary="instead of table:")
    format: Literal["auto", "newline_delimited", "ndjson", "jsonl", "array", "unstructured"] = (
        option("auto", summary="one value a line, or one array")
    )
    records: str | None = option(None, summary="where the rows are, such as data.items")
    compression: str | None = option(None, summary="else by the file's ending")
    dateformat: str | None = option(None, aliases=("date_format",), summary="such as %d.%m.%Y")
    timestampformat: str | None = option(
        None, aliases=("timestamp_format",), summary="such as %d.%m.%Y %H:%M"
    )
    ignore_errors: bool | None = option(None, summary="NULL for lines that are no JSON")
    maximum_depth: int | None = option(None, summary="levels that become types of their own")
    maximum_object_size: int | None = option(None, summary="bytes of the longest value")
    sample_size: int | None = option(None, summary="values that decide the types; -1: all")
    union_by_name: bool | None = option(None, summary="false: the first file has all columns")
    hive_partitioning: bool | None = option(None, summary="folders such as day=1 are columns")
    headers: Mapping[str, str] = option(factory=dict, summary="of the HTTP request")
