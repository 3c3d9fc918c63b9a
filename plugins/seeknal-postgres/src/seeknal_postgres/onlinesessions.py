"""Connections that look up, for each who does so at once; one that was lost is made anew."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from seeknal.plugin import ConnectionFailed, DeliveryError, SeeknalError

if TYPE_CHECKING:
    import psycopg

    Server = psycopg.Connection[Any]

T = TypeVar("T")

_MOST = 16
"""Connections at once: a server has few, and who comes then hardly waits."""
_GONE = ("08", "57P")
"""The connection has ended, whatever was asked."""
_OUTDATED = ("0A000", "26000", "42P01", "42703", "42883", "42804")
"""A statement that was prepared is of tables that have been made anew with other columns."""


class Outdated(DeliveryError):
    """What was known of tables is not true any more."""


class Sessions:
    """Lends connections that ``open`` makes, and keeps them for later."""

    def __init__(self, open: Callable[[], Server]) -> None:
        self._open = open
        self._lock = threading.Lock()
        self._free = threading.Semaphore(_MOST)
        self._idle: list[Server] = []
        self._is_closed = False

    def run(self, act: Callable[[Server, bool], T]) -> T:
        """What ``act`` gives, with a connection that nobody else has.

        Where the connection had been lost, or other columns are there than it knew, it is tried
        once more with another: then it is told True.
        """
        import psycopg

        try:
            return self._tried(act, False)
        except Outdated:
            pass
        except psycopg.Error as error:
            if not _may_succeed(error):
                raise
            self._close_idle()
        return self._tried(act, True)

    def close(self) -> None:
        """Close all connections; those that are lent are closed when they are given back."""
        self._is_closed = True
        self._close_idle()

    def _tried(self, act: Callable[[Server, bool], T], again: bool) -> T:
        with self._free:
            return self._lent(act, again)

    def _lent(self, act: Callable[[Server, bool], T], again: bool) -> T:
        server = self._taken()
        try:
            found = act(server, again)
        except SeeknalError:
            # Said by us, between two queries.
            self._give_back(server)
            raise
        except BaseException:
            # What it was about is not known, nor what it still sends.
            server.close()
            raise
        self._give_back(server)
        return found

    def _taken(self) -> Server:
        with self._lock:
            if self._is_closed:
                raise ConnectionFailed("the online store was closed", code="SK1302")
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _give_back(self, server: Server) -> None:
        with self._lock:
            if not self._is_closed:
                self._idle.append(server)
                return
        server.close()

    def _close_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for server in idle:
            server.close()


def _may_succeed(error: psycopg.Error) -> bool:
    import psycopg

    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state.startswith(_GONE) or state in _OUTDATED
