"""Which rows lie around a mark, which of them have arrived, and where the next mark is.

Rows are read again from the mark on, and those that have no place in its order: NULL and infinite
ones. Of these the ones that have arrived are left out, equal ones by their number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.ingesting.state import Settled
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.values.durations import Duration
from seeknal.values.errors import NodeError, UsageError, column_help

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from seeknal.ingesting.state import Mark, Seen
    from seeknal.values.columns import Column
    from seeknal.values.loads import Horizon

_ORDERED = re.compile(
    r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(.*\)|DATE|TIMESTAMP.*|VARCHAR"
)
_TIMES = ("DATE", "TIMESTAMP")
_GUARD = timedelta(seconds=10)


def column_of(columns: Sequence[Column], name: str) -> Column:
    """The column that rows are ordered by. Raises NodeError where there is none, or no order."""
    named = name_of(columns, name)
    found = next((column for column in columns if column.name == named), None)
    if found is None:
        raise NodeError(
            f"there is no column {name!r}, which --incremental names",
            code="SK1613",
            help=column_help(name, [column.name for column in columns]),
        )
    if not _ORDERED.fullmatch(found.type):
        raise NodeError(
            f"column {name!r} is {found.type}, which has no order that only grows",
            code="SK1614",
            help="--incremental takes whole numbers, DECIMAL, dates, times and text",
        )
    return found


def name_of(columns: Sequence[Column], name: str) -> str:
    """How the rows write a column that is named in any case; ``name`` where they have none."""
    names = [column.name for column in columns]
    if name in names:
        return name
    return next((entry for entry in names if entry.lower() == name.lower()), name)


def step_of(lag: str | int | None, type: str) -> str | None:
    """What ``lag`` is in SQL, to be taken off a value of ``type``. Raises UsageError."""
    if lag is None:
        return None
    text = str(lag).strip()
    if type.startswith(_TIMES):
        try:
            duration = Duration.parse(text)
        except ValueError as error:
            raise UsageError(f"--lag: {error}", code="SK1615", help="--lag 2h") from None
        return f"INTERVAL '{duration.count} {duration.unit}'"
    if type == "VARCHAR" or not text.isdecimal():
        of_type = "a text" if type == "VARCHAR" else f"a {type}"
        raise UsageError(
            f"--lag {text} cannot be taken off {of_type}",
            code="SK1615",
            help="numbers take a number, dates and times a duration such as 2h, text takes none",
        )
    return text


def below(
    cursor: duckdb.DuckDBPyConnection, mark: Mark | None, lag: str | int | None
) -> str | None:
    """From where on rows are read: the mark less the lag, yet not beyond what is known to have
    arrived. None: all of them."""
    if mark is None or mark.value is None:
        return None
    lower = less(cursor, mark.value, mark.type, lag)
    since = mark.seen.since if mark.seen else None
    # A lag that has grown since reaches rows of which nobody knows whether they have arrived.
    return lower if since is None else largest(cursor, [lower, since], mark.type)


def less(cursor: duckdb.DuckDBPyConnection, value: str, type: str, lag: str | int | None) -> str:
    """A value of ``type`` less the lag, as text."""
    step = step_of(lag, type)
    if step is None:
        return value
    shifted = f"{_cast(value, type)} - {step}"
    ((found,),) = cursor.execute(f"SELECT CAST(CAST({shifted} AS {type}) AS VARCHAR)").fetchall()
    return str(found)


def largest(cursor: duckdb.DuckDBPyConnection, values: Sequence[str], type: str) -> str:
    """The largest of some values of ``type``, as text."""
    listed = ", ".join(_cast(value, type) for value in values)
    ((found,),) = cursor.execute(f"SELECT CAST(greatest({listed}) AS VARCHAR)").fetchall()
    return str(found)


def past(
    cursor: duckdb.DuckDBPyConnection, value: str | None, type: str, read_at: datetime
) -> str | None:
    """A value, or of times the moment shortly before rows were read, where that is less.

    Rows of that moment may still have been on their way, and one of the future must not end what
    is read after it.
    """
    if value is None or not type.startswith(_TIMES):
        return value
    moment = quote_literal((read_at - _GUARD).isoformat())
    # The session's time zone is UTC, in which times without a zone are taken to be.
    guard = f"CAST(CAST({moment} AS TIMESTAMPTZ) AS {type})"
    ((found,),) = cursor.execute(
        f"SELECT CAST(least({_cast(value, type)}, {guard}) AS VARCHAR)"
    ).fetchall()
    return str(found)


def highest(cursor: duckdb.DuckDBPyConnection, scan: str, column: Column) -> str | None:
    """The largest value that has a place in the order, as text; None where no row has one."""
    name = quote_identifier(column.name)
    ((found,),) = cursor.execute(
        f"SELECT CAST(max({name}) AS VARCHAR) FROM {scan} WHERE NOT {unplaced(column)}"
    ).fetchall()
    return None if found is None else str(found)


def unplaced(column: Column) -> str:
    """The condition of rows without a place in the order."""
    name = quote_identifier(column.name)
    if column.type.startswith(_TIMES):
        return f"({name} IS NULL OR NOT isfinite({name}))"
    return f"({name} IS NULL)"


def reaching(column: Column, lower: str | None) -> str:
    """The condition of rows that are read: from ``lower`` on, and those without a place."""
    if lower is None:
        return "true"
    return f"({unplaced(column)} OR {quote_identifier(column.name)} >= {_cast(lower, column.type)})"


def not_arrived(
    raw: str,
    columns: Sequence[Column],
    column: Column,
    lower: str | None,
    seen: tuple[str, Seen] | None,
) -> str:
    """The SELECT of the rows of ``raw`` that have not arrived; ``seen`` has a scan of those."""
    kept = f"SELECT * FROM {raw} WHERE {reaching(column, lower)}"
    if seen is None:
        return kept
    scan, known = seen
    types = dict(zip((name.lower() for name in known.names), known.types, strict=True))
    both = [entry for entry in columns if entry.name.lower() in types]
    names = ", ".join(quote_identifier(entry.name) for entry in columns)
    keys = [
        (quote_identifier(entry.name), types[entry.name.lower()] == entry.type) for entry in both
    ]
    listed = ", ".join(name for name, _ in keys)
    same = " AND ".join(
        f"{_as(f'n.{n}', eq)} IS NOT DISTINCT FROM {_as(f's.{n}', eq)}" for n, eq in keys
    )
    own = quote_identifier(column.name)
    newest = f"SELECT CAST(max({own}) AS {column.type}) FROM {scan} WHERE NOT {unplaced(column)}"
    old = f"({unplaced(column)} OR coalesce({own} <= ({newest}), false))"
    number, count = _free("seeknal_number", columns), _free("seeknal_count", columns)
    return (
        f"WITH kept AS ({kept}),"
        f" numbered AS (SELECT *, row_number() OVER (PARTITION BY {listed}) AS {number}"
        f" FROM kept WHERE {old}),"
        f" seen AS (SELECT {listed}, count(*) AS {count} FROM {scan} GROUP BY {listed})"
        f" SELECT {names} FROM kept WHERE NOT {old}"
        f" UNION ALL SELECT {', '.join(f'n.{quote_identifier(e.name)}' for e in columns)}"
        f" FROM numbered AS n LEFT JOIN seen AS s ON {same}"
        f" WHERE n.{number} > coalesce(s.{count}, 0)"
    )


def _as(value: str, equal: bool) -> str:
    return value if equal else f"CAST({value} AS VARCHAR)"


def _free(name: str, columns: Sequence[Column]) -> str:
    taken = {column.name.lower() for column in columns}
    while name in taken:
        name += "_"
    return quote_identifier(name)


def moved(mark: Mark, horizon: Horizon) -> tuple[Mark, bool]:
    """The mark as it is after what was read behind ``horizon``, and whether it has moved.

    It moves to the newest value of which all has ended that was open at it.
    """
    if horizon.value is None:
        return mark, False
    now = Settled(value=horizon.value, open=horizon.open)
    settled = [entry for entry in mark.tries if not set(entry.open) & set(horizon.open)]
    if not horizon.open:
        return evolve(mark, value=now.value, tries=()), True
    if not settled:
        return evolve(mark, tries=(*mark.tries, now)), False
    at = mark.tries.index(settled[-1])
    return evolve(mark, value=settled[-1].value, tries=(*mark.tries[at + 1 :], now)), True


def _cast(value: str, type: str) -> str:
    return f"CAST({quote_literal(value)} AS {type})"
