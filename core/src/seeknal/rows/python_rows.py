"""Rows that Python holds, given to DuckDB without pyarrow or pandas."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.rows.python_types import ListOf, StructOf, learn, name_of, shape_of
from seeknal.rows.python_values import Mixture, plain
from seeknal.rows.written_columns import write_declared, write_inferred
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.sql.storage import copy_statement
from seeknal.values.columns import Column
from seeknal.values.errors import NodeError
from seeknal.values.relations import Scan

if TYPE_CHECKING:
    import duckdb

    from seeknal.rows.written_columns import Written

FIRST_BATCH = 256
LARGEST_BATCH = 50_000
BATCH_BYTES = 16 * 2**20

Row = Sequence[object] | Mapping[str, object]


def scan_of_rows(
    cursor: duckdb.DuckDBPyConnection,
    rows: Iterable[Row],
    *,
    workdir: Path,
    columns: Sequence[Column] | None = None,
) -> Scan:
    """A scan over ``rows``, which are spooled to Parquet below ``workdir`` batch by batch.

    Rows are sequences in the order of ``columns``, or mappings; without ``columns`` names and
    types come from the rows. Memory holds one batch. Raises NodeError that names row and column
    for a value that does not fit its column.
    """
    spool = _Spool(cursor, workdir, columns)
    size = FIRST_BATCH
    waiting = iter(rows)
    while batch := list(islice(waiting, size)):
        size = _next_size(len(batch), spool.add(batch))
    return spool.scan()


def _next_size(rows: int, bytes: int) -> int:
    """As many rows as make a batch of the wanted size, growing step by step."""
    fitting = rows * BATCH_BYTES // max(bytes, 1)
    return max(1, min(fitting, rows * 4, LARGEST_BATCH))


class _Spool:
    """The parts written so far, and what is known of their columns."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, workdir: Path, columns: Sequence[Column] | None
    ) -> None:
        self.cursor = cursor
        self.workdir = workdir
        self.declared = _declared(cursor, columns) if columns else None
        self.names: list[str] = list(self.declared or ())
        self.known = set(self.names)
        self.types: dict[str, Any] = dict.fromkeys(self.names)
        self.parts: list[tuple[Path, dict[str, str]]] = []
        self.rows = 0
        self.prefix = f"rows-{id(self):x}"

    def add(self, batch: list[Row]) -> int:
        """Write one batch as a part; gives its size as text."""
        columns = self.by_column(batch)
        if not self.names:
            return 0
        written = [
            self.write(name, values) for name, values in zip(self.names, columns, strict=True)
        ]
        text = self.workdir / f"{self.prefix}.csv"
        size = self.write_text(text, written)
        part = self.workdir / f"{self.prefix}-{len(self.parts)}.parquet"
        try:
            self.convert(text, written, part)
        finally:
            text.unlink(missing_ok=True)
        self.rows += len(batch)
        return size

    def by_column(self, batch: list[Row]) -> list[Sequence[object]]:
        if not isinstance(batch[0], Mapping) and self.declared is not None:
            return self.of_sequences(batch)
        return self.of_mappings(batch)

    def of_sequences(self, batch: list[Row]) -> list[Sequence[object]]:
        width = len(self.names)
        for number, row in enumerate(batch, self.rows + 1):
            if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != width:
                raise NodeError(f"row {number} is not {width} values", code="SK0531")
        return list(zip(*batch, strict=True))

    def of_mappings(self, batch: list[Row]) -> list[Sequence[object]]:
        for number, row in enumerate(batch, self.rows + 1):
            if not isinstance(row, Mapping):
                found = type(row).__name__
                raise NodeError(
                    f"row {number:,} is of type {found}, not a dict of column and value",
                    code="SK0532",
                )
            if not row.keys() <= self.known:
                self.learn(row, number)
        return [[row.get(name) for row in batch] for name in self.names]  # type: ignore[union-attr]

    def learn(self, row: Mapping[str, object], number: int) -> None:
        """Add the columns that this row is the first to have."""
        for name in row:
            if name in self.known:
                continue
            if not isinstance(name, str) or not name or "\0" in name:
                raise NodeError(f"row {number}: {name!r} cannot name a column", code="SK0533")
            if self.declared is not None:
                raise NodeError(
                    f"row {number} has a column {name!r} that is not declared",
                    code="SK0534",
                    help=f"declared: {', '.join(self.names)}",
                )
            self.names.append(name)
            self.known.add(name)
            self.types[name] = None

    def write(self, name: str, values: Sequence[object]) -> Written:
        try:
            values = plain(values)
            if self.declared is not None:
                return write_declared(self.declared[name], values)
            self.types[name] = learn(self.types[name], values)
            return write_inferred(self.types[name], values)
        except Mixture as error:
            raise self.failure(error.row, name, str(error), error.help) from None

    def write_text(self, path: Path, written: list[Written]) -> int:
        try:
            with path.open("w", newline="", encoding="utf-8") as file:
                lines = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
                lines.writerows(zip(*(entry.values for entry in written), strict=True))
                return file.tell()
        except UnicodeEncodeError as error:
            raise self.unwritable(written) from error

    def unwritable(self, written: list[Written]) -> NodeError:
        """Say which value is text that UTF-8 has no bytes for."""
        for column, entry in enumerate(written):
            for row, value in enumerate(entry.values):
                if isinstance(value, str) and not is_utf8(value):
                    return self.failure(row, column, f"{value[:40]!r} is no valid text")
        raise AssertionError("some value could not be encoded")

    def failure(self, row: int, column: str | int, text: str, help: str | None = None) -> NodeError:
        name = self.names[column] if isinstance(column, int) else column
        return NodeError(
            f"row {self.rows + row + 1:,}, column {name!r}: {text}", code="SK0535", help=help
        )

    def convert(self, text: Path, written: list[Written], part: Path) -> None:
        """From CSV text to a Parquet part, through DuckDB."""
        types = {name: entry.type for name, entry in zip(self.names, written, strict=True)}
        casts = [
            f"{entry.sql(_position(n))} AS {quote_identifier(name)}"
            for n, (name, entry) in enumerate(zip(self.names, written, strict=True))
        ]
        reader = _csv_reader(text, len(written))
        columns = [Column(name, type) for name, type in types.items()]
        select = f"SELECT {', '.join(casts)} FROM {reader}"
        try:
            self.cursor.execute(copy_statement(select, columns, str(part), wide=True))
        except Exception as error:
            self.explain(reader, written, error)
            raise
        self.parts.append((part, types))

    def explain(self, reader: str, written: list[Written], error: Exception) -> None:
        """Find the value that DuckDB could not convert."""
        for n, entry in enumerate(written):
            place = _position(n)
            found = self.cursor.execute(
                f"SELECT row, {place}"
                f" FROM (SELECT row_number() OVER () - 1 AS row, * FROM {reader})"
                f" WHERE {place} IS NOT NULL AND TRY({entry.sql(place)}) IS NULL LIMIT 1"
            ).fetchall()
            for row, value in found:
                shown = value if len(value) < 60 else value[:57] + "..."
                text = f"{shown!r} is not a {entry.type}"
                raise self.failure(int(row), n, text) from error

    def scan(self) -> Scan:
        """One SELECT over all parts, each cast to what its columns turned out to be."""
        if not self.names:
            raise no_columns()
        groups = _grouped(self.parts)
        if not groups:
            return Scan(f"SELECT {', '.join(map(self.nothing, self.names))} WHERE false")
        selects = (self.select(paths, types) for types, paths in groups)
        return Scan(" UNION ALL ".join(selects), repeatable=True)

    def nothing(self, name: str) -> str:
        return f"CAST(NULL AS {self.final_type(name)}) AS {quote_identifier(name)}"

    def final_type(self, name: str) -> str:
        return self.declared[name] if self.declared is not None else name_of(self.types[name])

    def select(self, paths: list[Path], types: dict[str, str]) -> str:
        items = [f"{self.read(name, types)} AS {quote_identifier(name)}" for name in self.names]
        files = ", ".join(quote_literal(str(path)) for path in paths)
        return f"SELECT {', '.join(items)} FROM read_parquet([{files}], hive_partitioning = false)"

    def read(self, name: str, stored: dict[str, str]) -> str:
        """The column as it finally is, from a part that may have been written before."""
        type = self.types[name]
        if name not in stored:
            return f"CAST(NULL AS {self.final_type(name)})"
        if isinstance(type, ListOf | StructOf):
            # Keys that only later rows had are NULL, where a CAST would insist on them.
            shape = quote_literal(json.dumps(shape_of(type)))
            return f"from_json({quote_identifier(name)}, {shape})"
        return f"CAST({quote_identifier(name)} AS {self.final_type(name)})"


