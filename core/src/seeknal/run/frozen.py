"""A clock that stands still, for SQL and for Python alike."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from seeknal.sql.quote import quote_identifier, quote_literal

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

_TYPES = {
    "TIMESTAMP WITH TIME ZONE": (
        "now",
        "current_timestamp",
        "get_current_timestamp",
        "transaction_timestamp",
    ),
    "TIMESTAMP": ("localtimestamp", "current_localtimestamp"),
    "DATE": ("current_date", "today"),
    "TIME WITH TIME ZONE": ("current_time", "get_current_time"),
    "TIME": ("localtime", "current_localtime"),
}
"""DuckDB's functions of the clock, by the type of what they give."""


_NAMES = frozenset(name for names in _TYPES.values() for name in names) | {"ago", "age"}
_MAY_ASK = re.compile(rf"(?<![\w])(?:{'|'.join(sorted(_NAMES))})(?![\w])", re.IGNORECASE)


def may_ask(sql: str) -> bool:
    """Whether SQL has a word in it that is one of DuckDB's functions of the clock."""
    return _MAY_ASK.search(sql) is not None


def freeze_cursor(cursor: duckdb.DuckDBPyConnection, moment: datetime) -> None:
    """Let all of DuckDB's functions of the clock say ``moment`` on one cursor of an instance."""
    _freeze(cursor, moment, "CREATE TEMP MACRO")


def freeze_instance(instance: duckdb.DuckDBPyConnection, moment: datetime | None) -> None:
    """The same for all cursors that do not change their database; None: as the clock is."""
    if moment is not None:
        _freeze(instance, moment, "CREATE MACRO")


def _freeze(connection: duckdb.DuckDBPyConnection, moment: datetime, create: str) -> None:
    # A macro is found before a function of DuckDB's own.
    at = f"CAST({quote_literal(moment.isoformat())} AS TIMESTAMP WITH TIME ZONE)"
    for type, names in _TYPES.items():
        for name in names:
            # No cast leads from a moment to a time of day without a zone.
            of = f"CAST({at} AS TIMESTAMP)" if type == "TIME" else at
            connection.execute(f"{create} {quote_identifier(name)}() AS CAST({of} AS {type})")
    connection.execute(f"{create} ago(x) AS {at} - CAST(x AS INTERVAL)")
    today = f"CAST(CAST({at} AS DATE) AS TIMESTAMP)"
    age = "system.main.age"
    connection.execute(f"{create} age(x) AS {age}({today}, x), (x, y) AS {age}(x, y)")


def frozen_clock(moment: datetime | None) -> AbstractContextManager[object]:
    """A block in which Python's clock says ``moment``, and its zone is UTC; None: as it is."""
    if moment is None:
        return nullcontext()
    import time_machine

    return time_machine.travel(moment.astimezone(ZoneInfo("UTC")), tick=False)
