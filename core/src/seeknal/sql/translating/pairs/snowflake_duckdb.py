"""Snowflake's SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.clock import TODAY
from seeknal.sql.translating.pairs.formats import FORMATTED, SNOWFLAKE, reading
from seeknal.sql.translating.pairs.plain import (
    BY_BYTES,
    BY_ZERO,
    CASES,
    CHOICES,
    CUTS,
    DATE_SPANS,
    DAY,
    DAYS,
    LONG,
    NULL_AMONG,
    PLAIN,
    READ,
    READS,
    SPANS,
    SUBSTRINGS,
    TRIES,
)
from seeknal.sql.translating.rules import Pair, Rule, same
from seeknal.sql.translating.unnamed import in_capitals

_DIGITS = "a quotient or average of NUMBERs has six more digits in Snowflake"
_QUOTIENT = BY_ZERO % "{0} / CAST({1} AS DOUBLE)"

_ZERO = "a division by 0 is an error in Snowflake"
_BLANKS = "every kind of space is cut off in DuckDB, and only blanks in Snowflake"
_DAY = READ % (DAY, "DATE", "DATE")

_RULES = (
    Rule("Div", "double number", "double", write=_QUOTIENT),
    Rule("Div", "exact exact", refuse=_DIGITS),
    Rule("Avg", "double", "double"),
    Rule("Avg", "exact", refuse=_DIGITS),
    Rule("Sum", "decimal|double", "0"),
    Rule("Length", "text", "whole"),
    Rule("BinaryLength", "string", "whole", write="LENGTH({0})"),
    Rule("Mod", "whole whole", "whole", write=BY_ZERO % "{0} % {1}", differs=_ZERO),
    Rule("BitwiseAnd BitwiseOr BitwiseXor", "whole whole", "whole"),
    Rule("EqualNull", "number number", "boolean", write="{0} IS NOT DISTINCT FROM {1}"),
    Rule("EqualNull", "string string", "boolean", write="{0} IS NOT DISTINCT FROM {1}"),
    Rule("EqualNull", "moment moment", "boolean", write="{0} IS NOT DISTINCT FROM {1}"),
    Rule("CountIf", "boolean", "whole", write="COUNT(*) FILTER (WHERE {0})"),
    Rule("Contains", "string string", "boolean"),
    Rule("SplitPart", "string plain positive", "text"),
    Rule("LogicalAnd LogicalOr", "boolean", "boolean"),
    Rule("Concat", "string...", "text"),
    Rule("Translate", "string plain plain", "text"),
    Rule("Trim", "string", "text", write="TRIM({0}, ' ')", differs=_BLANKS),
    Rule("LTrim", "string", "text", write="LTRIM({0}, ' ')", differs=_BLANKS),
    Rule("RTrim", "string", "text", write="RTRIM({0}, ' ')", differs=_BLANKS),
    *(
        Rule(
            "TimestampTrunc",
            f"date {unit}",
            "date",
            write=f"CAST(DATE_TRUNC('{unit.lower()}', {{0}}) AS DATE)",
        )
        for unit in ("DAY", "MONTH", "QUARTER", "YEAR")
    ),
    Rule("TimestampTrunc", "timestamp DAY|MONTH|QUARTER|YEAR|HOUR|MINUTE|SECOND", "timestamp"),
    *(
        Rule(name, "date whole", "date", write=f"{{0}} {sign} CAST({{1}} AS INT)")
        for name, sign in (("Add", "+"), ("Sub", "-"))
    ),
    Rule("Sub", "date date", "whole"),
    Rule("DateDiff", "timestamp timestamp DAY|MONTH|YEAR|HOUR|MINUTE", "whole"),
    Rule("DayOfWeekIso", "moment", "whole"),
    Rule("Cast", "boolean VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "date VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Values Lateral Recursive", "query", "rows"),
    *FORMATTED,
    *reading("TsOrDsToDate", timed="DATE"),
    *NULL_AMONG,
    *TODAY,
    same(("Cast",), "iso-timestamp TIMESTAMP", "timestamp"),
    *CASES,
    *CHOICES,
    *TRIES,
    *SPANS,
    *DATE_SPANS,
    Rule("ToChar", "boolean|date|whole", "text", write="CAST({0} AS TEXT)"),
    Rule("TsOrDsToDate", "date|timestamp|iso-date", "date", write="CAST({0} AS DATE)"),
    Rule("TsOrDsToDate", "text", "date", write=_DAY, differs="other forms of texts are an error"),
    Rule(
        "GroupConcat",
        "ordered-string|ordered-whole plain",
        "text",
        write="COALESCE(STRING_AGG({0}, {1}), '')",
        differs="of no values it is an empty text in Snowflake",
    ),
    Rule(
        "GroupConcat",
        "ordered-string|ordered-whole",
        "text",
        write="COALESCE(STRING_AGG({0}, ''), '')",
        differs="of no values it is an empty text in Snowflake",
    ),
    Rule("DateDiff", "timestamp timestamp SECOND|QUARTER", "whole"),
    Rule("DateDiff", "moment moment DAY|MONTH|QUARTER|YEAR", "whole"),
    Rule("TimestampTrunc", "timestamp WEEK", "timestamp"),
    Rule("TimestampTrunc", "date WEEK", "date", write="CAST(DATE_TRUNC('week', {0}) AS DATE)"),
    Rule("DayOfWeek", "moment", "whole"),
    Rule("Week WeekOfYear", "moment", "whole", write="WEEKOFYEAR({0})"),
    Rule("DayOfMonth DayOfYear", "moment", "whole"),
    Rule("Hour Minute Second", "timestamp", "whole"),
    Rule("Extract", "HOUR|MINUTE|SECOND timestamp", "whole"),
    Rule("Monthname", "moment", "text", write="LEFT(MONTHNAME({0}), 3)"),
    Rule("Dayname", "moment", "text", write="LEFT(DAYNAME({0}), 3)"),
    Rule("Median", "double", "double"),
    Rule("PercentileCont", "double constant", "double", write="QUANTILE_CONT({0}, {1})"),
    Rule("Round Floor Ceil", "decimal", "decimal"),
    Rule("Round", "decimal positive", "decimal"),
    Rule("Cast", "decimal SMALLINT|INT|BIGINT", "whole"),
    Rule("Add Sub", "decimal exact", "decimal"),
    Rule("Add Sub", "exact decimal", "decimal"),
    *CUTS,
    *DAYS,
    *READS,
    Rule("DPipe", "string string", "text"),
    Rule("Cast", "string VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "whole VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Year Month Day Quarter", "moment", "whole"),
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER moment", "whole"),
    *SUBSTRINGS,
    *BY_BYTES,
    *LONG,
    *PLAIN,
)

PAIR = Pair(
    origin="snowflake",
    target="duckdb",
    rules=_RULES,
    formats=SNOWFLAKE,
    reuses_names=True,
    orders_results=False,
    cuts_texts=True,
    unnamed=in_capitals,
    cuts_rounds=True,
    columns_of_values=("COLUMN", 1),
)
