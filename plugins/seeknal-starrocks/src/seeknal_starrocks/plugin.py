"""The StarRocks plugin: what it declares and the hooks it answers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from seeknal.plugin import hookimpl
from seeknal_starrocks.typename import NAMES, TYPE

if TYPE_CHECKING:
    from seeknal.plugin import Connection, ConnectionType, Session
    from seeknal_starrocks.options import StarRocks


@hookimpl
def connection_types() -> Iterable[ConnectionType]:
    from seeknal.plugin import ConnectionType

    return [
        ConnectionType(
            name=TYPE,
            options="seeknal_starrocks.options:StarRocks",
            summary="a StarRocks frontend",
            check=_check_connection,
            server=_server,
        )
    ]


def _server(options: StarRocks) -> str | None:
    from seeknal_starrocks.addresses import server_of

    return server_of(options)


def _check_connection(name: str, options: StarRocks) -> None:
    from seeknal_starrocks.addresses import address_of

    address_of(name, options)


@hookimpl
def open_session(connection: Connection, project_root: Path) -> Session | None:
    if connection.type not in NAMES:
        return None
    from seeknal_starrocks.session import StarRocksSession

    return StarRocksSession(connection.name, cast("StarRocks", connection.options))
