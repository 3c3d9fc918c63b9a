"""What parquet sources say."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from seeknal.plugin import option


@frozen(kw_only=True)
class ParquetOptions:
    """``params:`` of a parquet source."""

    path: str | tuple[str, ...] | None = option(None, role="path", summary="instead of table:")
    union_by_name: bool | None = option(None, summary="false: the first file has all columns")
    hive_partitioning: bool | None = option(None, summary="folders such as day=1 are columns")
    headers: Mapping[str, str] = option(factory=dict, summary="of the HTTP request")
