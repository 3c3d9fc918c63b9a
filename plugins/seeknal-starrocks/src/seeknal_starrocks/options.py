"""What profiles may say about StarRocks."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from seeknal.plugin import Duration, Secret, option


@frozen(kw_only=True)
class StarRocks:
    """A connection of type ``starrocks``: to a frontend, by the MySQL protocol."""

    url: Secret | None = option(
        None,
        role="location",
        summary="starrocks://host:9030/[catalog.]database, user and password before host",
    )
    host: str | None = option(None, role="location", summary="of a frontend")
    port: int | None = option(None, role="location", summary="of the MySQL protocol; else 9030")
    http_port: int = option(8030, role="location", summary="of the frontend's HTTP, for loads")
    user: str | None = option(None, aliases=("username",), summary="to log in as")
    password: Secret | None = option(None, summary="of the user")
    database: str | None = option(None, role="location", summary="where a table without one is")
    catalog: str | None = option(None, role="location", summary="else default_catalog")
    ssl: Literal["disabled", "preferred", "required", "verify_ca", "verify_identity"] = option(
        "preferred", summary="whether the connection is encrypted, and whom it has to lead to"
    )
    ssl_ca: str | None = option(None, summary="file of the authorities to trust")
    ssl_cert: str | None = option(None, summary="file of the client's certificate")
    ssl_key: str | None = option(None, summary="file of the client's key")
    ssl_key_password: Secret | None = option(None, summary="of the client's key")
    connect_timeout: Duration = option(
        Duration(10, "second"), summary="how long the server may take to answer a connection"
    )
    query_timeout: Duration = option(
        Duration(1, "hour"), summary="the longest that one statement may take"
    )
