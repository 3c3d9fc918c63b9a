"""Files of which the path says the time: which a range opens, and whether their rows are of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, frozen

from seeknal.plugin import (
    NodeError,
    ParquetFiles,
    Scan,
    ends_within,
    quote_identifier,
    quote_literal,
    value_of,
)

if TYPE_CHECKING:
    from seeknal.builtin.paths import Located
    from seeknal.builtin.readers import Reading
    from seeknal.plugin import (
        Origin,
        Rows,
        Source,
        SourceContext,
        Within,
    )

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_MISPLACED = "seeknal: a row of another time: "
_FILE, _FROM, _UNTIL = "seeknal_timed_file", "seeknal_timed_from", "seeknal_timed_until"


def rows_of_their_time(
    rows: Rows, files: Mapping[str, Located], source: Source, context: SourceContext
) -> Rows:
    """``rows``, whose origin names what was opened; reading them stops at one that is not of its
    file's time, for the range that it is of would never see it.
    """
    rows = _as_query(rows)
    if not isinstance(rows, Scan) or rows.origin is None or source.within is None:
        return rows
    timed = _timed(rows, rows.origin, files, source.within, context)
    if timed is None:
        return rows
    shown = {opened: files[known].known for opened, known in rows.origin.names.items()}
    origin = evolve(rows.origin, names=shown) if source.provenance else None
    sql = timed.sql(keeps_file=source.provenance)
    instead = partial(_instead, rows, timed, files, source, context)
    return evolve(rows, sql=sql, instead=instead, origin=origin)


def in_folders(reading: Reading, source: Source) -> Reading:
    """The call without files in folders such as ``at=2024-06-01`` that are of no day of the range.

    Of folders that are not all days nothing is left out, nor of those without a value.
    """
    within = source.within
    if within is None or not reading.arguments["hive_partitioning"]:
        return reading
    name = within.column.lower()
    declared = {spec.name.lower(): spec.type for spec in source.columns}.get(name)
    days = {file: _day_of_folder(file, name) for file in reading.files}
    ends = ends_within(within, "DATE", declared and declared.upper())
    if ends is None or None in days.values():
        return reading
    start, end = ends
    kept = tuple(
        file for file, day in days.items() if not isinstance(day, date) or start <= day < end
    )
    return evolve(reading, files=kept or reading.files[:1])


def _day_of_folder(file: str, column: str) -> date | Literal[""] | None:
    """The day that the folder of a column names, "" where it names none; None for anything else."""
    pairs = [part.partition("=") for part in file.split("/")[:-1]]
    values = [value for name, _, value in pairs if name.lower() == column]
    if values == [_NO_VALUE]:
        return ""
    if len(values) != 1 or not _DAY.fullmatch(values[0]):
        return None
    try:
        return date.fromisoformat(values[0])
    except ValueError:
        return None


def no_rows_like(rows: Any) -> Any:
    """The columns of ``rows`` without any."""
    rows = _as_query(rows)
    if not isinstance(rows, Scan):
        return rows
    inner = rows.instead
    instead = inner and (lambda error: no_rows_like(inner(error)))
    return evolve(rows, sql=f"SELECT * FROM ({rows.sql}) WHERE false", instead=instead)


def _as_query(rows: Rows) -> Rows:
    """``rows``, those that are whole files as a query that reads them."""
    if not isinstance(rows, ParquetFiles):
        return rows
    listed = ", ".join(map(quote_literal, rows.paths))
    return Scan(f"SELECT * FROM read_parquet([{listed}])", origin=rows.origin)


@frozen(kw_only=True)
class _Timed:
    """Rows, the column that tells when they are of, and the ends of the files that they are in."""

    rows: str
    file: str | None
    column: str
    type: str
    ends: Mapping[str, tuple[object, object] | None]

    @property
    def _source(self) -> str:
        """What stands after FROM: the rows as ``r``, and beside them the ends of their files."""
        values = ", ".join(
            f"({quote_literal(opened)}, {self._literal(ends, 0)}, {self._literal(ends, 1)})"
            for opened, ends in self.ends.items()
        )
        known = f"(VALUES {values}) AS f ({_FILE}, {_FROM}, {_UNTIL})"
        on = f"r.{quote_identifier(self.file)} = f.{_FILE}" if self.file else "true"
        return f"({self.rows}) AS r LEFT JOIN {known} ON {on}"

    def _literal(self, ends: tuple[object, object] | None, place: int) -> str:
        value = quote_literal(str(ends[place])) if ends else "NULL"
        return f"CAST({value} AS {self.type})"

    @property
    def _misplaced(self) -> str:
        name = f"r.{quote_identifier(self.column)}"
        return f"({name} < {_FROM} OR {name} >= {_UNTIL})"

    def sql(self, *, keeps_file: bool) -> str:
        name = quote_identifier(self.column)
        out = f" EXCLUDE ({quote_identifier(self.file)})" if self.file and not keeps_file else ""
        refused = f"error({quote_literal(_MISPLACED)} || CAST(r.{name} AS VARCHAR))"
        checked = (
            f"CASE WHEN {self._misplaced} THEN CAST({refused} AS {self.type}) ELSE r.{name} END"
        )
        return f"SELECT r.*{out} REPLACE ({checked} AS {name}) FROM {self._source}"

    def misplaced(self) -> str:
        """The query of how many rows are not of their file's time, and one with its file."""
        name = f"r.{quote_identifier(self.column)}"
        return (
            f"SELECT count(*), CAST(min({name}) AS VARCHAR), arg_min({_FILE}, {name})"
            f" FROM {self._source} WHERE {self._misplaced}"
        )


