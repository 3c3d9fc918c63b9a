"""Which type of StarRocks a column of DuckDB's is."""

from __future__ import annotations

from seeknal_starrocks.testing.refusing import analysis
from seeknal_starrocks.testing.types import PLAIN

_STARROCKS = {duckdb: starrocks.lower() for starrocks, duckdb in PLAIN.items()}
_WIDENED = {"UTINYINT": "smallint", "USMALLINT": "int", "UINTEGER": "bigint", "UBIGINT": "largeint"}


def starrocks_type(duckdb: str, *, wide: bool = True) -> str:
    """Of a type as DuckDB writes it. Raises Refused where StarRocks has none.

    Not ``wide``, whole numbers of 128 bits are BIGINT: DuckDB adds 64 bits up to such.
    """
    if duckdb == "HUGEINT" and not wide:
        return "bigint"
    if duckdb in _STARROCKS:
        return _STARROCKS[duckdb]
    if duckdb in _WIDENED:
        return _WIDENED[duckdb]
    if duckdb == "TIME":
        return "time"
    if duckdb == '"NULL"':
        return "boolean"
    if duckdb.endswith("[]"):
        return f"array<{starrocks_type(duckdb[:-2], wide=wide)}>"
    if duckdb.startswith("DECIMAL"):
        return duckdb.lower().replace(" ", "")
    if duckdb.startswith(("MAP(", "STRUCT(")):
        return _nested(duckdb, wide)
    raise analysis(f"The stand-in has no type for {duckdb}")


def _nested(duckdb: str, wide: bool) -> str:
    head, _, rest = duckdb.partition("(")
    parts = _parts(rest[:-1])
    if head == "MAP":
        key, value = (starrocks_type(part, wide=wide) for part in parts)
        return f"map<{key},{value}>"
    fields = []
    for part in parts:
        name, _, type = part.partition(" ")
        if part.startswith('"'):
            name, _, type = part[1:].partition('" ')
        fields.append(f"{name} {starrocks_type(type, wide=wide)}")
    return f"struct<{', '.join(fields)}>"


def _parts(text: str) -> list[str]:
    """What commas part, but for those within parentheses."""
    found, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
    return [*found, text[start:].strip()]
