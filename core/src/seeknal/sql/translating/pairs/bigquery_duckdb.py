"""BigQuery's SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.plain import (
    BY_BYTES,
    BY_DOUBLES,
    BY_ZERO,
    LONG,
    PLAIN,
    SUBSTRINGS,
)
from seeknal.sql.translating.rules import Pair, Rule

_ZERO = "a division by 0 is an error in BigQuery"
_QUOTIENT = BY_ZERO % BY_DOUBLES

_RULES = (
    Rule("Div", "whole|double whole|double", "double", write=_QUOTIENT, differs=_ZERO),
    Rule("Div", "number number", refuse="a quotient of NUMERICs has other digits in BigQuery"),
    Rule("Avg", "whole|double", "double"),
    Rule("Sum", "decimal|double", "0"),
    Rule("Length", "text", "whole"),
    Rule("DPipe", "string string", "text"),
    Rule("Cast", "string STRING|VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "whole STRING|VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER moment", "whole"),
    *SUBSTRINGS,
    *BY_BYTES,
    *LONG,
    *PLAIN,
)

PAIR = Pair(origin="bigquery", target="duckdb", rules=_RULES, orders_results=False)
