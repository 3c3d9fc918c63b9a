"""What a stored output does not keep of its columns, said when it is built."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from seeknal.kernel.plugin_types import Rows
from seeknal.sql.quote import quote_identifier
from seeknal.values.model import Column, Scan

if TYPE_CHECKING:
    import duckdb

_COLLATE = re.compile(r"\bCOLLATE\b", re.IGNORECASE)
_COLLATED = re.compile(r'("(?:[^"]|"")+"|\w+) VARCHAR COLLATE ([\w.]+)')
_TABLE = "seeknal_collations"


def unkept(
    cursor: duckdb.DuckDBPyConnection, rows: Rows, columns: Sequence[Column], texts: Iterable[str]
) -> Iterator[str]:
    """One line for each such column. ``texts``: the SQL that ``rows`` are, with its views'."""
    for column in columns:
        if column.type == "VARIANT":
            yield (
                f"column {column.name!r}: of a VARIANT, integers of 128 bits and unsigned ones of"
                " 64 are stored as BIGINT"
            )
    if isinstance(rows, Scan) and any(_COLLATE.search(text) for text in texts):
        for name, collation in _collations(cursor, rows.sql):
            yield (
                f"column {name}: its collation {collation} is not stored; who reads it compares"
                " it letter by letter"
            )


def _collations(cursor: duckdb.DuckDBPyConnection, select: str) -> list[tuple[str, str]]:
    """Columns with a collation, which only the text of a table tells."""
    table = f"temp.{quote_identifier(_TABLE)}"
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM ({select}\n) LIMIT 0")
    try:
        found = cursor.execute(
            "SELECT sql FROM duckdb_tables() WHERE temporary AND table_name = ?", [_TABLE]
        ).fetchall()
    finally:
        cursor.execute(f"DROP TABLE {table}")
    return _COLLATED.findall(found[0][0])