def _timed(
    rows: Scan,
    origin: Origin,
    files: Mapping[str, Located],
    within: Within,
    context: SourceContext,
) -> _Timed | None:
    """None where the column is not there, or is none that has a place in a range."""
    found = (rows.within or context.duckdb).sql(rows.sql)
    types = dict(zip(found.columns, map(str, found.types), strict=True))
    name = next((name for name in types if name.lower() == within.column.lower()), None)
    if name is None or ends_within(within, types[name]) is None:
        return None

    def ends_of(opened: str) -> tuple[object, object] | None:
        span = files[opened].span
        return span and ends_within(evolve(within, start=span[0], end=span[1]), types[name])

    return _Timed(
        rows=rows.sql,
        file=origin.column,
        column=name,
        type=types[name],
        ends={read: ends_of(opened) for read, opened in origin.names.items()},
    )


def _instead(
    rows: Scan,
    timed: _Timed,
    files: Mapping[str, Located],
    source: Source,
    context: SourceContext,
    error: Exception,
) -> Any:
    """The rows to read when DuckDB has stopped at something else. Raises NodeError for rows of
    another time than their file's."""
    if _MISPLACED not in str(error):
        if rows.instead is None:
            raise error
        instead = rows.instead(error)
        instead = evolve(instead, origin=instead.origin or rows.origin)
        return rows_of_their_time(instead, files, source, context)
    connection = rows.within or context.duckdb
    count, value, read = connection.execute(timed.misplaced()).fetchall()[0]
    assert rows.origin is not None
    file = files[rows.origin.names[read]].known
    many = "1 row is" if count == 1 else f"{count:,} rows are"
    shown = value_of(timed.column, value, context.pii(source.node))
    zone = source.within.timezone if source.within else "UTC"
    raise NodeError(
        f"{many} not of the time that the name of their file says, such as"
        f" {timed.column} {shown} in {file}",
        code="SK0766",
        kept=f"{many} not of the time that the name of their file says, such as one in {file}",
        help=f"names are read by the clock of timezone: {zone}; where rows do lie in files of"
        " another time, write * in place of {time:...}",
    )
