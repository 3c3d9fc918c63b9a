"""Apache Spark 4's SQL, in ANSI mode and UTC, on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.plain import BY_BYTES, BY_DOUBLES, BY_ZERO, PLAIN, SUBSTRINGS
from seeknal.sql.translating.rules import Pair, Rule

_ZERO = "a division by 0 is an error in Spark"
_DIGITS = "a quotient or average of DECIMALs has other digits in Spark"
_QUOTIENT = BY_ZERO % BY_DOUBLES
_REMAINDER = BY_ZERO % "{0} % {1}"
_CASE = "Spark makes two letters of some, such as SS of ß"
_TRUNCATES = "CAST cuts a fraction off in Spark, and rounds in DuckDB"

_RULES = (
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
    Rule("Sum", "huge", "huge"),
    Rule("Length", "string", "whole"),
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
    *SUBSTRINGS,
    *BY_BYTES,
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
