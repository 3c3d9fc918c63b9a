"""Which values are alike, so that they can be compared: texts, numbers, times, truths."""

from __future__ import annotations

INTEGERS = frozenset(
    (
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    )
)
_FAMILIES = {
    **dict.fromkeys(("VARCHAR",), "text"),
    **dict.fromkeys((*INTEGERS, "FLOAT", "DOUBLE", "DECIMAL"), "number"),
    **dict.fromkeys(("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "time"),
    "BOOLEAN": "boolean",
}


def family_of(type: str) -> str | None:
    """What a value of one of DuckDB's types is compared with: its like. None where that is open."""
    return _FAMILIES.get(type.partition("(")[0].upper())
