"""MySQL's SQL on DuckDB: texts only pass through, for MySQL compares them by a collation."""

from __future__ import annotations

from seeknal.sql.translating.pairs.plain import COMPARISONS, EQUALITIES, LONG, NULL_BY_ZERO, PLAIN
from seeknal.sql.translating.rules import Pair, Rule

_DIGITS = "a quotient or average of whole numbers and DECIMALs has four more digits in MySQL"
_NULL = "by 0 it is NULL in MySQL"
_QUOTIENT = NULL_BY_ZERO % "{0} / CAST({1} AS DOUBLE)"

_RULES = (
    Rule("Div", "double number", "double", write=_QUOTIENT, differs=_NULL),
    Rule("Div", "number number", refuse=_DIGITS),
    Rule("IntDiv", "whole whole", "whole", write=NULL_BY_ZERO % "{0} // {1}", differs=_NULL),
    Rule("Mod", "whole whole", "0", write=NULL_BY_ZERO % "{0} % {1}", differs=_NULL),
    Rule("Avg", "double", "double"),
    Rule("Avg", "exact", refuse=_DIGITS),
    Rule("Sum", "decimal|double", "0"),
    Rule("Is", "collated null", "boolean"),
    Rule("Lag Lead FirstValue LastValue", "collated", "0"),
    Rule("Ordered", "collated", refuse="MySQL orders texts by a collation"),
    Rule(
        " ".join((*EQUALITIES, *COMPARISONS, "Between", "Like")),
        "collated|string...",
        refuse="MySQL compares texts by a collation, which mostly takes a for A",
    ),
    Rule("Year Month Quarter DayOfMonth Day DayOfYear", "moment", "whole"),
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER moment", "whole"),
    *LONG,
    *PLAIN,
)

PAIR = Pair(
    origin="mysql",
    target="duckdb",
    rules=_RULES,
    texts_fold=True,
    cuts_texts=True,
)
