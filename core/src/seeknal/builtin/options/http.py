"""What http sources say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from seeknal.plugin import option


@frozen(kw_only=True)
class HttpOptions:
    """``params:`` of an http source: a file behind a URL, in one of the other formats."""

    path: str | None = option(
        None, aliases=("url",), role="path", summary="the URL, instead of table:"
    )
    format: Literal["csv", "json", "parquet"] | None = option(None, summary="else by its ending")
    headers: Mapping[str, str] = option(factory=dict, summary="of the request")
    delimiter: str | None = option(None, summary="of a csv file")
    header: bool | None = option(None, summary="of a csv file")
