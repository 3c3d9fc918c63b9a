"""Apache Spark 4's SQL, in ANSI mode and UTC, on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.clock import TODAY
from seeknal.sql.translating.pairs.formats import FORMATTED, SPARK, reading
from seeknal.sql.translating.pairs.from_duckdb import deviations
from seeknal.sql.translating.pairs.plain import (
    BY_BYTES,
    BY_DOUBLES,
    BY_ZERO,
    CHOICES,
    COMPARISONS,
    DATE_SPANS,
    PLAIN,
    READS,
    SEVERAL,
    SPANS,
    SUBSTRINGS,
    TRIES,
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

_INSTANT = "a DATE and a time of day are an instant in Spark, by the session's time zone"
_NO_CASE = "CAST(CAST('a letter of another case has no counterpart there' AS TINYINT) AS TEXT)"
_LARGER = (
    f"CASE WHEN REGEXP_MATCHES({{0}}, '[\u00df{SEVERAL}]') THEN {_NO_CASE} ELSE UPPER({{0}}) END"
)
_SMALLER = (
    f"CASE WHEN REGEXP_MATCHES({{0}}, '[\u03a3\u0130]') THEN {_NO_CASE} ELSE LOWER({{0}}) END"
)
_MONTHS = "((YEAR({0}) - YEAR({1})) * 12 + MONTH({0}) - MONTH({1}))"
_CLOCK = "EPOCH_US({%s}) - EPOCH_US(DATE_TRUNC('day', {%s}))"
_BETWEEN = (
    "CASE WHEN DAY({0}) = DAY({1}) OR CAST({0} AS DATE) = LAST_DAY({0})"
    f" AND CAST({{1}} AS DATE) = LAST_DAY({{1}}) THEN CAST({_MONTHS} AS DOUBLE)"
    f" ELSE FLOOR(({_MONTHS} + ((DAY({{0}}) - DAY({{1}})) * 86400 + "
    f"({_CLOCK % (0, 0)} - ({_CLOCK % (1, 1)})) // 1000000) / CAST(2678400 AS DOUBLE))"
    " * CAST(100000000 AS DOUBLE) + 0.5) / CAST(100000000 AS DOUBLE) END"
)
_INFINITE = (
    "CASE WHEN COUNT_IF(ISINF({0})) > 0"
    " THEN CAST('infinity has no counterpart there' AS TINYINT) ELSE QUANTILE_CONT({0}, {1}) END"
)
_CONTAINS = (
    "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL WHEN LIST_CONTAINS({0}, {1}) THEN TRUE"
    " WHEN LEN({0}) > LIST_COUNT({0}) THEN NULL ELSE FALSE END"
)

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
    Rule("Upper", "string", "text", write=_LARGER, differs=_CASE),
    Rule("Lower", "string", "text", write=_SMALLER, differs=_CASE),
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
    *TODAY,
    Rule("DateAdd DateSub", "date whole|digits HOUR|MINUTE|SECOND", refuse=_INSTANT),
    *(
        Rule(
            name,
            "date HOUR|MINUTE|SECOND",
            "instant",
            write=f"CAST({{0}} {sign} {{1}} AS TIMESTAMPTZ)",
            differs=_INSTANT,
        )
        for name, sign in (("Add", "+"), ("Sub", "-"))
    ),
    *SPANS,
    *DATE_SPANS,
    *CHOICES,
    *TRIES,
    *(
        Rule(
            "TimestampTrunc",
            f"moment {unit}",
            "instant",
            write=f"CAST(DATE_TRUNC('{unit.lower()}', CAST({{0}} AS TIMESTAMP)) AS TIMESTAMPTZ)",
            differs="it is an instant in Spark, by the session's time zone, which is UTC",
        )
        for unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
    ),
    *(
        Rule(
            "DateTrunc",
            f"{unit} moment",
            "date",
            write=f"CAST(DATE_TRUNC('{unit.lower()}', {{1}}) AS DATE)",
        )
        for unit in ("YEAR", "QUARTER", "MONTH", "WEEK")
    ),
    same(("Cast",), "instant DATE", "date"),
    Rule("MonthsBetween", "moment moment", "double", write=_BETWEEN),
    Rule("UnixDate", "date", "whole", write="{0} - DATE '1970-01-01'"),
    Rule("Quantile", "whole constant", "double", write="QUANTILE_CONT(CAST({0} AS DOUBLE), {1})"),
    Rule("Quantile", "double constant", "double", write=_INFINITE),
    Rule("Median", "double", "double", write=_INFINITE.replace("{1}", "0.5")),
    Rule(
        "PercentileCont",
        "whole constant",
        "double",
        write="QUANTILE_CONT(CAST({0} AS DOUBLE), {1})",
    ),
    Rule("PercentileCont", "double constant", "double", write=_INFINITE),
    Rule("GroupConcat", "ordered-string plain", "text"),
    *(Rule("Array", f"{kind}...", "list of common") for kind in ("number", "string", "boolean")),
    *(Rule("Array", f"{kind}...", "list of common") for kind in ("date", "timestamp")),
    Rule("ArraySize", "list", "whole", write="LEN({0})"),
    *(
        Rule("ArrayContains", f"{kind}-list {kind}", "boolean", write=_CONTAINS)
        for kind in ("whole", "text", "date")
    ),
    Rule("ArrayContains", "text-list literal", "boolean", write=_CONTAINS),
    Rule("ArrayMax", "whole-list|date-list", "one of 0", write="LIST_MAX({0})"),
    Rule("ArrayMin", "whole-list|date-list", "one of 0", write="LIST_MIN({0})"),
    Rule(
        "Bracket",
        "list whole",
        "one of 0",
        write="CASE WHEN {1} >= LEN({0}) THEN ERROR('no such element') ELSE {0}[{1} + 1] END",
        differs="what is behind the last element is an error in Spark",
    ),
    Rule(
        "ArrayToString",
        "text-list plain",
        "text",
        write="CASE WHEN {0} IS NOT NULL THEN COALESCE(ARRAY_TO_STRING({0}, {1}), '') END",
    ),
    Rule("GenerateSeries", "whole whole", "list of common", write="GENERATE_SERIES({0}, {1})"),
    Rule("Explode Unnest", "list", "one of 0"),
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
    *READS,
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
    cuts_compared=True,
    unnamed=by_tree,
    says_sets_behind=True,
    totals_nothing=False,
    decimal="(10, 0)",
)
