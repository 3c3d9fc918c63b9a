"""What differs between two dialects: one table for each pair."""

from __future__ import annotations

VERSION = 1
"""Counted up when a translation gives other values: then what was stored is computed again."""

_SPELLINGS = {"postgresql": "postgres"}
TABLES = {
    ("duckdb", "postgres"): "seeknal.sql.translating.pairs.duckdb_postgres",
    ("duckdb", "spark"): "seeknal.sql.translating.pairs.duckdb_spark",
    ("bigquery", "duckdb"): "seeknal.sql.translating.pairs.bigquery_duckdb",
    ("mysql", "duckdb"): "seeknal.sql.translating.pairs.mysql_duckdb",
    ("snowflake", "duckdb"): "seeknal.sql.translating.pairs.snowflake_duckdb",
    ("spark", "duckdb"): "seeknal.sql.translating.pairs.spark_duckdb",
    ("sqlite", "duckdb"): "seeknal.sql.translating.pairs.sqlite_duckdb",
    ("starrocks", "duckdb"): "seeknal.sql.translating.pairs.starrocks_duckdb",
    ("postgres", "duckdb"): "seeknal.sql.translating.pairs.postgres_duckdb",
}
"""The pairs of which it is known what differs, and where that stands."""

_READ_ALIKE = ("postgres",)
"""Dialects of which DuckDB's parser reads most, and cuts texts into the same words."""


def called(dialect: str) -> str:
    """The one name of a dialect that has several."""
    return _SPELLINGS.get(dialect, dialect)


def is_known(origin: str, target: str) -> bool:
    """Whether anything is known of what differs between two dialects."""
    return (called(origin), called(target)) in TABLES


def is_read_alike(dialect: str) -> bool:
    """Whether DuckDB's parser reads most of a dialect."""
    return called(dialect) in _READ_ALIKE
