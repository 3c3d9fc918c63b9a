"""The DuckDB that a Python node has for itself, and what ``duckdb.sql(...)`` means in it.

``ctx.duckdb`` and ``duckdb.sql`` are two databases, as they are outside of seeknal: neither is
shared with another node, and both are gone after it.
"""

from __future__ import annotations

import functools
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from seeknal.run.python import process

if TYPE_CHECKING:
    import duckdb

    Connection = duckdb.DuckDBPyConnection


class Stopped(BaseException):
    """Raised in a node's code when its time is over, or the run's."""


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    import ctypes

    target = ctypes.py_object(error) if error is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), target)


_PATIENCE = 1.0


class OwnDuckDB:
    """Opens a node's databases when its code first asks for them.

    ``open`` makes the one of ``ctx.duckdb``, with the node's inputs in it, and ``close`` ends it;
    ``ready`` is done with each of them, and with that of the module ``duckdb``, before it is used.
    """

    def __init__(
        self,
        open: Callable[[], Connection],
        close: Callable[[Connection], None],
        ready: Callable[[Connection], None] = lambda connection: None,
    ) -> None:
        self._open = open
        self._close = close
        self._ready = ready
        self._lock = threading.Lock()
        self._instance: Connection | None = None
        self._cursor: Connection | None = None
        self._default: Connection | None = None
        self._running = False
        self._stopped_at = 0.0

    def cursor(self) -> Connection:
        """What ``ctx.duckdb`` speaks to."""
        if self._cursor is None:
            self._instance = self._open()
            self._ready(self._instance)
            cursor = self._instance.cursor()
            cursor.execute("SET enable_progress_bar = false")
            self._cursor = cursor
        return self._cursor

    def default(self) -> Connection:
        """What the functions of the module ``duckdb`` speak to."""
        if self._default is None:
            import duckdb

            self._default = duckdb.connect()
            self._ready(self._default)
        return self._default

    @contextmanager
    def code(self) -> Iterator[None]:
        """While this lasts, the thread runs the node's code, which may be stopped."""
        self._running = True
        try:
            yield
        finally:
            with self._lock:
                self._running = False
                _raise_in(threading.get_ident(), None)

    def interrupt(self, thread: int) -> None:
        """Stop the queries that run now, and the code: from any thread, more than once.

        Code that waits for something outside of Python stops when that has come.
        """
        for connection in (self._cursor, self._default):
            if connection is not None:
                with suppress(Exception):
                    connection.interrupt()
        with self._lock:
            # Once a second at most, so that the code comes to tidy up.
            if self._running and time.monotonic() - self._stopped_at > _PATIENCE:
                self._stopped_at = time.monotonic()
                _raise_in(thread, Stopped)

    def close(self) -> None:
        """End both. Whatever of them the code still holds on to cannot be used any more."""
        for connection in (self._cursor, self._default):
            if connection is not None:
                with suppress(Exception):
                    connection.close()
        if self._instance is not None:
            self._close(self._instance)
        self._instance = self._cursor = self._default = None


_of_thread: dict[int, OwnDuckDB] = {}


def begin(own: OwnDuckDB) -> None:
    """From now on this thread's code is that of a node."""
    _make_defaults_own()
    process.enter()
    _of_thread[threading.get_ident()] = own


def end() -> None:
    """The thread's node is done: its databases close."""
    own = _of_thread.pop(threading.get_ident(), None)
    if own is not None:
        own.close()
    process.leave()


def interrupt(thread: int | None = None) -> None:
    """Stop what the databases of a thread's node are running, or those of all nodes."""
    for ident, own in list(_of_thread.items()):
        if thread is None or ident == thread:
            own.interrupt(ident)
            process.end_children(ident)


def give_up(thread: int) -> None:
    """Do not wait for a thread any more: its node holds nothing that others wait for."""
    _of_thread.pop(thread, None)
    process.forget(thread)


class _OwnFunction:
    """A function of the module ``duckdb`` that speaks to the database of the thread's node.

    DuckDB looks for variables in the frame that calls it: calling this adds no frame to it.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function

    @property
    def __call__(self) -> Callable[..., Any]:
        own = _of_thread.get(threading.get_ident())
        if own is None:
            return self.function
        if self.function.__name__ == "default_connection":
            return own.default
        return functools.partial(self.function, connection=own.default())


_UNTOUCHED = ("set_default_connection", "connect")
_ready = threading.Lock()


def _make_defaults_own() -> None:
    """DuckDB has one default connection for the whole process: no module can be given its own."""
    import duckdb

    with _ready:
        if isinstance(duckdb.sql, _OwnFunction):
            return
        for name in dir(duckdb):
            function = getattr(duckdb, name)
            speaks = name == "default_connection" or _takes_connection(name, function)
            if speaks and name not in _UNTOUCHED:
                setattr(duckdb, name, _OwnFunction(function))


def _takes_connection(name: str, function: Any) -> bool:
    if not callable(function) or inspect.isclass(function) or not name.islower():
        return False
    if name in ("read_csv", "from_csv_auto"):
        return True
    try:
        return "connection" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return "connection:" in (function.__doc__ or "")
