"""Mode incremental_by_time: the rows that stay, which are copied into the twin of their table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from seeknal.plugin import RowsRefused
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.server import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeknal.plugin import Range
    from seeknal_starrocks.server import Server
    from seeknal_starrocks.tablename import Table
    from seeknal_starrocks.tables import Standing
    from seeknal_starrocks.work import Work


def keep(work: Work, server: Server, there: Standing, twin: Table) -> int:
    """Bring the rows over that stay; gives how many."""
    names = ", ".join(quoted(column.name) for column in there.columns)
    types = {column.name: column.type for column in there.columns}
    where = _outside(work.ranges, types)
    rows = f"FROM {work.table.quoted}{f' WHERE {where}' if where else ''}"
    kept = server.number(f"SELECT count(*) {rows}")
    server.ask(f"INSERT INTO {twin.quoted} ({names}) SELECT {names} {rows}")
    return kept


def _outside(ranges: Sequence[Range], types: dict[str, str]) -> str:
    """True of rows that no range has; those without a time are in none."""
    columns = dict.fromkeys(entry.column for entry in ranges)
    missing = [name for name in columns if name.lower() not in map(str.lower, types)]
    if missing:
        raise RowsRefused(
            f"the table has no column {missing[0]}, by whose time rows are replaced",
            code="SK1948",
            help="mode: full makes the table anew",
        )
    within = [_within(entry, types) for entry in ranges]
    return f"NOT coalesce({_any(within)}, false)" if within else ""


def _any(tests: list[str]) -> str:
    """Together, in pairs: a long row of OR is deeper than StarRocks reads."""
    while len(tests) > 1:
        pairs = [tests[at : at + 2] for at in range(0, len(tests), 2)]
        tests = [f"({' OR '.join(pair)})" if len(pair) > 1 else pair[0] for pair in pairs]
    return tests[0]


def _within(entry: Range, types: dict[str, str]) -> str:
    known = {name.lower(): type for name, type in types.items()}
    type = "BIGINT" if known[entry.column.lower()].endswith("int") else "DATETIME"
    column = f"CAST({quoted(entry.column)} AS {type})"
    low, high = (moment(value, type) for value in (entry.start, entry.end))
    end = "<=" if entry.closed else "<"
    return f"({column} >= {low} AND {column} {end} {high})"


def moment(value: object, type: str) -> str:
    """A moment in UTC, or a number. Raises RowsRefused for what is neither.

    What StarRocks cannot read as such it takes for NULL, and rows would stay that are replaced.
    """
    try:
        if type == "BIGINT":
            return str(int(str(value)))
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise RowsRefused(
            "the time that is replaced is no moment of StarRocks",
            code="SK1936",
            help="cast the time_column to DATE, TIMESTAMP or BIGINT in the node's SQL",
        ) from None
    if found.tzinfo is not None:
        found = found.astimezone(UTC).replace(tzinfo=None)
    return f"CAST({text(found.isoformat(' '))} AS DATETIME)"
