"""StarRocks' SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.plain import (
    BY_BYTES,
    BY_DOUBLES,
    LONG,
    NULL_BY_ZERO,
    PLAIN,
    SUBSTRINGS,
)
from seeknal.sql.translating.rules import Pair, Rule

_NULL = "by 0 it is NULL in StarRocks, and infinite or an error in DuckDB"
_QUOTIENT = NULL_BY_ZERO % BY_DOUBLES

_RULES = (
    Rule("Div", "whole|double whole|double", "double", write=_QUOTIENT, differs=_NULL),
    Rule("Div", "number number", refuse="a quotient of DECIMALs has other digits in StarRocks"),
    Rule("Mod", "whole whole", "0", write=NULL_BY_ZERO % "{0} % {1}", differs=_NULL),
    Rule("Avg", "whole|double", "double"),
    Rule("Sum", "decimal|double", "0"),
    Rule("Year Month Quarter Day DayOfMonth", "moment", "whole"),
    *SUBSTRINGS,
    *BY_BYTES,
    *LONG,
    *PLAIN,
)

PAIR = Pair(
    origin="starrocks", target="duckdb", rules=_RULES, orders_results=False, cuts_texts=True
)
