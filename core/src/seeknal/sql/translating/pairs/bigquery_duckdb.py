"""BigQuery's SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.clock import TODAY
from seeknal.sql.translating.pairs.formats import BIGQUERY, FORMATTED, reading
from seeknal.sql.translating.pairs.plain import (
    BY_BYTES,
    BY_DOUBLES,
    BY_ZERO,
    CASES,
    CUTS,
    DAYS,
    ELAPSED,
    LONG,
    NULL_AMONG,
    PLAIN,
    READS,
    SPANS,
    SUBSTRINGS,
    TRIES,
)
from seeknal.sql.translating.rules import Pair, Rule, same
from seeknal.sql.translating.unnamed import numbered

_ZERO = "a division by 0 is an error in BigQuery"
_QUOTIENT = BY_ZERO % BY_DOUBLES

_SAFE = (
    f"CASE WHEN {{1}} <> 0 AND (ISFINITE({BY_DOUBLES}) OR NOT ISFINITE(CAST({{0}} AS DOUBLE))"
    f" OR NOT ISFINITE(CAST({{1}} AS DOUBLE))) THEN {BY_DOUBLES} END"
)
_SAFELY = "what divides by 0 or grows too large is NULL"

_NAN = "NaN is no number to compare with in BigQuery, and the largest in DuckDB: CAST to NUMERIC"

_UTC = "of an instant in UTC, which is BigQuery's default"
_CROSSED = "DATE_DIFF('%s', {1}, {0})"
_SERIES = "GENERATE_SERIES(%s)"

_RULES = (
    Rule("Min Max Ordered", "double", refuse=_NAN),
    *(
        Rule("EQ NEQ LT LTE GT GTE", f"{one} {other}", refuse=_NAN)
        for one, other in (("double", "number"), ("number", "double"))
    ),
    Rule("Div", "whole|double whole|double", "double", write=_QUOTIENT, differs=_ZERO),
    Rule("Div", "number number", refuse="a quotient of NUMERICs has other digits in BigQuery"),
    Rule("Avg", "whole|double", "double"),
    Rule("Sum", "decimal|double", "0"),
    Rule("Length", "text", "whole"),
    Rule("DPipe", "string string", "text"),
    Rule("Cast", "string STRING|VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "whole STRING|VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER|DAYOFYEAR|ISOYEAR moment", "whole"),
    Rule("Extract", "ISOWEEK moment", "whole", write="EXTRACT(WEEK FROM {1})"),
    Rule(
        "Extract",
        "DAYOFWEEK moment",
        "whole",
        write="EXTRACT(DOW FROM {1}) + 1",
        differs="Sunday is 1 in BigQuery, and 0 in DuckDB",
    ),
    *(
        Rule(
            "DateTrunc",
            f"{unit} date",
            "date",
            write=f"CAST(DATE_TRUNC('{part}', {{1}}) AS DATE)",
        )
        for unit, part in (
            *(("DAY", "day"), ("ISOWEEK", "week"), ("MONTH", "month")),
            *(("QUARTER", "quarter"), ("YEAR", "year")),
        )
    ),
    *(
        Rule(name, "date whole", "date", write=f"{{0}} {sign} CAST({{1}} AS INT)")
        for name, sign in (("Add", "+"), ("Sub", "-"))
    ),
    Rule("Mod", "whole whole", "whole", write=BY_ZERO % "{0} % {1}", differs=_ZERO),
    Rule("IntDiv", "whole whole", "whole", write=BY_ZERO % "{0} // {1}", differs=_ZERO),
    Rule("SafeDivide", "whole|double whole|double", "double", write=_SAFE, differs=_SAFELY),
    Rule("BitwiseAnd BitwiseOr BitwiseXor", "whole whole", "whole"),
    Rule("CountIf", "boolean", "whole", write="COUNT(*) FILTER (WHERE {0})"),
    Rule("LogicalAnd LogicalOr", "boolean", "boolean"),
    Rule("GroupConcat", "ordered-string plain", "text"),
    Rule("GroupConcat", "ordered-string", "text"),
    Rule("Concat", "string...", "text"),
    Rule("ByteLength", "string", "whole", write="STRLEN({0})"),
    Rule("Substring", "string nonzero-whole", "text"),
    Rule("Cast", "boolean BIGINT", "whole"),
    Rule("Cast", "boolean|date STRING|VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("RegexpLike", "string string", "boolean", write="REGEXP_MATCHES({0}, {1})"),
    Rule(
        "RegexpReplaceAll",
        "string string string",
        "text",
        write="REGEXP_REPLACE({0}, {1}, {2}, 'g')",
    ),
    Rule(
        "RegexpSubstring",
        "string string whole",
        "text",
        write="CASE WHEN REGEXP_MATCHES({0}, {1}) THEN REGEXP_EXTRACT({0}, {1}, {2}) END",
        differs="where nothing is found it is NULL in BigQuery",
    ),
    *(Rule("Array", f"{kind}...", "list of 0") for kind in ("whole", "string", "date")),
    Rule("ArraySize", "list", "whole"),
    Rule("Unnest", "list", "one of 0"),
    Rule("Recursive", "query", "rows"),
    Rule("TsOrDsToDate", "date", "date", write="{0}"),
    Rule("TsOrDsToTimestamp TsOrDsToDatetime", "moment", "0", write="{0}"),
    *FORMATTED,
    *reading("StrToDate", timed="DATE"),
    *NULL_AMONG,
    *TODAY,
    same(("Cast",), "iso-timestamp DATETIME|TIMESTAMP", "timestamp"),
    *CASES,
    *TRIES,
    *SPANS,
    *ELAPSED,
    Rule("CurrentTimestamp", "", "instant"),
    *(
        Rule(
            "TimestampTrunc DatetimeTrunc",
            f"{kind} {unit}",
            kind,
            write=f"DATE_TRUNC('{unit.lower()}', {{0}})",
            differs=_UTC if kind == "instant" else "",
        )
        for kind in ("timestamp", "instant")
        for unit in ("DAY", "MONTH", "QUARTER", "YEAR", "HOUR", "MINUTE", "SECOND")
    ),
    Rule("Extract", "DATE timestamp", "date", write="CAST({1} AS DATE)"),
    Rule("Extract", "DATE instant", "date", write="CAST({1} AS DATE)", differs=_UTC),
    Rule("Extract", "HOUR|MINUTE|SECOND timestamp|instant", "whole"),
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER|DAYOFYEAR instant", "whole", differs=_UTC),
    *(
        Rule("DatetimeDiff", f"timestamp timestamp {unit}", "whole", write=_CROSSED % unit.lower())
        for unit in ("DAY", "MONTH", "QUARTER", "YEAR", "HOUR", "MINUTE", "SECOND")
    ),
    Rule("GenerateSeries", "whole whole", "list of whole", write=_SERIES % "{0}, {1}"),
    Rule(
        "GenerateSeries",
        "whole whole nonzero-whole",
        "list of whole",
        write=_SERIES % "{0}, {1}, {2}",
    ),
    Rule(
        "GenerateDateArray",
        "date date DAY|WEEK",
        "list of 0",
        write="LIST_TRANSFORM(GENERATE_SERIES(CAST({0} AS TIMESTAMP), CAST({1} AS TIMESTAMP), {2}),"
        " LAMBDA v: CAST(v AS DATE))",
    ),
    Rule(
        "ArrayAgg",
        "ordered",
        "list of 0",
        write="CASE WHEN LEN(ARRAY_AGG({0})) > LIST_COUNT(ARRAY_AGG({0}))"
        " THEN ERROR('NULL in an array') ELSE ARRAY_AGG({0}) END",
        differs="NULL in an array is an error in BigQuery",
    ),
    Rule(
        "ArrayToString",
        "text-list plain",
        "text",
        write="CASE WHEN {0} IS NOT NULL THEN COALESCE(ARRAY_TO_STRING({0}, {1}), '') END",
    ),
    Rule("Split", "string plain", "list of text"),
    Rule("Length", "string", "whole"),
    Rule("UnixDate", "date", "whole", write="{0} - DATE '1970-01-01'"),
    Rule("LastDay", "date MONTH", "date", write="LAST_DAY({0})"),
    Rule("Round Floor Ceil", "stored", "decimal"),
    *(
        Rule(
            f"{name}OrNull",
            f"{kind} {kind} {kind}",
            "common",
            write="CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL AND {2} IS NOT NULL"
            f" THEN {name.upper()}({{0}}, {{1}}, {{2}}) END",
            differs="beside NULL it is NULL, and the other value in DuckDB",
        )
        for name in ("Greatest", "Least")
        for kind in ("whole", "date", "timestamp")
    ),
    *CUTS,
    *DAYS,
    *READS,
    *SUBSTRINGS,
    *BY_BYTES,
    *LONG,
    *PLAIN,
)

PAIR = Pair(
    origin="bigquery",
    target="duckdb",
    rules=_RULES,
    unnamed=numbered,
    formats=BIGQUERY,
    orders_results=False,
    patterns=("re2", "re2"),
)
