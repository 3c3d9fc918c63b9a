"""Transactions of Stream Load: several requests whose rows are all seen at once, or never.

Each step only goes on from the one before, so that none of a transaction which was rolled back
does anything when it comes late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal_starrocks.http import ask
from seeknal_starrocks.loading import check_loaded, refused, state_of, wait_for_end
from seeknal_starrocks.server import Lost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seeknal_starrocks.loading import Loading
    from seeknal_starrocks.parts import Part

_TRIES = 3
_IDLE = 600
"""Seconds after which StarRocks itself ends a transaction that nobody goes on with."""


def send(loading: Loading, label: str, parts: Iterable[Part]) -> int:
    """Bring rows into a transaction, ready to be seen; gives how many. Raises DeliveryError."""
    rows = 0
    _step(loading, "begin", label)
    for part in parts:
        _step(loading, "load", label, part)
        rows += part.rows
    # Only here it is said of all parts how many rows were taken.
    check_loaded(_step(loading, "prepare", label), rows)
    return rows


def commit(loading: Loading, label: str) -> bool:
    """Let the rows be seen. False: they never will be.

    Raises DeliveryError where it is not known, and where they are committed and not seen yet.
    """
    database = loading.table.database
    for _ in range(_TRIES):
        try:
            answer = _asked(loading, "commit", label)
        except Lost:
            answer = {}
        if answer.get("Status") == "OK":
            return True
        if (state := state_of(loading.door, database, label)) != "PREPARED":
            break
    if state in ("PREPARED", "UNKNOWN"):
        raise Lost(f"nobody tells whether the transaction {label} was committed")
    return wait_for_end(loading.door, database, label) == "VISIBLE"


def settle(loading: Loading, label: str) -> bool:
    """Whether the rows of an attempt are seen; from here on they are, or never will be.

    Raises DeliveryError where it cannot be told.
    """
    door, database = loading.door, loading.table.database
    if state_of(door, database, label) in ("PREPARE", "PREPARED"):
        roll_back(loading, label)
    return wait_for_end(door, database, label) == "VISIBLE"


def roll_back(loading: Loading, label: str) -> None:
    """Ask for it. Raises nothing where it is refused: its state tells."""
    try:
        _asked(loading, "rollback", label)
    except Lost:
        return


def _step(loading: Loading, operation: str, label: str, part: Part | None = None) -> dict[str, Any]:
    """Raises Lost, or DeliveryError for what StarRocks says."""
    answer = _asked(loading, operation, label, part)
    if answer.get("Status") != "OK":
        raise refused(loading, answer)
    return answer


def _asked(
    loading: Loading, operation: str, label: str, part: Part | None = None
) -> dict[str, Any]:
    table = loading.table
    headers = {"label": label, "db": table.database, "table": table.name}
    if operation == "begin":
        headers["timeout"] = str(loading.timeout)
        headers["idle_transaction_timeout"] = str(_IDLE)
    if part is None:
        return ask(loading.door, "POST", f"/api/transaction/{operation}", headers)
    return ask(
        loading.door,
        "PUT",
        f"/api/transaction/{operation}",
        {**headers, **loading.headers},
        part.pieces,
    )
