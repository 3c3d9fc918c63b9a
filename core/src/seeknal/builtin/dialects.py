"""The dialects of SQL that core brings the tables of."""

from __future__ import annotations

from seeknal.plugin import DialectPair, hookimpl

_TABLES = "seeknal.sql.translating.pairs"
_PAIRS = (
    ("duckdb", "postgres"),
    ("duckdb", "spark"),
    ("duckdb", "starrocks"),
    ("bigquery", "duckdb"),
    ("mysql", "duckdb"),
    ("snowflake", "duckdb"),
    ("spark", "duckdb"),
    ("sqlite", "duckdb"),
    ("starrocks", "duckdb"),
    ("postgres", "duckdb"),
)
_READ_ALIKE = ("postgres",)
_NAMES_IN_DOUBLE_QUOTES = ("snowflake", "sqlite")


@hookimpl
def dialect_pairs() -> list[DialectPair]:
    return [
        DialectPair(
            origin=origin,
            target=target,
            table=f"{_TABLES}.{origin}_{target}:PAIR",
            read_alike=origin in _READ_ALIKE,
            names_in_double_quotes=origin in _NAMES_IN_DOUBLE_QUOTES,
        )
        for origin, target in _PAIRS
    ]
