"""What sqlite sources say."""

from __future__ import annotations

from attrs import frozen

from seeknal.plugin import option


@frozen(kw_only=True)
class SqliteOptions:
    """``params:`` of a sqlite source."""

    path: str | None = option(None, role="path", summary="the database file; else table: names it")
    table: str | None = option(
        None, role="table", summary="the table, where table: is not given or is the file"
    )
