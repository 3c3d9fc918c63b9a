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


def send(loading: Loading, label: str, parts: Iterable[Part]) -> int:
    """Bring rows into a transaction, ready to be seen; gives how many. Raises DeliveryError."""
    rows = 0
    _step(loading, "begin", label)
    for part in parts:
        answer = _step(loading, "load", label, part)
        check_loaded(answer, part.rows)
        rows += part.rows
    _prepare(loading, label)
    return rows


def _prepare(loading: Loading, label: str) -> None:
    for _ in range(_TRIES):
        try:
            _step(loading, "prepare", label)
        except Lost:
            if _state(loading, label) == "PREPARED":
                return
        else:
            return
    raise Lost(f"the transaction {label} could not be prepared: no answer came")


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
        if answer.get("Status") == "OK" and _state(loading, label) == "VISIBLE":
            return True
        state = _state(loading, label)
        if state != "PREPARED":
            break
    if state == "PREPARED":
        raise Lost(f"the transaction {label} could not be committed")
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


def _state(loading: Loading, label: str) -> str:
    return state_of(loading.door, loading.table.database, label)


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
    if part is None:
        return ask(loading.door, "POST", f"/api/transaction/{operation}", headers)
    return ask(
        loading.door,
        "PUT",
        f"/api/transaction/{operation}",
        {**headers, **loading.headers},
        part.pieces,
    )
