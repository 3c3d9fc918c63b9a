"""Ends what a server does for a connection, by another one."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from seeknal_starrocks.connecting import connect, failed

if TYPE_CHECKING:
    from seeknal_starrocks.addresses import Options


def kill_query(name: str, options: Options, connection: Any) -> None:
    """End the statement that ``connection`` waits for. Raises ConnectionFailed."""
    import pymysql

    other = connect(name, options)
    try:
        with closing(other), other.cursor() as cursor:
            cursor.execute(f"KILL QUERY {connection.thread_id()}")
    except (pymysql.Error, OSError) as error:
        raise failed(name, error) from None
