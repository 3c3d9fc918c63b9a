"""KILL QUERY, which one session says to another."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from seeknal_starrocks.testing.ddl.reader import Reader
from seeknal_starrocks.testing.refusing import Refused

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.sessions import Session


class Running:
    """The statement that a session carries out, if any, as others see it."""

    def __init__(self) -> None:
        self._killed = threading.Event()
        self._by = ""
        self._cursor: Any = None

    def begin(self) -> None:
        """Another statement begins, of which nobody has said anything yet."""
        self._cursor = None
        self._killed.clear()

    def wait(self, seconds: float) -> None:
        """Raises Refused where it is killed meanwhile."""
        self._killed.wait(seconds)
        self.check()

    def by(self, cursor: Any) -> Any:
        """DuckDB carries it out from now on."""
        self._cursor = cursor
        self.check()
        return cursor

    def check(self) -> None:
        """Raises Refused where it was killed."""
        if self._killed.is_set():
            raise Refused(f"Cancelled, killed by kill statement : {self._by}", code=1317)

    def kill(self, by: str) -> None:
        import duckdb

        self._by = by
        self._killed.set()
        if (cursor := self._cursor) is not None:
            # It is closed once all rows are known, of which some may still be on their way.
            with suppress(duckdb.ConnectionException):
                cursor.interrupt()


def kill(session: Session, sql: str) -> None:
    """End the statement of another session of the same user. Raises Refused for no such session."""
    reader = Reader(sql)
    reader.expect("KILL", "QUERY")
    id = reader.whole()
    reader.end()
    if (other := session.world.sessions.get(id)) is None:
        raise Refused(f"Unknown thread id: {id}", code=1094)
    if session.user != other.user:
        session.check_root()
    other.running.kill(sql)
