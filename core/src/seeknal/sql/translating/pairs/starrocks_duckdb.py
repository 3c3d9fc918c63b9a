"""StarRocks' SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.plain import COMPARISONS, EQUALITIES, LONG, PLAIN
from seeknal.sql.translating.rules import Pair, Rule, same

_NULL = "by 0 it is NULL in StarRocks, and infinite or an error in DuckDB"
_BY_ZERO = "CASE WHEN {1} <> 0 THEN %s END"
_QUOTIENT = _BY_ZERO % "CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE)"

_RULES = (
    same(EQUALITIES, "string string", "boolean"),
    same(COMPARISONS, "string string", "boolean"),
    same(("Between",), "string string string", "boolean"),
    same(("Ordered",), "text", "word"),
    same(("Min", "Max"), "text", "0"),
    same(("Like",), "string plain", "boolean"),
    Rule("Nullif", "string string", "0"),
    Rule("Div", "whole|double whole|double", "double", write=_QUOTIENT, differs=_NULL),
    Rule("Div", "number number", refuse="a quotient of DECIMALs has other digits in StarRocks"),
    Rule("Mod", "whole whole", "0", write=_BY_ZERO.replace("%s", "{0} % {1}"), differs=_NULL),
    Rule("Avg", "whole|double", "double"),
    Rule("Sum", "decimal|double", "0"),
    Rule("Substring", "string positive", "text"),
    Rule("Substring", "string positive positive", "text"),
    Rule("Year Month Quarter Day DayOfMonth", "moment", "whole"),
    *LONG,
    *PLAIN,
)

PAIR = Pair(
    origin="starrocks", target="duckdb", rules=_RULES, orders_results=False, cuts_texts=True
)
