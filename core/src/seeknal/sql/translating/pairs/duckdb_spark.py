"""DuckDB's SQL on Apache Spark 4, in ANSI mode and UTC."""

from __future__ import annotations

from seeknal.sql.translating.pairs.clock import TODAY
from seeknal.sql.translating.pairs.formats import IN_SPARK, TO_SPARK
from seeknal.sql.translating.pairs.from_duckdb import COUNT_IF, UNSURE, deviations, quotients
from seeknal.sql.translating.pairs.plain import COMPARISONS, FULLER, REST, SEVERAL, VALUES
from seeknal.sql.translating.rules import Pair, Rule, same

_AVERAGE = "CAST(SUM({0}) AS DOUBLE) / NULLIF(COUNT({0}), 0)"
_WHOLE_AVERAGE = "CAST(SUM(CAST({0} AS DECIMAL(38, 0))) AS DOUBLE) / NULLIF(COUNT({0}), 0)"
_ROUND = "CASE WHEN ROUND({0}) = 0 THEN {0} * 0 ELSE ROUND({0}) END"
_ZERO = "zero has a sign in DuckDB, as in round(-0.4)"
_FLOOR = "CASE WHEN RINT({0}) > {0} THEN RINT({0}) - 1 ELSE RINT({0}) END"
_CEIL = "CASE WHEN RINT({0}) < {0} THEN -(-RINT({0}) - 1) ELSE RINT({0}) END"
_BIGINT = "FLOOR and CEIL are BIGINTs in Spark: 0 of NaN, and an error of larger numbers"
_TRUNCATES = "CAST cuts a fraction off in Spark, and rounds in DuckDB"
_CROSSED = "date_diff counts the boundaries that are crossed"
_YEARS = "(YEAR({0}) - YEAR({1}))"
_CASE = "Spark makes several letters of some, such as SS of ß"
_UPPER = (
    f"CASE WHEN {{0}} RLIKE '[{SEVERAL}]'"
    " THEN RAISE_ERROR('a letter without upper case has no counterpart there')"
    " ELSE UPPER(TRANSLATE({0}, 'ß', 'ẞ')) END"
)
_LOWER = "LOWER(TRANSLATE({0}, '\u03a3\u0130', '\u03c3i'))"
_BEFORE = (
    "CASE WHEN {0} < CAST('0001-01-01' AS %s)"
    " THEN RAISE_ERROR('a date before the year 1 has no counterpart there')"
    " ELSE REPLACE(CAST({0} AS STRING), '+', '') END"
)
_FAR = "years after 9999 begin with + in Spark, and those before 1 with -"
_DAYS = "CAST(DATEDIFF({0}, {1}) AS BIGINT)"
_HOURS = f"{_DAYS} * 24 + HOUR({{0}}) - HOUR({{1}})"
_MINUTES = f"({_HOURS}) * 60 + MINUTE({{0}}) - MINUTE({{1}})"
_MOMENT = "CAST({0} AS TIMESTAMP_NTZ)"
_DAY = "DATEDIFF({0}, CAST('1970-01-01' AS DATE))"
_DATE = "a DATE and an INTERVAL give a TIMESTAMP in DuckDB, and mostly a DATE in Spark"
_TRIED = (
    "CASE WHEN {0} RLIKE '^[+-]?[0-9]+\\\\z' THEN TRY_CAST({0} AS %s)"
    " WHEN {0} RLIKE '[0-9]'"
    " THEN RAISE_ERROR(CONCAT({0}, ' has no counterpart there')) END"
)
_SEQUENCE = (
    "CASE WHEN DAY({0}) <= 28 OR TYPEOF({2}) RLIKE 'day|hour|minute|second'"
    f" THEN SEQUENCE({_MOMENT}, {_MOMENT.replace('0', '1')}, {{2}})"
    " WHEN {0} IS NOT NULL"
    " THEN RAISE_ERROR('months from such a day on have no counterpart there') END"
)

