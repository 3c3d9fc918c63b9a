"""DuckDB's SQL on Apache Spark 4, in ANSI mode and UTC."""

from __future__ import annotations

from seeknal.sql.translating.rules import Pair, Rule, same

_VALUES = "number|string|date|timestamp|boolean"
_EQUALITIES = ("EQ", "NEQ", "NullSafeEQ", "NullSafeNEQ")
_COMPARISONS = ("LT", "LTE", "GT", "GTE")
_DOUBLE = "CAST(%s AS DOUBLE)"
_QUOTIENT = f"{_DOUBLE % '{0}'} / {_DOUBLE % '{1}'}"
_MORE, _LESS, _NONE = (_DOUBLE % text for text in ("'Infinity'", "'-Infinity'", "'NaN'"))
_INFINITIES = (
    f"CASE WHEN {{0}} > 0 THEN {_MORE} WHEN {{0}} < 0 THEN {_LESS} WHEN {{0}} = 0 THEN {_NONE} END"
)
_BY_EXACT = f"CASE WHEN {{1}} = 0 THEN {_INFINITIES} ELSE {_QUOTIENT} END"
_BY_DOUBLE = (
    f"CASE WHEN {{1}} = 0 AND {{0}} <> 0 AND NOT ISNAN({_DOUBLE % '{0}'}) THEN"
    f" CASE WHEN ({{0}} > 0) = (CAST({{1}} AS STRING) <> '-0.0') THEN {_MORE} ELSE {_LESS} END"
    f" WHEN {{1}} = 0 AND {{0}} IS NOT NULL THEN {_NONE} ELSE {_QUOTIENT} END"
)
_DIVIDES = "a division by 0 is an error in Spark, and infinite in DuckDB"
_AVERAGE = "CAST(SUM({0}) AS DOUBLE) / NULLIF(COUNT({0}), 0)"
_WHOLE_AVERAGE = "CAST(SUM(CAST({0} AS DECIMAL(38, 0))) AS DOUBLE) / NULLIF(COUNT({0}), 0)"
_TRUNCATES = "CAST cuts a fraction off in Spark, and rounds in DuckDB"
_CROSSED = "date_diff counts the boundaries that are crossed"
_YEARS = "(YEAR({0}) - YEAR({1}))"
_CASE = "Spark makes two letters of some, such as SS of ß"
_MOMENT = "CAST({0} AS TIMESTAMP_NTZ)"
_DATE = "a DATE and an INTERVAL give a TIMESTAMP in DuckDB, and mostly a DATE in Spark"

