"""What excel sources say."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from seeknal.plugin import option


@frozen(kw_only=True)
class ExcelOptions:
    """``params:`` of an excel source."""

    path: str | None = option(None, role="path", summary="instead of table:")
    sheet: str | int | None = option(
        None, aliases=("sheet_name",), summary="its name or number from 0; the first by default"
    )
    range: str | None = option(None, summary="cells such as A2:F100, or columns such as B:F")
    header: bool = option(
        True, summary="the first row names the columns; else column0, column1, ..."
    )
    skip: int = option(0, summary="rows to leave out at the top")
    uncalculated: Literal["error", "null"] = option(
        "error", summary='"null", in quotes: a formula whose result is not stored is NULL'
    )
