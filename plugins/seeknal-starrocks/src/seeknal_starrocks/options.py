"""What project files and profiles may say about StarRocks."""

from __future__ import annotations

from attrs import frozen

from seeknal.plugin import Duration, option
from seeknal_starrocks.serveroptions import Server


@frozen(kw_only=True)
class StarRocks(Server):
    """A connection of type ``starrocks``: to a frontend, by the MySQL protocol."""

    http_port: int = option(8030, role="location", summary="of the frontend's HTTP, for loads")
    catalog: str | None = option(None, role="location", summary="else default_catalog")


@frozen(kw_only=True)
class StarRocksSource:
    """``params:`` of a starrocks source."""

    catalog: str | None = option(None, summary="in place of the connection's")
    database: str | None = option(None, summary="in place of the connection's")
    query_timeout: Duration | None = option(None, summary="in place of the connection's")
