"""SQLite's SQL on DuckDB."""

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

_WHOLE = "/ divides whole numbers to a whole number in SQLite, and gives NULL by 0"

_RULES = (
    Rule("Like", "string string", refuse="LIKE takes a for A in SQLite, and not in DuckDB"),
    Rule("Add Sub Mul", "double double", "double"),
    Rule("Add Sub Mul", "whole double", "double"),
    Rule("Add Sub Mul", "double whole", "double"),
    Rule("Div", "whole whole", "whole", write=NULL_BY_ZERO % "{0} // {1}", differs=_WHOLE),
    Rule(
        "Div",
        "whole|double whole|double",
        "double",
        write=NULL_BY_ZERO % BY_DOUBLES,
        differs="by 0 it is NULL in SQLite, and infinite in DuckDB",
    ),
    Rule("Mod", "whole whole", "0", write=NULL_BY_ZERO % "{0} % {1}", differs=_WHOLE),
    Rule("Avg", "whole|double", "double"),
    Rule("Sum", "double", "0"),
    Rule("Length", "text", "whole"),
    Rule("DPipe", "string string", "text"),
    Rule("Cast", "string VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "whole VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Upper Lower", "string", refuse="only the letters a to z have another case in SQLite"),
    *SUBSTRINGS,
    *BY_BYTES,
    *LONG,
    *PLAIN,
)

PAIR = Pair(
    origin="sqlite", target="duckdb", rules=_RULES, orders_results=False, merged_first=False
)
