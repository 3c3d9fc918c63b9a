"""Switches that let a server go wrong where servers and networks do."""

from __future__ import annotations

import threading
import time
from typing import Literal

from attrs import frozen

STATEMENT_POINTS = (*("connected", "login", "asked", "carried out", "columns", "rows", "last row"),)
"""Of the MySQL protocol: a connection is made, a user logs in, a statement has come, it has been
carried out and nothing of it told, columns were told, ``after`` rows were, all but the end was."""
OPERATIONS = ("load", "begin", "write", "prepare", "commit", "rollback")
"""Requests by HTTP: a Stream Load, and those of its transactions."""
MOMENTS = ("asked", "half", "received", "carried out", "half answered")
"""Of a request: its head has come, half of its body, all of it, it was carried out and nothing
told, half of the answer was."""
HTTP_POINTS = tuple(
    f"{node} {operation} {moment}"
    for operation in OPERATIONS
    for node, moments in (("fe", ("asked", "half answered")), ("be", MOMENTS))
    for moment in moments
    if moment != "half" or operation in ("load", "write")
)
"""Points of requests to the frontend, which sends elsewhere, and to a backend."""
POINTS = (*STATEMENT_POINTS, *HTTP_POINTS)


class Dropped(Exception):
    """The connection ends here and now."""


@frozen(kw_only=True)
class Fault:
    what: Literal["drop", "fail", "delay"]
    after: int = 0
    times: int = 1
    seconds: float = 0.0
    message: str = ""
    then: Literal["aborts", "goes on", "lingers"] = "aborts"
    """What becomes of a load whose connection is dropped before it was carried out."""


class Faults:
    """What goes wrong, and how often.

    Every switch is off at first. A fault that was met as often as it should be is off again.
    """

    def __init__(self) -> None:
        self.table_type: Literal["TABLE", "BASE TABLE"] = "BASE TABLE"
        """What information_schema.tables calls a table: versions differ."""
        self.code_of_analysis: int = 1064
        """The number of what cannot be done: releases have begun to give others, 5502 for an
        unknown table."""
        self.redirect_to: str | None = None
        """``host:port`` that the frontend names in place of its backend."""
        self._lock = threading.Lock()
        self._armed: dict[str, list[Fault]] = {}
        self._refreshes: list[str] = []
        self._refused_logins = 0
        self._timeouts = 0
        self._slow = 0.0

    def drop(
        self,
        point: str,
        *,
        times: int = 1,
        after: int = 0,
        then: Literal["aborts", "goes on", "lingers"] = "aborts",
    ) -> None:
        """Let the connection end at one of POINTS, the next ``times`` times that it is reached.

        ``after`` counts rows at "rows". A Stream Load that is dropped at "half" or "received" of
        a backend ``aborts``; or it ``lingers``, and its label is in use until the server's
        ``settle`` is called; or, once it is received, it ``goes on``, and is carried out although
        nobody is told. What was carried out stays so. Raises ValueError for no such point.
        """
        self._arm(point, Fault(what="drop", times=times, after=after, then=then))

    def fail(self, point: str, message: str = "internal error", *, times: int = 1) -> None:
        """Let what is asked be answered by an error at one of POINTS, and not be carried out.

        Raises ValueError for no such point, and for one where it is too late.
        """
        if point.endswith(("carried out", "half answered", "rows", "last row")):
            raise ValueError(f"at {point!r} it is too late for an error")
        self._arm(point, Fault(what="fail", times=times, message=message))

    def delay(self, point: str, seconds: float, *, times: int = 1) -> None:
        """Let time pass at one of POINTS. Raises ValueError for no such point."""
        self._arm(point, Fault(what="delay", times=times, seconds=seconds))

    def drop_after_rows(self, rows: int, *, times: int = 1) -> None:
        """Let the connection end when so many rows of a result were sent."""
        self.drop("rows", after=rows, times=times)

    def fail_refresh(self, message: str, *, times: int = 1) -> None:
        """Let the next refreshes of materialized views fail."""
        with self._lock:
            self._refreshes += [message] * times

    def refuse_logins(self, times: int = 1) -> None:
        """Let the next logins be refused by error 1045, whatever the password."""
        with self._lock:
            self._refused_logins += times

    def slow(self, seconds: float) -> None:
        """Let every statement take this much longer; 0 ends it."""
        self._slow = seconds

    def time_out_publishing(self, times: int = 1) -> None:
        """Let the next loads be committed and not be seen: their status is "Publish Timeout".

        Their rows are there once the server's ``publish`` was called.
        """
        with self._lock:
            self._timeouts += times

    def clear(self) -> None:
        """Switch all off but what names are called."""
        with self._lock:
            self._armed.clear()
            self._refreshes.clear()
            self._refused_logins = self._timeouts = 0
        self._slow, self.redirect_to = 0.0, None

    def reach(self, point: str, rows: int = 0) -> Fault | None:
        """What is to happen here, beside a delay, which has passed when it answers."""
        fault = self._take(point, rows)
        if fault is not None and fault.what == "delay":
            time.sleep(fault.seconds)
            return self.reach(point, rows)
        return fault

    def meet(self, point: str, rows: int = 0) -> Fault | None:
        """As ``reach``. Raises Dropped where the connection ends."""
        fault = self.reach(point, rows)
        if fault is not None and fault.what == "drop":
            raise Dropped
        return fault

    def rows_before_drop(self) -> int | None:
        """How many rows are still sent, where the connection is to end among them."""
        with self._lock:
            armed = self._armed.get("rows")
            return armed[0].after if armed else None

    def refused_login(self) -> bool:
        with self._lock:
            self._refused_logins -= (refused := self._refused_logins > 0)
            return refused

    def failed_refresh(self) -> str | None:
        with self._lock:
            return self._refreshes.pop(0) if self._refreshes else None

    def timed_out(self) -> bool:
        with self._lock:
            self._timeouts -= (timed_out := self._timeouts > 0)
            return timed_out

    def wait(self) -> None:
        time.sleep(self._slow)

    def _arm(self, point: str, fault: Fault) -> None:
        if point not in POINTS:
            raise ValueError(f"there is no point {point!r}; there are {', '.join(POINTS)}")
        with self._lock:
            self._armed.setdefault(point, []).extend([fault] * fault.times)

    def _take(self, point: str, rows: int) -> Fault | None:
        with self._lock:
            armed = self._armed.get(point)
            if not armed or armed[0].after > rows:
                return None
            return armed.pop(0)
