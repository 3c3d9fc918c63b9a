"""Apache Spark 4's SQL, in ANSI mode and UTC, on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.formats import FORMATTED, SPARK, reading
from seeknal.sql.translating.pairs.from_duckdb import deviations
from seeknal.sql.translating.pairs.plain import (
    BY_BYTES,
    BY_DOUBLES,
    BY_ZERO,
    COMPARISONS,
    PLAIN,
    SUBSTRINGS,
    VALUES,
)
from seeknal.sql.translating.rules import Pair, Rule, same
from seeknal.sql.translating.unnamed import by_tree

_ZERO = "a division by 0 is an error in Spark"
_DIGITS = "a quotient or average of DECIMALs has other digits in Spark"
_QUOTIENT = BY_ZERO % BY_DOUBLES
_REMAINDER = BY_ZERO % "{0} % {1}"
_BLANKS = "every kind of space is cut off in DuckDB, and only blanks in Spark"
_CASE = "Spark makes two letters of some, such as SS of ß"
_TRUNCATES = "CAST cuts a fraction off in Spark, and rounds in DuckDB"

_RULES = (
    same(("Double",), "double", "double"),
    Rule("Add Sub Mul", "double number", "double"),
    Rule("Add Sub Mul", "number double", "double"),
    Rule("Add Sub", "exact exact", "common"),
    same(("Is",), "boolean boolean", "boolean"),
    same(COMPARISONS, "boolean boolean", "boolean"),
    Rule("isnull", VALUES, "boolean", write="{0} IS NULL"),
    Rule("isnotnull", VALUES, "boolean", write="{0} IS NOT NULL"),
    Rule("EqualNull", "number number", "boolean", write="{0} IS NOT DISTINCT FROM {1}"),
    Rule("EqualNull", "string string", "boolean", write="{0} IS NOT DISTINCT FROM {1}"),
    Rule("Greatest Least", "number...", "common"),
    Rule("Greatest Least", "string...", "text"),
    Rule("Greatest Least", "date...", "date"),
    Rule("Greatest Least", "timestamp...", "timestamp"),
    Rule("Greatest Least", "boolean...", "boolean"),
    same(("BitwiseAnd", "BitwiseOr", "BitwiseXor"), "whole whole", "whole"),
    Rule("pmod", "whole positive", "0", write="({0} % {1} + {1}) % {1}"),
    Rule("Round", "decimal", "decimal"),
    Rule("Round", "decimal positive", "decimal"),
    Rule("Round", "double", "double"),
    Rule("Round", "whole", "whole", write="{0}"),
    Rule("Floor Ceil", "decimal", "decimal"),
    Rule("Floor Ceil", "whole", "whole", write="{0}"),
    *(
        Rule(
            name,
            "double",
            "whole",
            write=f"CASE WHEN ISNAN({{0}}) THEN 0 ELSE CAST({name.upper()}({{0}}) AS BIGINT) END",
            differs="it is a BIGINT in Spark, and 0 of NaN",
        )
        for name in ("Floor", "Ceil")
    ),
    Rule("Sign", "exact", "double", write="CAST(SIGN({0}) AS DOUBLE)", differs="it is a DOUBLE"),
    Rule("Exp", "number", "double", write="EXP(CAST({0} AS DOUBLE))"),
    Rule("Pow", "number constant", "double", write="POWER(CAST({0} AS DOUBLE), {1})"),
    Rule(
        "Sqrt",
        "number",
        "double",
        write="CASE WHEN {0} < 0 THEN CAST('NaN' AS DOUBLE) ELSE SQRT(CAST({0} AS DOUBLE)) END",
        differs="below 0 it is NaN in Spark, and an error in DuckDB",
    ),
    Rule(
        "Ln",
        "number",
        "double",
        write="CASE WHEN {0} > 0 THEN LN(CAST({0} AS DOUBLE)) END",
        differs="of 0 and below it is NULL in Spark, and an error in DuckDB",
    ),
    Rule("Div", "whole|double whole|double", "double", write=_QUOTIENT, differs=_ZERO),
    Rule("Div", "double number", "double", write=_QUOTIENT, differs=_ZERO),
    Rule("Div", "number number", refuse=_DIGITS),
    Rule("IntDiv", "whole nonzero-whole", "whole"),
    Rule("Mod", "whole nonzero-whole", "0"),
    Rule("Mod", "whole whole", "0", write=_REMAINDER, differs=_ZERO),
    Rule("CountIf", "boolean", "whole", write="COUNT(*) FILTER (WHERE {0})"),
    same(("LogicalAnd", "LogicalOr"), "boolean", "boolean"),
    Rule("every", "boolean", "boolean", write="BOOL_AND({0})"),
    Rule("some", "boolean", "boolean", write="BOOL_OR({0})"),
    same(("Min", "Max"), "boolean", "0"),
    same(("BitwiseAndAgg", "BitwiseOrAgg", "BitwiseXorAgg"), "whole", "whole"),
    Rule("Median", "whole", "double"),
    *deviations("DOUBLE"),
    Rule("Grouping", VALUES, "whole"),
    Rule("Avg", "double", "double"),
    Rule("Avg", "whole", "double"),
    Rule("Avg", "decimal|huge", refuse=_DIGITS),
    Rule("Sum", "decimal|double", "0"),
    Rule("Sum", "whole", "whole", write="CAST(SUM({0}) AS BIGINT)", differs="it is a BIGINT"),
    Rule("Sum", "huge", "huge"),
    Rule("Length", "string", "whole"),
    Rule("DPipe", "string string", "text"),
    *(
        Rule(
            "Concat",
            " ".join(["string"] * count),
            "text",
            write=" || ".join(f"{{{place}}}" for place in range(count)),
            differs="with a NULL it is NULL in Spark",
        )
        for count in (2, 3, 4, 5)
    ),
    Rule("ConcatWs", "plain string...", "text"),
    Rule("Left Right Repeat", "string positive", "text"),
    Rule("Replace", "string plain string", "text"),
    Rule("SplitPart", "string plain positive", "text"),
    Rule("Pad", "string positive plain", "text"),
    Rule("StrPosition", "string plain", "whole"),
    Rule("Translate", "string plain plain", "text"),
    Rule("Contains StartsWith EndsWith", "string string", "boolean"),
    Rule("MD5", "string", "text"),
    *(
        Rule(name, "string", "text", write=f"{name.upper()}({{0}}, ' ')", differs=_BLANKS)
        for name in ("Trim", "LTrim", "RTrim")
    ),
    Rule("Trim LTrim RTrim", "string plain", "text"),
    Rule("Upper Lower", "string", refuse=_CASE, differs=_CASE),
    Rule("TsOrDsToDate", "date", "date", write="{0}"),
    Rule("TimeStrToTime", "moment", "0", write="{0}"),
    *FORMATTED,
    *reading("TsOrDsToDate", timed="DATE"),
    Rule("TsOrDsToDate", "timestamp", "date", write="CAST({0} AS DATE)"),
    Rule("Year Month Day Quarter DayOfMonth DayOfYear WeekOfYear", "moment", "whole"),
    Rule("Hour Minute Second", "timestamp", "whole"),
    Rule(
        "DayOfWeek",
        "moment",
        "whole",
        write="DAYOFWEEK({0}) + 1",
        differs="Sunday is 1 in Spark, and 0 in DuckDB",
    ),
    Rule("weekday", "moment", "whole", write="ISODOW({0}) - 1", differs="Monday is 0 in Spark"),
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER|DOY|WEEK moment", "whole"),
    Rule("Extract", "HOUR|MINUTE timestamp", "whole"),
    Rule(
        "Extract",
        "DOW moment",
        "whole",
        write="DAYOFWEEK({1}) + 1",
        differs="Sunday is 1 in Spark, and 0 in DuckDB",
    ),
    Rule("DateDiff", "date date", "whole", write="{0} - {1}"),
    Rule("Add", "date whole", "date", write="CAST({0} + CAST({1} AS INTEGER) AS DATE)"),
    Rule("Sub", "date whole", "date", write="CAST({0} - CAST({1} AS INTEGER) AS DATE)"),
    Rule("TsOrDsAdd", "date whole DAY", "date", write="CAST({0} + CAST({1} AS INTEGER) AS DATE)"),
    Rule(
        "AddMonths",
        "date whole",
        "date",
        write="CAST({0} + TO_MONTHS(CAST({1} AS INTEGER)) AS DATE)",
    ),
    Rule("Add Sub", "timestamp interval", "timestamp"),
    Rule("LastDay", "moment", "date"),
    Rule("make_date", "whole whole whole", "date", write="MAKE_DATE({0}, {1}, {2})"),
    Rule("DateFromParts", "whole whole whole", "date", write="MAKE_DATE({0}, {1}, {2})"),
    Rule("Dayname", "moment", "text", write="LEFT(DAYNAME({0}), 3)"),
    Rule("Monthname", "moment", "text", write="LEFT(MONTHNAME({0}), 3)"),
    same(("Cast",), "exact DECIMAL", "decimal"),
    same(("Cast",), "boolean INT|BIGINT", "whole"),
    same(("Cast",), "boolean BOOLEAN", "boolean"),
    same(("Cast",), "timestamp DATE", "date"),
    same(("Cast",), "date|timestamp|iso-timestamp TIMESTAMP", "timestamp"),
    Rule(
        "Cast",
        "decimal|double SMALLINT|INT|BIGINT",
        "whole",
        refuse=f"{_TRUNCATES}: say how with ROUND, FLOOR or TRUNC before",
    ),
    Rule("Cast", "exact|boolean STRING|VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "string STRING|VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    *SUBSTRINGS,
    *BY_BYTES,
    *PLAIN,
)

PAIR = Pair(
    origin="spark",
    target="duckdb",
    rules=_RULES,
    formats=SPARK,
    reuses_names=True,
    orders_results=False,
    cuts_texts=True,
    unnamed=by_tree,
    says_sets_behind=True,
    totals_nothing=False,
    decimal="(10, 0)",
)
