"""MySQL's SQL on DuckDB: texts only pass through, for MySQL compares them by a collation."""

from __future__ import annotations

from seeknal.sql.translating.pairs.formats import FORMATTED, MYSQL, reading
from seeknal.sql.translating.pairs.plain import (
    COMPARISONS,
    DAYS,
    EQUALITIES,
    LONG,
    NULL_AMONG,
    NULL_BY_ZERO,
    PLAIN,
)
from seeknal.sql.translating.rules import Pair, Rule
from seeknal.sql.translating.unnamed import by_text

_DIGITS = "a quotient or average of whole numbers and DECIMALs has four more digits in MySQL"
_NULL = "by 0 it is NULL in MySQL"
_QUOTIENT = NULL_BY_ZERO % "{0} / CAST({1} AS DOUBLE)"
_BLANKS = "every kind of space is cut off in DuckDB, and only blanks in MySQL"

_RULES = (
    Rule("Div", "double number", "double", write=_QUOTIENT, differs=_NULL),
    Rule("Div", "number number", refuse=_DIGITS),
    Rule("IntDiv", "whole whole", "whole", write=NULL_BY_ZERO % "{0} // {1}", differs=_NULL),
    Rule("Mod", "whole whole", "0", write=NULL_BY_ZERO % "{0} % {1}", differs=_NULL),
    Rule("Avg", "double", "double"),
    Rule("Avg", "exact", refuse=_DIGITS),
    Rule("Sum", "decimal|double", "0"),
    Rule("Is", "collated null", "boolean"),
    Rule("Concat", "collated|string...", "collated"),
    Rule("ConcatWs", "plain collated|string...", "collated"),
    Rule("Coalesce", "collated|string...", "collated"),
    Rule("Length", "collated|string", "whole"),
    Rule("BinaryLength", "collated|string", "whole", write="STRLEN({0})"),
    Rule("Left Right Repeat", "collated|string positive", "collated"),
    Rule("Substring", "collated|string positive", "collated"),
    Rule("Substring", "collated|string positive positive", "collated"),
    Rule("Pad", "collated|string positive plain", "collated"),
    Rule("Replace", "collated|string plain collated|string", "collated"),
    Rule("Trim", "collated|string", "collated", write="TRIM({0}, ' ')", differs=_BLANKS),
    Rule("LTrim", "collated|string", "collated", write="LTRIM({0}, ' ')", differs=_BLANKS),
    Rule("RTrim", "collated|string", "collated", write="RTRIM({0}, ' ')", differs=_BLANKS),
    Rule("Trim LTrim RTrim", "collated|string letter", "collated"),
    Rule("MD5", "collated|string", "text"),
    Rule("Round", "decimal positive", "decimal"),
    Rule("Round", "decimal", "decimal"),
    Rule("Floor Ceil", "decimal|double", "0"),
    Rule("DateDiff", "moment moment", "whole", write="CAST({0} AS DATE) - CAST({1} AS DATE)"),
    Rule("LastDay", "moment", "date"),
    Rule("TsOrDsToTimestamp", "moment", "0", write="{0}"),
    *FORMATTED,
    *reading("StrToDate", text="collated|string", cast="TRY_CAST"),
    Rule("TsOrDsToDate", "moment", "date", write="CAST({0} AS DATE)"),
    Rule("DayOfWeek", "date", "whole", write="DAYOFWEEK({0}) + 1"),
    *DAYS,
    Rule("Recursive", "query", "rows"),
    *NULL_AMONG,
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
    formats=MYSQL,
    texts_fold=True,
    cuts_texts=True,
    unnamed=by_text,
    says_sets_behind=True,
    totals_nothing=False,
    cuts_rounds=True,
)
