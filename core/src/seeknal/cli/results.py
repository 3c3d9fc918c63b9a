"""The rows of a query in the format that was asked for."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from attrs import frozen

from seeknal.cli.fitting import columns_of
from seeknal.cli.render import stands_upright, table_lines
from seeknal.cli.streams import DATA, reader_gone, say
from seeknal.sql.quote import quote_literal
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    import duckdb

FORMATS = ("table", "json", "csv", "parquet")
ENDINGS = {".json": "json", ".csv": "csv", ".parquet": "parquet"}
"""Formats of files whose name says it."""
TABLE_ROWS = 100
UPRIGHT_ROWS = 20
LEAST = 30
"""Columns that a text keeps before the rows stand upright: moments are shorter."""
_BATCH = 2_000
_NUMBERS = ("INT", "DECIMAL", "DOUBLE", "FLOAT", "HUGEINT")


@frozen(kw_only=True)
class Wanted:
    """How rows are shown. ``limit`` None: all of them, or 100 in a table."""

    format: str = "table"
    limit: int | None = None
    output: Path | None = None

    @property
    def rows(self) -> int | None:
        limit = TABLE_ROWS if self.limit is None and self.format == "table" else self.limit
        return limit or None


def write_rows(connection: duckdb.DuckDBPyConnection, query: str, wanted: Wanted) -> None:
    """Write the rows of ``query``, which is one statement that was checked."""
    relation = connection.sql(query)
    names = list(relation.columns)
    types = [str(kind) for kind in relation.types]
    if wanted.format == "parquet":
        _write_parquet(connection, query, wanted)
    elif names == ["explain_key", "explain_value"]:
        _write_explanation(relation.fetchall(), wanted)
    elif wanted.format == "json":
        parts = [_as_json(number, kind) for number, kind in enumerate(types, 1)]
        rows = _fetch(connection, query, parts, wanted)
        with _output(wanted) as file:
            _write_json(names, rows, file)
    else:
        parts = [f"CAST(#{number} AS VARCHAR)" for number in range(1, len(names) + 1)]
        if wanted.format == "csv":
            rows = _fetch(connection, query, parts, wanted)
            with _output(wanted) as file:
                _write_csv(names, rows, file)
        else:
            found = _asked(connection, query, parts, wanted).fetchall()
            _write_table(names, types, found, wanted)


def _write_explanation(rows: Sequence[Sequence[object]], wanted: Wanted) -> None:
    if wanted.format != "table":
        write_foreign_rows(("explain_key", "explain_value"), rows, wanted)
        return
    with _output(wanted) as file:
        file.writelines(f"{text}" for _, text in rows)


def _as_json(number: int, kind: str) -> str:
    """A column as JSON text; what is JSON already keeps the numerals that it has."""
    return (
        f"CAST(#{number} AS VARCHAR)" if kind == "JSON" else f"CAST(to_json(#{number}) AS VARCHAR)"
    )


def _fetch(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parts: Sequence[str],
    wanted: Wanted,
) -> Iterator[Sequence[Any]]:
    """Rows whose values DuckDB has already made text of, so that every type can be shown."""
    return _batches(_asked(connection, query, parts, wanted), wanted)


def _asked(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parts: Sequence[str],
    wanted: Wanted,
) -> duckdb.DuckDBPyConnection:
    """The query for these parts of its rows, of which one more tells whether there are more."""
    limit = "" if wanted.rows is None else f" LIMIT {wanted.rows + 1}"
    # The newline ends a comment at the end of the query.
    return connection.execute(f"SELECT {', '.join(parts)} FROM ({query}\n){limit}")


def _batches(cursor: Any, wanted: Wanted) -> Iterator[Sequence[Any]]:
    given = 0
    while rows := cursor.fetchmany(_BATCH):
        for row in rows:
            if given == wanted.rows:
                _say_first(given)
                return
            given += 1
            yield row
        if reader_gone():
            return


def _say_first(rows: int) -> None:
    say(f"the first {rows:,} rows are shown; --limit 0 shows all")


@contextmanager
def _output(wanted: Wanted) -> Iterator[TextIO]:
    if wanted.output is None:
        yield DATA
        return
    from seeknal.host.files import replacing

    text = io.StringIO()
    yield text
    with replacing(wanted.output) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8", newline="")


def _write_json(names: Sequence[str], rows: Iterator[Sequence[Any]], file: TextIO) -> None:
    import json

    keys = [json.dumps(name, ensure_ascii=False) for name in _unlike(names)]
    start = "["
    for row in rows:
        values = ("null" if value is None else _standard(value) for value in row)
        entries = (f"{key}: {value}" for key, value in zip(keys, values, strict=True))
        file.write(f"{start}\n  {{{', '.join(entries)}}}")
        start = ","
    file.write("[]\n" if start == "[" else "\n]\n")


def _unlike(names: Sequence[str]) -> list[str]:
    """The names of columns as keys: one that comes again has a number, or a reader loses it."""
    found: list[str] = []
    for name in names:
        tries = (f"{name}_{number}" for number in count(1))
        free = (key for key in tries if key not in found and key not in names)
        found.append(next(free) if name in found else name)
    return found


def _standard(text: str) -> str:
    """JSON with null for the numbers that DuckDB and Python write though JSON has none."""
    if "NaN" not in text and "Infinity" not in text:
        return text
    import re

    tokens = r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN'
    return re.sub(tokens, lambda found: found[0] if found[0][0] == '"' else "null", text)


def _write_csv(names: Sequence[str], rows: Iterator[Sequence[Any]], file: TextIO) -> None:
    import csv

    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)


def _write_table(
    names: Sequence[str],
    types: Sequence[str],
    rows: Sequence[Sequence[Any]],
    wanted: Wanted,
) -> None:
    """A table; on a terminal that it does not fit its rows stand upright, and fewer of them."""
    numeric = [any(word in kind for word in _NUMBERS) and "[" not in kind for kind in types]
    columns = columns_of(sys.stdout) if wanted.output is None else None
    shown = [["NULL" if value is None else value for value in row] for row in rows[: wanted.rows]]
    if wanted.limit is None and stands_upright(names, shown, numeric, columns, LEAST):
        shown = shown[:UPRIGHT_ROWS]
    if len(rows) > len(shown):
        _say_first(len(shown))
    with _output(wanted) as file:
        for line in table_lines(names, shown, numeric, columns=columns, least=LEAST):
            file.write(line + "\n")


def _write_parquet(connection: duckdb.DuckDBPyConnection, query: str, wanted: Wanted) -> None:
    from seeknal.host.files import publish_file, takes_bytes
    from seeknal.sql.storage import as_parquet
    from seeknal.values.columns import Column

    if wanted.output is None:
        raise UsageError(
            "parquet cannot be printed", code="SK0257", help="say where with --output FILE"
        )
    if takes_bytes(wanted.output):
        raise UsageError(
            f"{wanted.output} is no file: parquet is written to files alone",
            code="SK0002",
            help="name a file, or --format csv",
        )
    limit = "" if wanted.rows is None else f" LIMIT {wanted.rows}"
    temporary = temporary_path(wanted.output)
    try:
        found = connection.sql(query)
        columns = [Column(*pair) for pair in zip(found.columns, map(str, found.types), strict=True)]
        rows = as_parquet(f"FROM ({query}\n){limit}", columns)
        connection.execute(
            f"COPY ({rows}) TO {quote_literal(str(temporary))} "
            "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
        )
        publish_file(temporary, wanted.output)
    finally:
        temporary.unlink(missing_ok=True)


def temporary_path(output: Path) -> Path:
    """Where a file is written before it gets its name: the only path a query may write to."""
    from seeknal.host.files import temporary_name

    return temporary_name(output.absolute())


def write_foreign_rows(
    names: Sequence[str], rows: Sequence[Sequence[object]], wanted: Wanted
) -> None:
    """Rows that a connection gave, as Python values."""
    if wanted.format == "parquet":
        raise UsageError("parquet is for stored outputs only", code="SK0257")
    if wanted.format == "table":
        _write_table(names, [""] * len(names), [list(map(_text, row)) for row in rows], wanted)
        return
    shown = _cut(rows, wanted)
    with _output(wanted) as file:
        if wanted.format == "json":
            _write_json(names, ([_json(value) for value in row] for row in shown), file)
        else:
            _write_csv(names, (list(map(_text, row)) for row in shown), file)


def _cut(rows: Sequence[Sequence[object]], wanted: Wanted) -> Sequence[Sequence[object]]:
    if wanted.rows is not None and len(rows) > wanted.rows:
        _say_first(wanted.rows)
        return rows[: wanted.rows]
    return rows


def _text(value: object) -> object:
    """A value as a table and CSV have it: numbers with all digits, lists and mappings as JSON."""
    from seeknal.cli.render import bytes_as_text

    if isinstance(value, bytes | bytearray | memoryview):
        return bytes_as_text(bytes(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    return _json(value) if isinstance(value, list | tuple | Mapping) else value


def _json(value: object) -> str:
    import json

    from seeknal.cli.render import plain

    return json.dumps(plain(value), ensure_ascii=False)
