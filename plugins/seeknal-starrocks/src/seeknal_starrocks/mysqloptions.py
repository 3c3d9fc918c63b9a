"""What project files and profiles may say about MySQL, and MariaDB."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from seeknal.plugin import Duration, option
from seeknal_starrocks.serveroptions import Server


@frozen(kw_only=True)
class MySql(Server):
    """A connection of type ``mysql``, which is only read from."""


@frozen(kw_only=True)
class MySqlSource:
    """``params:`` of a mysql source."""

    database: str | None = option(None, summary="in place of the connection's")
    query_timeout: Duration | None = option(None, summary="in place of the connection's")
    on_zero_date: Literal["error", "null"] = option(
        "error", summary="what 0000-00-00 and dates with a month or day of 0 become"
    )