_RULES = (
    *FULLER,
    # Comparing
    same(COMPARISONS, "string string", "boolean"),
    same(COMPARISONS, "boolean boolean", "boolean"),
    same(("Between",), "string string string", "boolean"),
    same(("Greatest", "Least"), "string...", "text"),
    same(("Greatest", "Least"), "boolean...", "boolean"),
    same(("Ordered",), f"{VALUES}|null", "word"),
    same(("Like",), "string plain", "boolean"),
    # Numbers
    same(("Double",), "double", "double"),
    same(("Add", "Sub", "Mul"), "number number", "common"),
    *quotients(
        "DOUBLE",
        is_positive_zero="CAST({1} AS STRING) <> '-0.0'",
        differs="a division by 0 is an error in Spark, and infinite in DuckDB",
        of_nonzero="of DECIMALs it is one",
    ),
    Rule("IntDiv", "whole nonzero-whole", "whole", write="{0} DIV {1}"),
    Rule("Mod", "whole nonzero-whole", "0"),
    Rule("IntDiv Mod", "whole whole", refuse="by 0 it is NULL in some versions of DuckDB"),
    Rule("Round", "decimal", "decimal"),
    Rule("Round", "double", "double", write=_ROUND, differs=_ZERO),
    Rule("Round", "whole", "whole", write="{0}"),
    Rule("Round", "decimal positive", "decimal"),
    Rule("Floor Ceil", "decimal", "decimal"),
    Rule("Floor", "double", "double", write=_FLOOR, differs=_BIGINT),
    Rule("Ceil", "double", "double", write=_CEIL, differs=_BIGINT),
    Rule("Sign", "exact", "whole", write="CAST(SIGN(CAST({0} AS DOUBLE)) AS INT)"),
    Rule(
        "Sign",
        "double",
        "whole",
        write="CASE WHEN ISNAN({0}) THEN 0 ELSE CAST(SIGN({0}) AS INT) END",
        differs="of NaN it is 0 in DuckDB, and NaN in Spark",
    ),
    *UNSURE,
    Rule("Exp", "number", "double", write="EXP(CAST({0} AS DOUBLE))"),
    Rule("Pow", "number constant", "double", write="POWER(CAST({0} AS DOUBLE), {1})"),
    same(("BitwiseAnd", "BitwiseOr", "BitwiseXor"), "whole whole", "whole"),
    # Aggregates
    COUNT_IF,
    Rule(
        "Sum",
        "whole|huge",
        "huge",
        write="SUM(CAST({0} AS DECIMAL(38, 0)))",
        differs="a sum of whole numbers is a HUGEINT in DuckDB, and a BIGINT in Spark",
    ),
    Rule("Avg", "whole|huge", "double", write=_WHOLE_AVERAGE),
    Rule("Avg", "decimal", "double", write=_AVERAGE, differs="of DECIMALs it is one in Spark"),
    same(("Min", "Max"), "number|text|date|timestamp|boolean", "0"),
    same(("BitwiseAndAgg", "BitwiseOrAgg", "BitwiseXorAgg"), "whole", "whole"),
    Rule("Median", "whole", "double", write="PERCENTILE(CAST({0} AS DOUBLE), 0.5)"),
    Rule(
        "PercentileCont", "whole constant", "double", write="PERCENTILE(CAST({0} AS DOUBLE), {1})"
    ),
    Rule("GroupConcat", "ordered-string|ordered-whole plain", "text"),
    *deviations("DOUBLE"),
    Rule("Grouping", VALUES, "whole"),
    Rule(
        "Grouping",
        f"{VALUES} {VALUES}",
        "whole",
        write="GROUPING({0}) * 2 + GROUPING({1})",
        differs="GROUPING is of one column in Spark",
    ),
    Rule(
        "Grouping",
        f"{VALUES} {VALUES} {VALUES}",
        "whole",
        write="GROUPING({0}) * 4 + GROUPING({1}) * 2 + GROUPING({2})",
        differs="GROUPING is of one column in Spark",
    ),
    *(
        same(("Lag", "Lead"), f"{kind} positive {other}", "0")
        for kind, other in (
            *(("whole", "whole"), ("decimal", "whole"), ("double", "number")),
            *((kind, kind) for kind in ("string", "date", "timestamp", "boolean")),
        )
    ),
    # Texts
    *(
        Rule(name, "string plain", "text", write=f"TRIM({end} {{1}} FROM {{0}})")
        for name, end in (("Trim", "BOTH"), ("LTrim", "LEADING"), ("RTrim", "TRAILING"))
    ),
    Rule("Contains StartsWith EndsWith", "string string", "boolean"),
    Rule("Upper", "string", "text", write=_UPPER, differs=_CASE),
    Rule(
        "Lower",
        "string",
        "text",
        write=_LOWER,
        differs="the last Σ of a word is ς in Spark, and İ two letters",
    ),
    Rule("Repeat", "string positive", "text"),
    Rule("SplitPart", "string plain positive", "text"),
    Rule("Pad", "string positive plain", "text"),
    Rule("ConcatWs", "plain string...", "text"),
    Rule("StrPosition", "string plain", "whole"),
    Rule("Translate", "string plain plain", "text"),
    *IN_SPARK,
    *TODAY,
    # Dates
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER|DOY|WEEK moment", "whole"),
    Rule("Extract", "DAYOFYEAR moment", "whole", write="DAYOFYEAR({1})"),
    Rule("Extract", "HOUR|MINUTE timestamp", "whole"),
    Rule("Extract", "SECOND timestamp", "whole", write="SECOND({1})"),
    Rule("Extract", "ISODOW moment", "whole", write="WEEKDAY({1}) + 1"),
    Rule("DayOfWeekIso", "moment", "whole", write="WEEKDAY({0}) + 1"),
    Rule("LastDay", "moment", "date", write="LAST_DAY({0})"),
    Rule("DateFromParts", "whole whole whole", "date", write="MAKE_DATE({0}, {1}, {2})"),
    Rule("Dayname", "moment", "text", write="DATE_FORMAT({0}, 'EEEE')"),
    Rule("Monthname", "moment", "text", write="DATE_FORMAT({0}, 'MMMM')"),
    Rule(
        "Extract",
        "DOW moment",
        "whole",
        write="DAYOFWEEK({1}) - 1",
        differs="Sunday is 0 in DuckDB, and 1 in Spark",
    ),
    Rule("Year Month Day Quarter DayOfMonth DayOfYear WeekOfYear", "moment", "whole"),
    Rule("DayOfWeek", "moment", "whole", write="DAYOFWEEK({0}) - 1"),
    *(
        Rule(
            "TimestampTrunc DateTrunc",
            f"moment {unit}",
            "timestamp",
            write=f"CAST(DATE_TRUNC('{unit}', {{0}}) AS TIMESTAMP_NTZ)",
        )
        for unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
    ),
    *(
        Rule(
            "DateTrunc",
            f"{unit} moment",
            "timestamp",
            write=f"CAST(DATE_TRUNC('{unit}', {{1}}) AS TIMESTAMP_NTZ)",
        )
        for unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
    ),
    Rule(
        "GenerateSeries",
        "moment moment interval",
        "list of timestamp",
        write=_SEQUENCE,
        differs="months after the 29th are counted from the first day in Spark, else from the last",
    ),
    Rule("Unnest Explode", "list", "one of 0"),
    Rule("Add", "moment interval", "timestamp", write=f"{_MOMENT} + {{1}}", differs=_DATE),
    Rule("Sub", "moment interval", "timestamp", write=f"{_MOMENT} - {{1}}", differs=_DATE),
    Rule("Add", "date positive", "date", write="DATE_ADD({0}, {1})"),
    Rule("Sub", "date positive", "date", write="DATE_SUB({0}, {1})"),
    *(
        Rule(
            name,
            "date whole",
            "date",
            write=f"DATE_FROM_UNIX_DATE(CAST({_DAY} {sign} {{1}} AS INT))",
            differs="after its last day Spark goes on with the first that it knows",
        )
        for name, sign in (("Add", "+"), ("Sub", "-"))
    ),
    Rule("Sub", "date date", "whole", write=_DAYS),
    Rule("DateDiff", "date date DAY", "whole", write=_DAYS, differs=_CROSSED),
    Rule("DateDiff", "moment moment DAY", "whole", write=_DAYS, differs=_CROSSED),
    Rule("DateDiff", "date date WEEK", "whole", write=f"{_DAYS} DIV 7"),
    Rule("DateDiff", "moment moment YEAR", "whole", write=_YEARS, differs=_CROSSED),
    Rule(
        "DateDiff",
        "moment moment QUARTER",
        "whole",
        write=f"{_YEARS} * 4 + QUARTER({{0}}) - QUARTER({{1}})",
        differs=_CROSSED,
    ),
    Rule("DateDiff", "moment moment HOUR", "whole", write=_HOURS, differs=_CROSSED),
    Rule("DateDiff", "moment moment MINUTE", "whole", write=_MINUTES, differs=_CROSSED),
    Rule(
        "DateDiff",
        "moment moment SECOND",
        "whole",
        write=f"({_MINUTES}) * 60 + SECOND({{0}}) - SECOND({{1}})",
        differs=_CROSSED,
    ),
    Rule(
        "DateDiff",
        "moment moment MONTH",
        "whole",
        write=f"{_YEARS} * 12 + MONTH({{0}}) - MONTH({{1}})",
        differs=_CROSSED,
    ),
    # Types
    *(
        Rule(
            "TryCast",
            f"text {type}",
            "whole",
            write=_TRIED % type,
            differs="texts that only one of them reads are an error",
        )
        for type in ("INT", "BIGINT")
    ),
    Rule(
        "IsNan",
        "double",
        "boolean",
        write="CASE WHEN {0} IS NOT NULL THEN ISNAN({0}) END",
        differs="of NULL it is false in Spark",
    ),
    *(
        Rule(
            "Cast",
            f"{kind} {type}",
            "whole",
            write=f"CAST({round}({{0}}) AS {type})",
            differs=_TRUNCATES,
        )
        for kind, round in (("decimal", "ROUND"), ("double", "RINT"))
        for type in ("SMALLINT", "INT", "BIGINT")
    ),
    same(("Cast",), "boolean INT|BIGINT", "whole"),
    Rule("Cast", "exact INT128", "huge", write="CAST(ROUND({0}) AS DECIMAL(38, 0))"),
    same(("Cast",), "date|timestamp DATE", "date"),
    Rule("Cast", "moment TIMESTAMP", "timestamp", write=_MOMENT),
    Rule("Cast", "iso-timestamp TIMESTAMP", "timestamp", write=_MOMENT),
    Rule("Cast", "string VARCHAR|TEXT", "text", write="CAST({0} AS STRING)"),
    Rule("Cast", "exact|boolean VARCHAR|TEXT", "text", write="CAST({0} AS STRING)"),
    Rule("Cast", "date VARCHAR|TEXT", "text", write=_BEFORE % "DATE", differs=_FAR),
    Rule("Cast", "timestamp VARCHAR|TEXT", "text", write=_BEFORE % "TIMESTAMP_NTZ", differs=_FAR),
    *REST,
)

PAIR = Pair(
    origin="duckdb",
    target="spark",
    rules=_RULES,
    formats=TO_SPARK,
    reuses_names=True,
    merged_first=False,
    adds_totals=True,
    unnests_all=True,
    cuts_compared=True,
    widens_compared=True,
    ranks_without_order=False,
    decimal="(18, 3)",
    settings={
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    },
)