_RULES = (
    # Comparing
    same(_EQUALITIES, "number number", "boolean"),
    same(_EQUALITIES, "string string", "boolean"),
    same(_EQUALITIES, "moment moment", "boolean"),
    same(_EQUALITIES, "boolean boolean", "boolean"),
    same(_COMPARISONS, "number number", "boolean"),
    same(_COMPARISONS, "string string", "boolean"),
    same(_COMPARISONS, "moment moment", "boolean"),
    same(("Between",), "number number number", "boolean"),
    same(("Between",), "string string string", "boolean"),
    same(("Between",), "moment moment moment", "boolean"),
    same(("Ordered",), f"{_VALUES}|null", "word"),
    same(("Is",), f"{_VALUES}|list|json|interval null", "boolean"),
    same(("Is",), "boolean boolean", "boolean"),
    same(("And", "Or"), "boolean boolean", "boolean"),
    same(("Not",), "boolean", "boolean"),
    same(("Like",), "string plain", "boolean"),
    same(("Like",), "string null", "boolean"),
    # Numbers
    same(("Add", "Sub", "Mul"), "whole whole", "whole"),
    same(("Add", "Sub", "Mul"), "number number", "common"),
    same(("Neg", "Abs"), "number", "0"),
    Rule("Div", "number nonzero", "double", write=_QUOTIENT, differs="of DECIMALs it is one"),
    Rule("Div", "number exact", "double", write=_BY_EXACT, differs=_DIVIDES),
    Rule("Div", "number double", "double", write=_BY_DOUBLE, differs=_DIVIDES),
    Rule("IntDiv", "whole nonzero-whole", "whole", write="{0} DIV {1}"),
    Rule("Mod", "whole nonzero-whole", "0"),
    Rule("IntDiv Mod", "whole whole", refuse="by 0 it is NULL in some versions of DuckDB"),
    Rule("Round", "decimal|double", "0"),
    Rule("Round", "whole", "whole", write="{0}"),
    Rule("Round", "decimal positive", "decimal"),
    Rule(
        "Round",
        "double positive",
        refuse="the last digit of a DOUBLE is rounded otherwise in some versions of DuckDB",
    ),
    Rule("Floor Ceil", "decimal", "decimal"),
    Rule("Floor", "double", "double", write="CAST(FLOOR({0}) AS DOUBLE)"),
    Rule("Ceil", "double", "double", write="CAST(CEIL({0}) AS DOUBLE)"),
    Rule("Sign", "number", "whole", write="CAST(SIGN(CAST({0} AS DOUBLE)) AS INT)"),
    Rule("Sqrt Ln", "positive", "double"),
    Rule("Sqrt Ln", "constant", refuse="it is an error in some versions of DuckDB"),
    # Aggregates
    same(("Count",), "*", "whole"),
    same(("Count",), _VALUES, "whole"),
    Rule("CountIf", "boolean", "whole"),
    Rule(
        "Sum",
        "whole|huge",
        "huge",
        write="SUM(CAST({0} AS DECIMAL(38, 0)))",
        differs="a sum of whole numbers is a HUGEINT in DuckDB, and a BIGINT in Spark",
    ),
    same(("Sum",), "decimal|double", "0"),
    Rule("Avg", "whole|huge", "double", write=_WHOLE_AVERAGE),
    Rule("Avg", "decimal", "double", write=_AVERAGE, differs="of DECIMALs it is one in Spark"),
    same(("Avg",), "double", "double"),
    same(("Min", "Max"), "number|text|date|timestamp", "0"),
    *(
        Rule(name, "number", "double", write=f"{function}(CAST({{0}} AS DOUBLE))")
        for name, function in (
            ("Stddev", "STDDEV_SAMP"),
            ("StddevSamp", "STDDEV_SAMP"),
            ("StddevPop", "STDDEV_POP"),
            ("Variance", "VAR_SAMP"),
            ("VariancePop", "VAR_POP"),
        )
    ),
    same(("LogicalAnd", "LogicalOr"), "boolean", "boolean"),
    Rule("Grouping", f"{_VALUES}...", "whole"),
    # Windows
    same(("RowNumber", "Rank", "DenseRank"), "", "whole"),
    same(("PercentRank", "CumeDist"), "", "double"),
    same(("Ntile",), "positive", "whole"),
    same(("Lag", "Lead"), _VALUES, "0"),
    same(("Lag", "Lead"), f"{_VALUES} positive", "0"),
    same(("FirstValue", "LastValue"), _VALUES, "0"),
    # Choices
    Rule("Coalesce", "number...", "common"),
    Rule("Coalesce", "string...", "text"),
    Rule("Coalesce", "date...", "date"),
    Rule("Coalesce", "timestamp...", "timestamp"),
    Rule("Coalesce", "boolean...", "boolean"),
    Rule("Nullif", "number number", "0"),
    Rule("Nullif", "string string", "0"),
    Rule("Nullif", "date date", "0"),
    Rule("Greatest Least", "number...", "common"),
    Rule("Greatest Least", "date...", "date"),
    Rule("Greatest Least", "timestamp...", "timestamp"),
    # Texts
    Rule("DPipe", "string|whole string", "text"),
    Rule("DPipe", "string whole", "text"),
    Rule("Concat", "string...", "text"),
    Rule("Length", "string", "whole"),
    Rule("Substring", "string positive", "text"),
    Rule("Substring", "string positive positive", "text"),
    Rule("Left Right", "string positive", "text"),
    Rule("Contains StartsWith", "string string", "boolean"),
    Rule("Replace", "string plain string", "text"),
    Rule("Trim MD5", "string", "text"),
    Rule("Upper Lower", "string", refuse=_CASE, differs=_CASE),
    # Dates
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER|DOY|WEEK moment", "whole"),
    Rule("Extract", "HOUR|MINUTE timestamp", "whole"),
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
        for unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
    ),
    Rule("Add", "moment interval", "timestamp", write=f"{_MOMENT} + {{1}}", differs=_DATE),
    Rule("Sub", "moment interval", "timestamp", write=f"{_MOMENT} - {{1}}", differs=_DATE),
    Rule("Add", "date whole", "date", write="DATE_ADD({0}, CAST({1} AS INT))"),
    Rule("Sub", "date whole", "date", write="DATE_SUB({0}, CAST({1} AS INT))"),
    Rule("Sub", "date date", "whole", write="DATEDIFF({0}, {1})"),
    Rule("DateDiff", "date date DAY", "whole", write="DATEDIFF({0}, {1})", differs=_CROSSED),
    Rule("DateDiff", "moment moment YEAR", "whole", write=_YEARS, differs=_CROSSED),
    Rule(
        "DateDiff",
        "moment moment MONTH",
        "whole",
        write=f"{_YEARS} * 12 + MONTH({{0}}) - MONTH({{1}})",
        differs=_CROSSED,
    ),
    # Types
    same(("Cast",), "whole SMALLINT|INT|BIGINT", "whole"),
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
    same(("Cast",), "exact DECIMAL", "decimal"),
    Rule("Cast", "exact INT128", "huge", write="CAST(ROUND({0}) AS DECIMAL(38, 0))"),
    same(("Cast",), "exact|double DOUBLE", "double"),
    same(("Cast",), "date|timestamp DATE", "date"),
    Rule("Cast", "moment TIMESTAMP", "timestamp", write=_MOMENT),
    same(("Cast",), "iso-date DATE", "date"),
    Rule("Cast", "iso-timestamp TIMESTAMP", "timestamp", write=_MOMENT),
    same(("Cast",), "digits SMALLINT|INT|BIGINT|DOUBLE", "1"),
    Rule("Cast", "string VARCHAR|TEXT", "text", write="CAST({0} AS STRING)"),
    Rule("Cast", "whole|huge|boolean VARCHAR|TEXT", "text", write="CAST({0} AS STRING)"),
    same(("Cast",), "boolean BOOLEAN", "boolean"),
    Rule(
        "Cast",
        "string SMALLINT|INT|BIGINT|DOUBLE|DECIMAL|DATE|TIMESTAMP",
        refuse="texts are read by other rules there",
    ),
)

PAIR = Pair(
    origin="duckdb",
    target="spark",
    rules=_RULES,
    reuses_names=True,
    decimal="(18, 3)",
    settings={
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    },
)
