"""Switches that let a server go wrong where servers and networks do."""

from __future__ import annotations

from typing import Literal

from seeknal_starrocks.testing.armed import Armed, Fault

STATEMENT_POINTS = ("connected", "login", "asked", "carried out", "columns", "rows", "last row")
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
REFRESH, LOGIN, PUBLISH = "a refresh", "any login", "a publish"
"""What fails by switches of its own."""


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
        self.seconds_of_statements = 0.0
        """How much longer every statement takes; see ``slow``."""
        self.armed = Armed()
        """What is armed, as the server meets it."""

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
        self.armed.add(REFRESH, Fault(what="fail", times=times, message=message))

    def refuse_logins(self, times: int = 1) -> None:
        """Let the next logins be refused by error 1045, whatever the password."""
        self.armed.add(LOGIN, Fault(what="fail", times=times))

    def slow(self, seconds: float) -> None:
        """Let every statement take this much longer; 0 ends it."""
        self.seconds_of_statements = seconds

    def time_out_publishing(self, times: int = 1) -> None:
        """Let the next loads be committed and not be seen: their status is "Publish Timeout".

        Their rows are there once the server's ``publish`` was called.
        """
        self.armed.add(PUBLISH, Fault(what="fail", times=times))

    def clear(self) -> None:
        """Switch all off but what names are called."""
        self.armed.clear()
        self.seconds_of_statements, self.redirect_to = 0.0, None

    def _arm(self, point: str, fault: Fault) -> None:
        if point not in POINTS:
            raise ValueError(f"there is no point {point!r}; there are {', '.join(POINTS)}")
        self.armed.add(point, fault)
