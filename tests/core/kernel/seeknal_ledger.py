"""Dialects that seeknal has no tables of: Trino's, and one that sqlglot does not know either."""

from __future__ import annotations

from collections.abc import Iterable

from seeknal.plugin import DialectPair, hookimpl

TABLES = "seeknal_ledger_tables"


@hookimpl
def dialect_pairs() -> Iterable[DialectPair]:
    return [
        DialectPair(origin="trino", target="duckdb", table=f"{TABLES}:FROM_TRINO"),
        DialectPair(origin="duckdb", target="trino", table=f"{TABLES}:TO_TRINO"),
        DialectPair(origin="ledger", target="duckdb", table=f"{TABLES}:FROM_LEDGER"),
    ]
