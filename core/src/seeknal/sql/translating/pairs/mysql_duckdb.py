"""MySQL's SQL on DuckDB: texts only pass through, for MySQL compares them by a collation."""

from __future__ import annotations

from seeknal.sql.translating.pairs.clock import TODAY
from seeknal.sql.translating.pairs.formats import FORMATTED, MYSQL, READ_IF_VALID, reading
from seeknal.sql.translating.pairs.plain import (
    CASES,
    CHOICES,
    COMPARISONS,
    CUT_OFF,
    DATE_SPANS,
    DAYS,
    ELAPSED,
    EQUALITIES,
    LONG,
    NULL_AMONG,
    NULL_BY_ZERO,
    PLAIN,
    SPANS,
)
from seeknal.sql.translating.rules import Pair, Rule
from seeknal.sql.translating.unnamed import by_text

_DIGITS = "a quotient or average of whole numbers and DECIMALs has four more digits in MySQL"
_NULL = "by 0 it is NULL in MySQL"
_QUOTIENT = NULL_BY_ZERO % "{0} / CAST({1} AS DOUBLE)"
_BLANKS = "every kind of space is cut off in DuckDB, and only blanks in MySQL"

_MONTHS = "(YEAR({0}) - YEAR({1})) * 12 + MONTH({0}) - MONTH({1})"
_INTO = "CAST(%s AS TIMESTAMP) - DATE_TRUNC('month', CAST(%s AS TIMESTAMP))"
_FIRST, _SECOND = (_INTO % (place, place) for place in ("{0}", "{1}"))
_WHOLE_MONTHS = (
    f"({_MONTHS} + CASE WHEN {{0}} >= {{1}} AND {_FIRST} < {_SECOND} THEN -1"
    f" WHEN {{0}} < {{1}} AND {_FIRST} > {_SECOND} THEN 1 ELSE 0 END)"
)
_SPANS = "it counts whole spans, and DuckDB's the boundaries that are crossed"
_LISTED = "ordered-collated|ordered-string|ordered-whole"
_LIST = "STRING_AGG({0}, %s)"
_SHORT = (
    f"CASE WHEN STRLEN({_LIST}) <= 1024 THEN {_LIST} WHEN {_LIST} IS NOT NULL"
    " THEN CAST(CAST('a text of more than 1024 bytes has no counterpart there' AS TINYINT)"
    " AS TEXT) END"
)
_CUT = "MySQL cuts it off behind 1024 bytes"

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
    *reading("StrToDate", text="collated|string", read=READ_IF_VALID),
    Rule("TsOrDsToDate", "moment", "date", write="CAST({0} AS DATE)"),
    Rule("DayOfWeek", "date", "whole", write="DAYOFWEEK({0}) + 1"),
    Rule("DateDiff", "iso-date iso-date", "whole", write="CAST({0} AS DATE) - CAST({1} AS DATE)"),
    *(
        Rule("TimestampDiff", f"moment moment {unit}", "whole", write=write, differs=_SPANS)
        for unit, write in (
            *(("MONTH", _WHOLE_MONTHS), ("QUARTER", f"{_WHOLE_MONTHS} // 3")),
            ("YEAR", f"{_WHOLE_MONTHS} // 12"),
        )
    ),
    *ELAPSED,
    *SPANS,
    *DATE_SPANS,
    *TODAY,
    Rule(
        "now",
        "",
        "timestamp",
        write="DATE_TRUNC('second', CAST(CURRENT_TIMESTAMP AS TIMESTAMP))",
        differs="it has no parts of a second",
    ),
    Rule("adddate", "date whole", "date", write="{0} + CAST({1} AS INT)"),
    Rule("subdate", "date whole", "date", write="{0} - CAST({1} AS INT)"),
    Rule("weekday", "moment", "whole", write="ISODOW({0}) - 1", differs="Monday is 0 in MySQL"),
    Rule("WeekOfYear", "moment", "whole"),
    Rule("Week", "moment 3", "whole", write="WEEKOFYEAR({0})"),
    Rule("Hour Minute Second", "timestamp", "whole"),
    Rule("Extract", "HOUR|MINUTE|SECOND timestamp", "whole"),
    Rule("Dayname Monthname", "moment", "collated"),
    *(
        Rule("GroupConcat", takes, "collated", write=_SHORT.replace("%s", put), differs=_CUT)
        for takes, put in ((f"{_LISTED} plain", "{1}"), (_LISTED, "','"))
    ),
    *(
        Rule(
            "SubstringIndex",
            f"collated|string letter {count}",
            "collated",
            write=f"ARRAY_TO_STRING(LIST_SLICE(STRING_SPLIT({{0}}, {{1}}), {slice}), {{1}})",
        )
        for count, slice in (("positive", "1, {2}"), ("nonzero-whole", "{2}, -1"))
    ),
    *CASES,
    *CHOICES,
    *CUT_OFF,
    Rule("Concat", "collated|string collated|string|whole...", "collated"),
    Rule("Add Sub", "decimal exact", "decimal"),
    Rule("Add Sub", "exact decimal", "decimal"),
    Rule("Mul", "stored stored|constant|whole", "decimal"),
    Rule("Mul", "constant|whole stored", "decimal"),
    Rule("Cast", "whole|stored CHAR", "collated", write="CAST({0} AS TEXT)"),
    Rule("Cast", "date CHAR", "collated", write="CAST({0} AS TEXT)"),
    Rule("Cast", "decimal BIGINT", "whole"),
    Rule(
        "Sqrt",
        "number",
        "double",
        write="CASE WHEN {0} >= 0 THEN SQRT(CAST({0} AS DOUBLE)) END",
        differs="below 0 it is NULL in MySQL, and an error in DuckDB",
    ),
    Rule(
        "Ln",
        "number",
        "double",
        write="CASE WHEN {0} > 0 THEN LN(CAST({0} AS DOUBLE)) END",
        differs="of 0 and below it is NULL in MySQL, and an error in DuckDB",
    ),
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
