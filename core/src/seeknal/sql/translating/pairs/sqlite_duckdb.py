"""SQLite's SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.plain import COMPARISONS, EQUALITIES, LONG, PLAIN
from seeknal.sql.translating.rules import Pair, Rule, same

_WHOLE = "/ divides whole numbers to a whole number in SQLite, and gives NULL by 0"
_BY_ZERO = "CASE WHEN {1} <> 0 THEN %s END"

_RULES = (
    same(EQUALITIES, "string string", "boolean"),
    same(COMPARISONS, "string string", "boolean"),
    same(("Between",), "string string string", "boolean"),
    same(("Ordered",), "text", "word"),
    same(("Min", "Max"), "text", "0"),
    Rule("Like", "string string", refuse="LIKE takes a for A in SQLite, and not in DuckDB"),
    Rule("Nullif", "string string", "0"),
    Rule("Add Sub Mul", "double double", "double"),
    Rule("Add Sub Mul", "whole double", "double"),
    Rule("Add Sub Mul", "double whole", "double"),
    Rule("Div", "whole whole", "whole", write=_BY_ZERO % "{0} // {1}", differs=_WHOLE),
    Rule(
        "Div",
        "whole|double whole|double",
        "double",
        write=_BY_ZERO % "CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE)",
        differs="by 0 it is NULL in SQLite, and infinite in DuckDB",
    ),
    Rule("Mod", "whole whole", "0", write=_BY_ZERO.replace("%s", "{0} % {1}"), differs=_WHOLE),
    Rule("Avg", "whole|double", "double"),
    Rule("Sum", "double", "0"),
    Rule("Length", "text", "whole"),
    Rule("Substring", "string positive", "text"),
    Rule("Substring", "string positive positive", "text"),
    Rule("DPipe", "string string", "text"),
    Rule("Cast", "string VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "whole VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Upper Lower", "string", refuse="only the letters a to z have another case in SQLite"),
    *LONG,
    *PLAIN,
)

PAIR = Pair(origin="sqlite", target="duckdb", rules=_RULES, orders_results=False)
