"""BigQuery's SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.plain import BY_ZERO, COMPARISONS, EQUALITIES, LONG, PLAIN
from seeknal.sql.translating.rules import Pair, Rule, same

_ZERO = "a division by 0 is an error in BigQuery"
_QUOTIENT = BY_ZERO % "CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE)"

_RULES = (
    same(EQUALITIES, "string string", "boolean"),
    same(COMPARISONS, "string string", "boolean"),
    same(("Between",), "string string string", "boolean"),
    same(("Ordered",), "text", "word"),
    same(("Min", "Max"), "text", "0"),
    same(("Like",), "string plain", "boolean"),
    Rule("Nullif", "string string", "0"),
    Rule("Div", "whole|double whole|double", "double", write=_QUOTIENT, differs=_ZERO),
    Rule("Div", "number number", refuse="a quotient of NUMERICs has other digits in BigQuery"),
    Rule("Avg", "whole|double", "double"),
    Rule("Sum", "decimal|double", "0"),
    Rule("Length", "text", "whole"),
    Rule("Substring", "string positive", "text"),
    Rule("Substring", "string positive positive", "text"),
    Rule("DPipe", "string string", "text"),
    Rule("Cast", "string STRING|VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "whole STRING|VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER moment", "whole"),
    *LONG,
    *PLAIN,
)

PAIR = Pair(origin="bigquery", target="duckdb", rules=_RULES, orders_results=False)
