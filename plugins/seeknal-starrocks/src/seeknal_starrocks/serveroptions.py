"""What profiles say of any server of the MySQL protocol."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from seeknal.plugin import Duration, Secret, option


@frozen(kw_only=True)
class Server:
    """Where it is, who asks, how that is encrypted, and how long it is waited for."""

    url: Secret | None = option(
        None,
        role="location",
        summary="starrocks://host:9030/[catalog.]database, or mysql://host:3306/database; user and"
        " password before host",
    )
    host: str | None = option(None, role="location", summary="of StarRocks, that of a frontend")
    port: int | None = option(
        None, role="location", summary="of the MySQL protocol; else 9030, and 3306 of mysql"
    )
    user: str | None = option(None, aliases=("username",), summary="to log in as")
    password: Secret | None = option(None, summary="of the user")
    database: str | None = option(None, role="location", summary="where a table without one is")
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