def no_columns() -> NodeError:
    return NodeError(
        "there are no rows and no columns are known",
        code="SK0536",
        help="declare the columns with their types, or return a relation",
    )


def _declared(cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> dict[str, str]:
    """Types as DuckDB spells them; one that it does not know is refused where it is used."""
    import duckdb

    found = {}
    for column in columns:
        try:
            found[column.name] = str(cursor.sqltype(column.type))
        except duckdb.Error:
            found[column.name] = column.type
    return found


def _grouped(
    parts: list[tuple[Path, dict[str, str]]],
) -> list[tuple[dict[str, str], list[Path]]]:
    """Neighbouring parts of the same columns and types together, in order."""
    groups: list[tuple[dict[str, str], list[Path]]] = []
    for path, types in parts:
        if not groups or groups[-1][0] != types:
            groups.append((types, []))
        groups[-1][1].append(path)
    return groups


def is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _position(n: int) -> str:
    return f"c{n}"


def _csv_reader(path: Path, width: int) -> str:
    columns = ", ".join(f"'{_position(n)}': 'VARCHAR'" for n in range(width))
    return (
        f"read_csv({quote_literal(str(path))}, auto_detect = false, header = false,"
        f" columns = {{{columns}}}, delim = ',', quote = '\"', escape = '\"',"
        f" new_line = '\\n', nullstr = '\\N', allow_quoted_nulls = false,"
        f" parallel = false, max_line_size = {max(path.stat().st_size, 2**20) + 1})"
    )
