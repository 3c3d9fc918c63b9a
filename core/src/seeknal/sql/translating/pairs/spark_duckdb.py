"""Apache Spark 4's SQL, in ANSI mode and UTC, on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.plain import BY_ZERO, COMPARISONS, EQUALITIES, PLAIN
from seeknal.sql.translating.rules import Pair, Rule, same

_ZERO = "a division by 0 is an error in Spark"
_DIGITS = "a quotient or average of DECIMALs has other digits in Spark"
_QUOTIENT = BY_ZERO % "CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE)"
_REMAINDER = BY_ZERO.replace("%s", "{0} % {1}")
_CASE = "Spark makes two letters of some, such as SS of ß"
_TRUNCATES = "CAST cuts a fraction off in Spark, and rounds in DuckDB"

_RULES = (
    same(EQUALITIES, "string string", "boolean"),
    same(COMPARISONS, "string string", "boolean"),
    same(("Between",), "string string string", "boolean"),
    same(("Ordered",), "text", "word"),
    same(("Min", "Max"), "text", "0"),
    same(("Like",), "string plain", "boolean"),
    Rule("Nullif", "string string", "0"),
    Rule("Add Sub Mul", "double number", "double"),
    Rule("Add Sub Mul", "number double", "double"),
    Rule("Add Sub", "exact exact", "common"),
    Rule("Div", "whole|double whole|double", "double", write=_QUOTIENT, differs=_ZERO),
    Rule("Div", "double number", "double", write=_QUOTIENT, differs=_ZERO),
    Rule("Div", "number number", refuse=_DIGITS),
    Rule("IntDiv", "whole nonzero-whole", "whole"),
    Rule("Mod", "whole nonzero-whole", "0"),
    Rule("Mod", "whole whole", "0", write=_REMAINDER, differs=_ZERO),
    Rule("Avg", "double", "double"),
    Rule("Avg", "whole", "double"),
    Rule("Avg", "decimal|huge", refuse=_DIGITS),
    Rule("Sum", "decimal|double", "0"),
    Rule("Sum", "whole", "whole", write="CAST(SUM({0}) AS BIGINT)", differs="it is a BIGINT"),
    Rule("Length", "string", "whole"),
    Rule("Substring", "string positive", "text"),
    Rule("Substring", "string positive positive", "text"),
    Rule("DPipe", "string string", "text"),
    Rule("Trim", "string", "text"),
    Rule("Upper Lower", "string", refuse=_CASE, differs=_CASE),
    Rule("Year Month Day Quarter DayOfMonth DayOfYear", "moment", "whole"),
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER|DOY moment", "whole"),
    Rule(
        "Cast",
        "decimal|double SMALLINT|INT|BIGINT",
        "whole",
        refuse=f"{_TRUNCATES}: say how with ROUND, FLOOR or TRUNC before",
    ),
    Rule("Cast", "whole|huge STRING|VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "string STRING|VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    *PLAIN,
)

PAIR = Pair(
    origin="spark",
    target="duckdb",
    rules=_RULES,
    reuses_names=True,
    orders_results=False,
    cuts_texts=True,
)
