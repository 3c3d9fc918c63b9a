"""How rows are kept in Parquet without losing what Parquet has no type for.

DuckDB writes HUGEINT as DOUBLE, which drops digits, INTERVAL in milliseconds and none below
zero, and times with a zone without it: here each is stored as a type that holds it and read back
as what it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from seeknal.model import Column
from seeknal.sql.quote import quote_identifier, quote_literal

STORED_AS = {
    "HUGEINT": "DECIMAL(38,0)",
    "UHUGEINT": "DECIMAL(38,0)",
    "INTERVAL": "VARCHAR",
    "TIME WITH TIME ZONE": "VARCHAR",
    "BIT": "VARCHAR",
    "BIGNUM": "VARCHAR",
    "TIME_NS": "VARCHAR",
}
_QUOTED = """"(?:[^"]|"")*"|'(?:[^']|'')*'"""
_SPECIAL = re.compile(rf"{_QUOTED}|\b({'|'.join(STORED_AS)})(?=[,)\[]|$)")
"""Types that are stored as others. What stands in quotes, or before a type, is a name."""
COPY_OPTIONS = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880"


def copy_statement(select: str, columns: Sequence[Column], path: str) -> str:
    """The COPY that stores ``select``'s rows."""
    return f"COPY ({as_parquet(select, columns)}) TO {quote_literal(path)} ({COPY_OPTIONS})"


def as_parquet(select: str, columns: Sequence[Column]) -> str:
    """``select`` with types that Parquet holds; the newline ends a trailing ``--`` comment."""
    encoded = [
        (column.name, f"CAST({quote_identifier(column.name)} AS {_stored(column.type)})")
        for column in columns
        if _encoded(column)
    ]
    return f"SELECT {_star(encoded)} FROM ({select}\n)" if encoded else f"{select}\n"


def scan_of(path: str, columns: Sequence[Column]) -> str:
    """What stands after FROM to read an artifact with its columns' own types."""
    # A folder above the project that is called a=b must not become a column.
    reader = f"read_parquet({quote_literal(path)}, hive_partitioning = false)"
    decoded = [(column.name, _decoded(column)) for column in columns if _encoded(column)]
    return f"(SELECT {_star(decoded)} FROM {reader})" if decoded else reader


_CLOCK = r"'(-?)(\d+):(\d\d):(\d\d(?:\.\d+)?)$', '\1\2 hours \1\3 minutes \1\4 seconds'"


def _decoded(column: Column) -> str:
    name = quote_identifier(column.name)
    if column.type == "INTERVAL":
        # DuckDB 1.5 writes more hours as a clock's than it reads.
        spelled = f"CAST(regexp_replace({name}, {_CLOCK}) AS INTERVAL)"
        return f"coalesce(TRY_CAST({name} AS INTERVAL), {spelled})"
    return f"CAST({name} AS {column.type})"


def _encoded(column: Column) -> bool:
    return _stored(column.type) != column.type


def _stored(type: str) -> str:
    """The type that holds it."""
    return _SPECIAL.sub(lambda match: STORED_AS.get(match[1], match[0]), type)


def _star(replaced: Sequence[tuple[str, str]]) -> str:
    items = ", ".join(f"{value} AS {quote_identifier(name)}" for name, value in replaced)
    return f"* REPLACE ({items})"
