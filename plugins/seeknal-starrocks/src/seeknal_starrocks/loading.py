"""Stream Load: a part of the rows by HTTP, once, whatever becomes of the answer."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from attrs import frozen

from seeknal.plugin import DeliveryError, RowsRefused
from seeknal_starrocks.http import ask
from seeknal_starrocks.rivals import by_rival
from seeknal_starrocks.server import Lost

if TYPE_CHECKING:
    from seeknal_starrocks.http import Door
    from seeknal_starrocks.parts import Part
    from seeknal_starrocks.tablename import Table

PATIENCE = 15.0
"""Seconds that a load which runs on, or is committed and not seen, is waited for."""
_TRIES = 3
_PAUSE = 0.1
ENDED = ("VISIBLE", "ABORTED", "UNKNOWN")


@frozen(kw_only=True)
class Loading:
    """Where rows go. ``partial``: the table has columns that no row brings, and keeps them."""

    door: Door
    table: Table
    columns: Sequence[str]
    timeout: int
    private: Collection[str] = ()
    partial: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What each load says of its rows."""
        found = {
            "format": "json",
            "columns": ", ".join(f"`{name}`" for name in self.columns),
            "strict_mode": "true",
            "max_filter_ratio": "0",
            "timezone": "UTC",
            "timeout": str(self.timeout),
        }
        return {**found, "partial_update": "true"} if self.partial else found


def load(loading: Loading, label: str, part: Part) -> None:
    """Load a part into a table that nobody else sees. Raises DeliveryError or RowsRefused.

    It is made once: where no answer comes, the label tells what has become of it.
    """
    table = loading.table
    path = f"/api/{quote(table.database, safe='')}/{quote(table.name, safe='')}/_stream_load"
    for _ in range(_TRIES):
        try:
            answer = ask(
                loading.door, "PUT", path, {**loading.headers, "label": label}, part.pieces
            )
        except Lost:
            answer = {}
        status = answer.get("Status")
        if status in ("Success", "Publish Timeout"):
            check_loaded(answer, part.rows)
            if status == "Success":
                return
        elif answer and status != "Label Already Exists":
            raise refused(loading, answer)
        if wait_for_end(loading.door, table.database, label) == "VISIBLE":
            return
    raise Lost(f"a load into {table} was tried {_TRIES} times, and no answer came")


def check_loaded(answer: dict[str, Any], rows: int) -> None:
    """Raises DeliveryError where not every row was taken."""
    loaded, filtered = answer.get("NumberLoadedRows"), answer.get("NumberFilteredRows")
    if loaded != rows or filtered:
        raise DeliveryError(
            f"StarRocks took {loaded} of {rows:,} rows; nothing was changed",
            code="SK1940",
            help="look at the load in information_schema.loads",
        )


def refused(loading: Loading, answer: dict[str, Any]) -> DeliveryError:
    """What StarRocks says against a load."""
    message = str(answer.get("Message") or answer.get("msg") or answer.get("Status"))
    if (rival := by_rival(message)) is not None:
        return rival
    shown = message if not loading.private else "its message may hold values, and is not shown"
    kind = RowsRefused if answer.get("NumberFilteredRows") else DeliveryError
    return kind(
        f"StarRocks refused rows of {loading.table}: {' '.join(shown.split())}",
        code="SK1941",
        help="it holds what it held",
        kept=f"StarRocks refused rows of {loading.table}",
    )


def state_of(door: Door, database: str, label: str) -> str:
    """PREPARE, PREPARED, COMMITTED, VISIBLE, ABORTED or UNKNOWN. Raises Lost or DeliveryError."""
    path = f"/api/{quote(database, safe='')}/get_load_state?label={quote(label, safe='')}"
    for tried in range(_TRIES):
        try:
            answer = ask(door, "GET", path)
            break
        except Lost:
            if tried == _TRIES - 1:
                raise
    state = answer.get("state")
    if not isinstance(state, str):
        raise DeliveryError(
            f"StarRocks does not say what became of the load {label}: {answer.get('msg')}",
            code="SK1942",
        )
    return state


def wait_for_end(door: Door, database: str, label: str, patience: float = PATIENCE) -> str:
    """How a load has ended: VISIBLE, ABORTED, or UNKNOWN where there was none.

    Raises DeliveryError where it has not in time.
    """
    deadline = time.monotonic() + patience
    while (state := state_of(door, database, label)) not in ENDED:
        if time.monotonic() > deadline:
            raise DeliveryError(
                f"the load {label} is {state} after {patience:.0f} seconds",
                code="SK1942",
                help="run again once it has ended: SHOW TRANSACTION WHERE LABEL = ... tells",
            )
        if door.ended.wait(_PAUSE):
            raise Lost(f"the load {label} was interrupted")
    return state
