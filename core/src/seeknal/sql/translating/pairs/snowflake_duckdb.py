"""Snowflake's SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.plain import BY_BYTES, BY_ZERO, LONG, PLAIN, SUBSTRINGS
from seeknal.sql.translating.rules import Pair, Rule

_DIGITS = "a quotient or average of NUMBERs has six more digits in Snowflake"
_QUOTIENT = BY_ZERO % "{0} / CAST({1} AS DOUBLE)"

_RULES = (
    Rule("Div", "double number", "double", write=_QUOTIENT),
    Rule("Div", "exact exact", refuse=_DIGITS),
    Rule("Avg", "double", "double"),
    Rule("Avg", "exact", refuse=_DIGITS),
    Rule("Sum", "decimal|double", "0"),
    Rule("Length", "text", "whole"),
    Rule("DPipe", "string string", "text"),
    Rule("Cast", "string VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "whole VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Year Month Day Quarter", "moment", "whole"),
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER moment", "whole"),
    *SUBSTRINGS,
    *BY_BYTES,
    *LONG,
    *PLAIN,
)

PAIR = Pair(
    origin="snowflake",
    target="duckdb",
    rules=_RULES,
    reuses_names=True,
    orders_results=False,
    cuts_texts=True,
)
