"""DuckDB's SQL on Apache Spark 4, in ANSI mode and UTC."""

from __future__ import annotations

from seeknal.sql.translating.pairs.from_duckdb import UNSURE, deviations, quotients
from seeknal.sql.translating.pairs.plain import COMPARISONS, FULLER, REST, VALUES
from seeknal.sql.translating.rules import Pair, Rule, same

_AVERAGE = "CAST(SUM({0}) AS DOUBLE) / NULLIF(COUNT({0}), 0)"
_WHOLE_AVERAGE = "CAST(SUM(CAST({0} AS DECIMAL(38, 0))) AS DOUBLE) / NULLIF(COUNT({0}), 0)"
_TRUNCATES = "CAST cuts a fraction off in Spark, and rounds in DuckDB"
_CROSSED = "date_diff counts the boundaries that are crossed"
_YEARS = "(YEAR({0}) - YEAR({1}))"
_CASE = "Spark makes two letters of some, such as SS of ß"
_MOMENT = "CAST({0} AS TIMESTAMP_NTZ)"
_DATE = "a DATE and an INTERVAL give a TIMESTAMP in DuckDB, and mostly a DATE in Spark"

_RULES = (
    *FULLER,
    # Comparing
    same(COMPARISONS, "string string", "boolean"),
    same(("Between",), "string string string", "boolean"),
    same(("Ordered",), f"{VALUES}|null", "word"),
    same(("Like",), "string plain", "boolean"),
    # Numbers
    same(("Add", "Sub", "Mul"), "number number", "common"),
    *quotients(
        "DOUBLE",
        is_number="NOT ISNAN(CAST({0} AS DOUBLE))",
        is_positive_zero="CAST({1} AS STRING) <> '-0.0'",
        differs="a division by 0 is an error in Spark, and infinite in DuckDB",
        of_nonzero="of DECIMALs it is one",
    ),
    Rule("IntDiv", "whole nonzero-whole", "whole", write="{0} DIV {1}"),
    Rule("Mod", "whole nonzero-whole", "0"),
    Rule("IntDiv Mod", "whole whole", refuse="by 0 it is NULL in some versions of DuckDB"),
    Rule("Round", "decimal|double", "0"),
    Rule("Round", "whole", "whole", write="{0}"),
    Rule("Round", "decimal positive", "decimal"),
    Rule("Floor Ceil", "decimal", "decimal"),
    Rule("Floor", "double", "double", write="CAST(FLOOR({0}) AS DOUBLE)"),
    Rule("Ceil", "double", "double", write="CAST(CEIL({0}) AS DOUBLE)"),
    Rule("Sign", "number", "whole", write="CAST(SIGN(CAST({0} AS DOUBLE)) AS INT)"),
    *UNSURE,
    # Aggregates
    Rule("CountIf", "boolean", "whole"),
    Rule(
        "Sum",
        "whole|huge",
        "huge",
        write="SUM(CAST({0} AS DECIMAL(38, 0)))",
        differs="a sum of whole numbers is a HUGEINT in DuckDB, and a BIGINT in Spark",
    ),
    Rule("Avg", "whole|huge", "double", write=_WHOLE_AVERAGE),
    Rule("Avg", "decimal", "double", write=_AVERAGE, differs="of DECIMALs it is one in Spark"),
    same(("Min", "Max"), "number|text|date|timestamp", "0"),
    *deviations("DOUBLE"),
    Rule("Grouping", f"{VALUES}...", "whole"),
    # Texts
    Rule("Contains StartsWith", "string string", "boolean"),
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
    Rule("Cast", "whole|huge|boolean VARCHAR|TEXT", "text", write="CAST({0} AS STRING)"),
    *REST,
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
