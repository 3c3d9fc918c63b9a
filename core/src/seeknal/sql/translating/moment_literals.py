"""How dialects write a moment without a zone."""

from __future__ import annotations

_OTHERS = {
    **dict.fromkeys(("spark", "databricks"), "TIMESTAMP_NTZ '{}'"),
    **dict.fromkeys(("mysql", "starrocks", "doris"), "CAST('{}' AS DATETIME)"),
    **dict.fromkeys(("tsql", "fabric"), "CAST('{}' AS DATETIME2)"),
    "bigquery": "DATETIME '{}'",
    "oracle": "CAST('{}' AS TIMESTAMP)",
}


def moment_literal(text: str, dialect: str) -> str:
    """A moment as SQL of the dialect writes it where it has no zone, with the text as it is."""
    return _OTHERS.get(dialect.lower(), "TIMESTAMP '{}'").format(text)
