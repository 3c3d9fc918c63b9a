"""Which rows lie around a mark, which of them have arrived, and where the next mark is.

Rows are read again from the mark on, and those that have no place in its order: NULL and infinite
ones. Of these the ones that have arrived are left out, equal ones by their number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.ingesting.sameness import comparable
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
_NUMBER = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(\d+,(?P<scale>\d+)\)")
_TIMES = ("DATE", "TIMESTAMP")
_GUARD = timedelta(seconds=10)
_DIGITS = 1000
"""More than any number has that is a mark."""


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
    if _NUMBER.fullmatch(type):
        return _number_less(value, step)
    shifted = f"{_cast(value, type)} - {step}"
    ((found,),) = cursor.execute(f"SELECT CAST(CAST({shifted} AS {type}) AS VARCHAR)").fetchall()
    return str(found)


def largest(cursor: duckdb.DuckDBPyConnection, values: Sequence[str], type: str) -> str:
    """The largest of some values of ``type``, as text."""
    if _NUMBER.fullmatch(type):
        # A type with fewer digits than another batch's would round what is compared.
        return max(values, key=Decimal)
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
    least = _cast(_least(lower, column.type), column.type)
    return f"({unplaced(column)} OR {quote_identifier(column.name)} >= {least})"


def not_arrived(
    raw: str,
    columns: Sequence[Column],
    column: Column,
    lower: str | None,
    seen: tuple[str, Seen] | None,
    *,
    replacing: bool = False,
) -> str:
    """The SELECT of the rows of ``raw`` that have not arrived; ``seen`` has a scan of those.

    A row is another one when a column is new and has a value in it, if rows are ``replacing``
    those of their keys; else it would stand twice.
    """
    kept = f"SELECT * FROM {raw} WHERE {reaching(column, lower)}"
    if seen is None:
        return kept
    scan, known = seen
    types = dict(zip((name.lower() for name in known.names), known.types, strict=True))
    compared = [entry for entry in columns if replacing or entry.name.lower() in types]
    keys = [_free(f"seeknal_key_{number}", columns) for number in range(len(compared))]
    new, old_ones = (
        ", ".join(f"{value} AS {key}" for value, key in zip(values, keys, strict=True))
        for values in zip(*(_compared(entry, types) for entry in compared), strict=True)
    )
    listed = ", ".join(keys)
    same = " AND ".join(f"n.{key} IS NOT DISTINCT FROM s.{key}" for key in keys)
    names = ", ".join(quote_identifier(entry.name) for entry in columns)
    own = quote_identifier(column.name)
    # What is newer than all of them need not be compared.
    newest = (
        f"SELECT TRY_CAST(max({own}) AS {column.type}) FROM {scan} WHERE NOT {unplaced(column)}"
    )
    old = f"({unplaced(column)} OR coalesce({own} <= ({newest}), true))"
    number, count = _free("seeknal_number", columns), _free("seeknal_count", columns)
    return (
        f"WITH kept AS ({kept}),"
        f" keyed AS (SELECT *, {new} FROM kept WHERE {old}),"
        f" numbered AS (SELECT *, row_number() OVER (PARTITION BY {listed}) AS {number}"
        f" FROM keyed),"
        f" seen AS (SELECT {listed}, count(*) AS {count} FROM (SELECT {old_ones} FROM {scan})"
        f" GROUP BY {listed})"
        f" SELECT {names} FROM kept WHERE NOT {old}"
        f" UNION ALL SELECT {', '.join(f'n.{quote_identifier(e.name)}' for e in columns)}"
        f" FROM numbered AS n LEFT JOIN seen AS s ON {same}"
        f" WHERE n.{number} > coalesce(s.{count}, 0)"
    )


def _compared(entry: Column, types: Mapping[str, str]) -> tuple[str, str]:
    """A column of new rows and of those that have arrived, as what they are compared by."""
    name, before = quote_identifier(entry.name), types.get(entry.name.lower())
    if before is None:
        return comparable(name, entry.type, None), "CAST(NULL AS VARCHAR)"
    return comparable(name, entry.type, before), comparable(name, before, entry.type)


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


def _number_less(value: str, step: str) -> str:
    with localcontext(prec=_DIGITS):
        return f"{Decimal(value) - Decimal(step):f}"


def _least(value: str, type: str) -> str:
    """The smallest value of ``type`` that is not below one of more digits behind the point."""
    number = _NUMBER.fullmatch(type)
    if number is None:
        return value
    with localcontext(prec=_DIGITS):
        step = Decimal(1).scaleb(-int(number["scale"] or 0))
        return f"{Decimal(value).quantize(step, rounding=ROUND_CEILING):f}"


def _cast(value: str, type: str) -> str:
    return f"CAST({quote_literal(value)} AS {type})"
