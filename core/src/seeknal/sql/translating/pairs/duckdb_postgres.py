"""DuckDB's SQL on PostgreSQL."""

from __future__ import annotations

from seeknal.sql.translating.kinds import NOW
from seeknal.sql.translating.pairs.clock import CLOCK
from seeknal.sql.translating.pairs.formats import IN_POSTGRES, TO_POSTGRES
from seeknal.sql.translating.pairs.from_duckdb import COUNT_IF, UNSURE, deviations, quotients
from seeknal.sql.translating.pairs.plain import (
    COMPARISONS,
    DAY,
    EQUALITIES,
    FULLER,
    LITERALS,
    NUMBERS,
    REST,
    ROWS,
    TEXTS,
    VALUES,
    WINDOWS,
)
from seeknal.sql.translating.rules import Pair, Rule, same

_BY_BYTES = "DuckDB compares texts byte by byte, PostgreSQL by the rules of the database's language"
_AS_DOUBLE = "DuckDB gives a DOUBLE, PostgreSQL a number with digits"
_FIELD = "CAST(EXTRACT({0} FROM {1}) AS BIGINT)"
_NUMBER_OF = "DuckDB gives a whole number, PostgreSQL a NUMERIC"
_DIVIDES = (
    "/ gives a DOUBLE in DuckDB whatever it divides, and infinity by 0; PostgreSQL divides whole"
    " numbers to whole numbers and fails by 0"
)
_HALF = "CASE WHEN ABS({0} - TRUNC({0})) >= 0.5 THEN TRUNC({0}) + SIGN({0}) ELSE TRUNC({0}) END"
_MONTHS = (
    "CAST((EXTRACT(YEAR FROM {0}) - EXTRACT(YEAR FROM {1})) * 12"
    " + EXTRACT(MONTH FROM {0}) - EXTRACT(MONTH FROM {1}) AS BIGINT)"
)

_ZONES = "the engines do not have the same times of that zone: UTC, and most of those of cities are"
_CROSSED = "date_diff counts the boundaries that are crossed"
_DAYS = "CAST(CAST({0} AS DATE) - CAST({1} AS DATE) AS BIGINT)"
_UNITS_OF = (
    "CAST(EXTRACT(EPOCH FROM DATE_TRUNC('%s', CAST({0} AS TIMESTAMP))"
    " - DATE_TRUNC('%s', CAST({1} AS TIMESTAMP))) / %s AS BIGINT)"
)
_QUARTERS = (
    "CAST((EXTRACT(YEAR FROM {0}) - EXTRACT(YEAR FROM {1})) * 4"
    " + EXTRACT(QUARTER FROM {0}) - EXTRACT(QUARTER FROM {1}) AS BIGINT)"
)
_LAST_DAY = (
    "CAST(DATE_TRUNC('month', CAST({0} AS TIMESTAMP)) + INTERVAL '1 month' - INTERVAL '1 day'"
    " AS DATE)"
)
_POWER = (
    "CASE WHEN {0} = 0 AND {1} < 0 THEN"
    " CASE WHEN CAST({0} AS TEXT) = '-0' AND {1} = TRUNC({1}) AND {1} / 2.0 <> TRUNC({1} / 2.0)"
    " THEN CAST('-Infinity' AS DOUBLE PRECISION) ELSE CAST('Infinity' AS DOUBLE PRECISION) END"
    " WHEN {0} < 0 AND {0} <> CAST('-Infinity' AS DOUBLE PRECISION) AND {1} <> TRUNC({1})"
    " THEN CAST('NaN' AS DOUBLE PRECISION)"
    " ELSE POWER(CAST({0} AS DOUBLE PRECISION), CAST({1} AS DOUBLE PRECISION)) END"
)
_MADE = "MAKE_DATE(CASE WHEN {0} > 0 THEN {0} ELSE {0} - 1 END, {1}, {2})"
_EXP = (
    "CASE WHEN {0} > 709.782712893384 AND {0} <> CAST('NaN' AS DOUBLE PRECISION)"
    " THEN CAST('Infinity' AS DOUBLE PRECISION)"
    " WHEN {0} < -745.2 THEN CAST(0 AS DOUBLE PRECISION)"
    " ELSE EXP(CAST({0} AS DOUBLE PRECISION)) END"
)
_CONTAINS = "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN COALESCE({1} = ANY({0}), FALSE) END"
_LENGTH = "CAST(CASE WHEN {0} IS NOT NULL THEN COALESCE(ARRAY_LENGTH({0}, 1), 0) END AS BIGINT)"
_KEY = "JSONB_EXTRACT_PATH(CAST({0} AS JSONB), {1})"
_TEXT = "JSONB_EXTRACT_PATH_TEXT(CAST({0} AS JSONB), {1})"
_NUMBER = (
    f"CASE WHEN JSONB_TYPEOF({_KEY}) IN ('number', 'null') THEN CAST({_TEXT} AS DOUBLE PRECISION)"
    f" WHEN {_KEY} IS NOT NULL"
    f" THEN CAST(JSONB_TYPEOF({_KEY}) || ' has no counterpart there' AS DOUBLE PRECISION) END"
)
_MEMBER = (
    f"CASE WHEN {_KEY} IS NULL THEN NULL WHEN JSONB_TYPEOF({_KEY}) IN ('string', 'boolean', 'null')"
    f" OR {_TEXT} ~ '^-?[0-9]+$' THEN {_TEXT}"
    f" ELSE CAST(CAST(JSONB_TYPEOF({_KEY}) || ' has no counterpart there' AS INTEGER) AS TEXT) END"
)

_SERIES = "GENERATE_SERIES(CAST({0} AS BIGINT), CAST(%s AS BIGINT))"
_STEPS = "GENERATE_SERIES(CAST({0} AS BIGINT), CAST({1} AS BIGINT), CAST({2} AS BIGINT))"
_TIMES = "GENERATE_SERIES(CAST({0} AS TIMESTAMP), CAST({1} AS TIMESTAMP), {2})"
_BETWEEN_INFINITIES = "between two infinite values it is infinite in DuckDB, and NaN in PostgreSQL"

_INFINITE = "COUNT(*) FILTER (WHERE {0} IN ('Infinity', '-Infinity'))"
_FINITE = (
    f"CASE WHEN {_INFINITE} > 0"
    f" THEN CAST({_INFINITE} || ' times infinity has no counterpart there' AS INTEGER)"
    " ELSE %s END"
)
_SPREAD = (
    "CASE WHEN COUNT({0}) > 1 AND MIN({0}) = MAX({0})"
    " AND ABS(MAX({0})) < CAST('Infinity' AS DOUBLE PRECISION)"
    " THEN CAST(0 AS DOUBLE PRECISION) ELSE %s END"
)
_MIDDLE = "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY {0})"
_SHARE = "PERCENTILE_CONT({1}) WITHIN GROUP (ORDER BY {0})"

_TEXT = "texts that only one of them reads are an error"
_SPACES = "[ \\t\\n\\r\\f\\v]*"
_DIGITS = f"^{_SPACES}[+-]?[0-9]+{_SPACES}$"
_EXACT = f"^{_SPACES}[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+){_SPACES}$"
_FLOAT = f"^{_SPACES}[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{{1,2}})?{_SPACES}$"
_DATE = f"^{_SPACES}{DAY}{_SPACES}$"
_TIMESTAMP = (
    f"^{_SPACES}{DAY}([ T][0-9][0-9]:[0-9]{{2}}(:[0-9]{{2}}(\\.[0-9]{{1,6}})?)?)?{_SPACES}$"
)
_READ = (
    "CASE WHEN {0} ~ '%s' THEN CAST({0} AS %s)"
    " WHEN {0} IS NOT NULL THEN CAST({0} || ' has no counterpart there' AS %s) END"
)

_TRIED = (
    "CASE WHEN {0} ~ '%s' THEN CASE WHEN CAST({0} AS DECIMAL) BETWEEN %s AND %s"
    " THEN CAST({0} AS %s) END WHEN {0} ~ '[0-9]'"
    " THEN CAST({0} || ' has no counterpart there' AS INTEGER) END"
)

_SIGNS = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}

_RULES = (
    Rule("Ordered", "text", "word", write='{0} COLLATE "C"', differs=_BY_BYTES),
    *FULLER,
    # Comparing
    same(EQUALITIES, "uuid uuid", "boolean"),
    *(
        Rule(
            name,
            "string string",
            "boolean",
            write=f'{{0}} {_SIGNS[name]} {{1}} COLLATE "C"',
            differs=_BY_BYTES,
        )
        for name in COMPARISONS
    ),
    Rule(
        "Between",
        "string string string",
        "boolean",
        write='{0} COLLATE "C" BETWEEN {1} AND {2}',
        differs=_BY_BYTES,
    ),
    same(("Ordered",), "number|boolean|date|timestamp|uuid|null|instant|time", "word"),
    Rule(
        "Double",
        "double",
        "double",
        write="CAST({0} AS DOUBLE PRECISION)",
        differs="1e2 is a DOUBLE in DuckDB, and a NUMERIC in PostgreSQL",
    ),
    same(
        ("Is",),
        f"{VALUES}|json|uuid|interval|instant|time|bytes|list null",
        "boolean",
    ),
    same(("And", "Or", "Xor"), "boolean boolean", "boolean"),
    Rule("Like", "string plain", "boolean", write="{0} LIKE {1}"),
    Rule(
        "Like",
        "string string",
        "boolean",
        write="{0} LIKE {1} ESCAPE ''",
        differs="a backslash is read as itself by DuckDB, and as an escape by PostgreSQL",
    ),
    # Numbers
    same(("Add", "Sub", "Mul"), "number number", "common"),
    *quotients(
        "DOUBLE PRECISION",
        is_positive_zero="CAST({1} AS TEXT) <> '-0'",
        differs=_DIVIDES,
        of_nonzero=_DIVIDES,
    ),
    Rule(
        "IntDiv",
        "whole nonzero",
        "whole",
        write="{0} / {1}",
        differs="// is written / in PostgreSQL",
    ),
    Rule("Mod", "whole nonzero", "0", write="{0} % {1}"),
    Rule("Mod", "decimal nonzero", "decimal", write="{0} % {1}"),
    Rule(
        "IntDiv Mod",
        "whole whole",
        refuse="by 0 it is NULL in some versions of DuckDB, and an error in PostgreSQL",
    ),
    Rule("Round", "decimal", "decimal", write="ROUND({0})"),
    Rule("Round", "decimal positive", "decimal", write="ROUND({0}, {1})"),
    Rule(
        "Round",
        "whole",
        "whole",
        write="{0}",
        differs="PostgreSQL gives a DOUBLE of a whole number",
    ),
    Rule(
        "Round",
        "double",
        "double",
        write=_HALF,
        differs="halves go away from zero in DuckDB, and to the even number in PostgreSQL",
    ),
    *UNSURE,
    *(
        Rule(name, "number", "double", write=f"{name.upper()}(CAST({{0}} AS DOUBLE PRECISION))")
        for name in ("Sqrt", "Ln", "Log")
    ),
    Rule("Exp", "number", "double", write=_EXP, differs=_AS_DOUBLE),
    Rule("Pow", "number number", "double", write=_POWER, differs=_AS_DOUBLE),
    Rule("BitwiseXor", "whole whole", "whole", write="{0} # {1}"),
    Rule("BitwiseNot", "whole", "whole", write="~({0})"),
    Rule("Floor", "decimal|double", "0"),
    Rule("Ceil", "decimal|double", "0"),
    Rule("Sign", "number", "whole", write="CAST(SIGN({0}) AS INT)"),
    # Aggregates
    same(("Count",), f"{VALUES}|uuid|instant", "whole"),
    COUNT_IF,
    Rule(
        "Sum",
        "whole|huge",
        "huge",
        write="CAST(SUM({0}) AS DECIMAL)",
        differs="a sum of whole numbers is a HUGEINT in DuckDB, a BIGINT or NUMERIC in PostgreSQL",
    ),
    Rule("Avg", "exact", "double", write="CAST(AVG({0}) AS DOUBLE PRECISION)", differs=_AS_DOUBLE),
    Rule("Min", "text", "text", write='MIN({0} COLLATE "C")', differs=_BY_BYTES),
    Rule("Max", "text", "text", write='MAX({0} COLLATE "C")', differs=_BY_BYTES),
    *deviations("DOUBLE PRECISION", f"{_AS_DOUBLE}; of equal values it is 0", _SPREAD),
    Rule(
        "Median",
        "whole",
        "double",
        write="PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY CAST({0} AS DOUBLE PRECISION))",
    ),
    Rule("Median", "double", "double", write=_FINITE % _MIDDLE),
    Rule("PercentileCont", "double constant", "double", write=_FINITE % _SHARE),
    Rule(
        "PercentileDisc",
        "number|date|timestamp dyadic",
        "0",
        write="PERCENTILE_DISC({1}) WITHIN GROUP (ORDER BY {0})",
    ),
    Rule(
        "PercentileCont",
        "whole constant",
        "double",
        write="PERCENTILE_CONT({1}) WITHIN GROUP (ORDER BY CAST({0} AS DOUBLE PRECISION))",
    ),
    Rule("Grouping", f"{VALUES}...", "whole"),
    # Texts
    Rule("Length", "string", "whole", write="CAST(LENGTH({0}) AS BIGINT)"),
    Rule("Substring", "string positive", "text", write="SUBSTRING({0} FROM {1})"),
    Rule("Substring", "string positive positive", "text", write="SUBSTRING({0} FROM {1} FOR {2})"),
    Rule(
        "Substring",
        "string whole",
        "text",
        write="CASE WHEN {1} >= 0 THEN SUBSTRING({0} FROM {1}) ELSE RIGHT({0}, -{1}) END",
        differs="a position below zero is counted from the end in DuckDB",
    ),
    Rule(
        "Substring",
        "string number...",
        refuse="a position before the first is counted from the end in DuckDB",
    ),
    Rule("Contains", "string string", "boolean", write="POSITION({1} IN {0}) > 0"),
    Rule("StrPosition", "string string", "whole", write="CAST(POSITION({1} IN {0}) AS BIGINT)"),
    *TEXTS,
    *NUMBERS,
    Rule("RegexpLike RegexpFullMatch", "string string", "boolean", write="{0} ~ {1}"),
    Rule("RegexpReplace", "string string string", "text", write="REGEXP_REPLACE({0}, {1}, {2})"),
    Rule(
        "RegexpReplaceAll",
        "string string string",
        "text",
        write="REGEXP_REPLACE({0}, {1}, {2}, 'g')",
    ),
    Rule(
        "RegexpExtract",
        "string string whole",
        "text",
        write="CASE WHEN {0} IS NOT NULL THEN COALESCE(SUBSTRING({0} FROM {1}), '') END",
        differs="where nothing is found it is NULL in PostgreSQL",
    ),
    Rule("strlen", "string", "whole", write="CAST(OCTET_LENGTH({0}) AS BIGINT)"),
    Rule("EndsWith suffix", "string string", "boolean", write="RIGHT({0}, LENGTH({1})) = {1}"),
    *(
        Rule(
            name,
            " ".join(["string"] * count),
            "text",
            write=f"{name.upper()}("
            + ", ".join(f'{{{place}}} COLLATE "C"' for place in range(count))
            + ")",
            differs=_BY_BYTES,
        )
        for name in ("Greatest", "Least")
        for count in (2, 3)
    ),
    Rule("prefix", "string string", "boolean", write="STARTS_WITH({0}, {1})"),
    Rule(
        "Split",
        "string plain",
        "list of text",
        write="CASE WHEN {0} = '' THEN ARRAY[''] ELSE STRING_TO_ARRAY({0}, {1}) END",
        differs="an empty text has no parts in PostgreSQL, and one in DuckDB",
    ),
    Rule("Bracket", "list whole", "one of 0"),
    *(Rule("ArrayAppend", f"{kind}-list {kind}", "0") for kind in ("whole", "text", "date")),
    *(Rule("ArrayPrepend", f"{kind} {kind}-list", "1") for kind in ("whole", "text", "date")),
    Rule(
        "Cast",
        "date VARCHAR|TEXT",
        "text",
        write="CASE WHEN ISFINITE({0}) AND {0} >= DATE '0001-01-01' THEN TO_CHAR({0}, 'YYYY-MM-DD')"
        " WHEN {0} IS NOT NULL"
        " THEN CAST(CAST({0} || ' has no counterpart there' AS INTEGER) AS TEXT) END",
    ),
    Rule("GroupConcat", "ordered plain", "text"),
    *(
        Rule(
            function.title(),
            "string",
            "text",
            write=f'{function}({text} COLLATE "pg_c_utf8")',
            differs="which letters have another case is up to a database's language in PostgreSQL",
        )
        for function, text in (("UPPER", "TRANSLATE({0}, 'ß', 'ẞ')"), ("LOWER", "{0}"))
    ),
    Rule(
        "ILike",
        "string plain",
        "boolean",
        write='{0} COLLATE "pg_c_utf8" ILIKE {1}',
        differs="which letters have another case is up to a database's language in PostgreSQL",
    ),
    *IN_POSTGRES,
    # Lists
    Rule("Array", "", refuse="an empty list has no type there"),
    *(Rule("Array", f"{kind}...", "list of common") for kind in ("number", "string")),
    *(Rule("Array", f"{kind}...", "list of 0") for kind in ("date", "timestamp", "boolean")),
    Rule("ArrayContains", f"list {VALUES}", "boolean", write=_CONTAINS),
    Rule(
        "DPipe",
        "list list",
        "common",
        write="CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN {0} || {1} END",
        differs="|| with a list that is NULL is NULL in DuckDB, and the other list in PostgreSQL",
    ),
    Rule(
        "ArraySize Length",
        "list",
        "whole",
        write=_LENGTH,
        differs="an empty array has no length in PostgreSQL",
    ),
    Rule(
        "GenerateSeries",
        "constant constant",
        "list of whole",
        write="ARRAY(SELECT CAST(GENERATE_SERIES({0}, {1}) AS BIGINT))",
        differs="in DuckDB it is a list, in PostgreSQL rows",
    ),
    Rule(
        "GenerateSeries",
        "moment moment interval",
        "list of timestamp",
        write=f"CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN ARRAY(SELECT {_TIMES}) END",
        differs="in DuckDB it is a list, in PostgreSQL rows",
    ),
    Rule("ArrayAgg", "ordered", "list of 0"),
    # JSON
    Rule(
        "JSONExtractScalar",
        "json name",
        "text",
        write=_MEMBER,
        differs="numbers with a fraction and nested values are written otherwise",
    ),
    Rule("JSONExtract", "json name", "json", write=_KEY),
    Rule("JSONDouble", "json name", "double", write=_NUMBER),
    # Dates
    *CLOCK,
    *(
        Rule("Extract", f"{unit} {NOW}", "whole", write=_FIELD, differs=_NUMBER_OF)
        for unit in ("YEAR", "MONTH", "DAY", "QUARTER", "DOW", "ISODOW", "DOY", "WEEK", "HOUR")
    ),
    same(("AtTimeZone",), "timestamp zone", "instant"),
    same(("AtTimeZone",), "instant zone", "timestamp"),
    Rule("AtTimeZone", "timestamp|instant constant", refuse=_ZONES),
    Rule("AtTimeZone", "date string", refuse="a DATE is an instant there, and a TIMESTAMP here"),
    *(
        Rule(
            "date_part",
            f"{unit} moment",
            "whole",
            write=f"CAST(EXTRACT({unit} FROM {{1}}) AS BIGINT)",
            differs=_NUMBER_OF,
        )
        for unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
    ),
    Rule("isodow", "moment", "whole", write="CAST(EXTRACT(ISODOW FROM {0}) AS BIGINT)"),
    Rule("Second", "timestamp", "whole", write="CAST(TRUNC(EXTRACT(SECOND FROM {0})) AS BIGINT)"),
    Rule(
        "Extract",
        "SECOND timestamp",
        "whole",
        write="CAST(TRUNC(EXTRACT(SECOND FROM {1})) AS BIGINT)",
        differs="parts of a second are left out in DuckDB",
    ),
    Rule(
        "Extract",
        "MILLISECOND timestamp",
        "whole",
        write="CAST(TRUNC(EXTRACT(MILLISECONDS FROM {1})) AS BIGINT)",
        differs="parts of a millisecond are left out in DuckDB",
    ),
    Rule("epoch", "moment", "double", write="CAST(EXTRACT(EPOCH FROM {0}) AS DOUBLE PRECISION)"),
    Rule(
        "epoch_ms EpochMs",
        "moment",
        "whole",
        write="CAST(FLOOR(EXTRACT(EPOCH FROM {0}) * 1000) AS BIGINT)",
    ),
    *(
        Rule(
            name,
            "moment",
            "text",
            write=f"CASE WHEN ISFINITE({{0}}) THEN TO_CHAR({{0}}, '{format}') END",
        )
        for name, format in (("Dayname", "FMDay"), ("Monthname", "FMMonth"))
    ),
    *(
        Rule(
            "TimestampTrunc DateTrunc",
            f"timestamp {unit}",
            "timestamp",
            write=f"DATE_TRUNC('{unit.lower()}', {{0}})",
        )
        for unit in ("HOUR", "MINUTE", "SECOND")
    ),
    *(
        Rule(
            "DateDiff",
            f"moment moment {unit}",
            "whole",
            write=_UNITS_OF % (unit.lower(), unit.lower(), seconds),
            differs=_CROSSED,
        )
        for unit, seconds in (("HOUR", 3600), ("MINUTE", 60), ("SECOND", 1))
    ),
    Rule("Extract", "DAYOFYEAR moment", "whole", write="CAST(EXTRACT(DOY FROM {1}) AS BIGINT)"),
    Rule(
        "Extract",
        "YEAR|MONTH|DAY|QUARTER|DOY|WEEK|ISOYEAR|DOW|ISODOW moment",
        "whole",
        write=_FIELD,
        differs=_NUMBER_OF,
    ),
    Rule("Extract", "HOUR|MINUTE timestamp", "whole", write=_FIELD, differs=_NUMBER_OF),
    *(
        Rule(
            name,
            "moment",
            "whole",
            write=f"CAST(EXTRACT({field} FROM {{0}}) AS BIGINT)",
            differs=_NUMBER_OF,
        )
        for name, field in (
            *(("Year", "YEAR"), ("Month", "MONTH"), ("Day", "DAY"), ("Quarter", "QUARTER")),
            *(
                ("DayOfMonth", "DAY"),
                ("DayOfYear", "DOY"),
                ("Week", "WEEK"),
                ("WeekOfYear", "WEEK"),
            ),
        )
    ),
    *(
        Rule(
            "TimestampTrunc DateTrunc",
            f"moment {unit.upper()}",
            "timestamp",
            write=f"DATE_TRUNC('{unit}', CAST({{0}} AS TIMESTAMP))",
            differs="of a DATE it is a TIMESTAMP in DuckDB, and an instant in PostgreSQL",
        )
        for unit in ("year", "quarter", "month", "week", "day")
    ),
    *(
        # What is known to be a DATE already, the parser reads with its unit first.
        Rule(
            "DateTrunc",
            f"{unit.upper()} moment",
            "timestamp",
            write=f"DATE_TRUNC('{unit}', CAST({{1}} AS TIMESTAMP))",
            differs="of a DATE it is a TIMESTAMP in DuckDB, and an instant in PostgreSQL",
        )
        for unit in ("year", "quarter", "month", "week", "day")
    ),
    Rule("TimestampTrunc", "timestamp HOUR|MINUTE|SECOND", "timestamp"),
    Rule("Sub", "timestamp timestamp", "interval"),
    Rule("Extract", "MICROSECONDS timestamp", "whole", write=_FIELD, differs=_NUMBER_OF),
    Rule(
        "Extract",
        "EPOCH moment",
        "double",
        write="CAST(EXTRACT(EPOCH FROM {1}) AS DOUBLE PRECISION)",
    ),
    Rule("Extract", "CENTURY|DECADE moment", "whole", write=_FIELD, differs=_NUMBER_OF),
    *(
        Rule(
            name,
            "timestamp",
            "whole",
            write=f"CAST(EXTRACT({name.upper()} FROM {{0}}) AS BIGINT)",
            differs=_NUMBER_OF,
        )
        for name in ("Hour", "Minute")
    ),
    same(("Add", "Sub"), "moment interval", "timestamp"),
    Rule("Add", "interval moment", "timestamp"),
    same(("Add", "Sub"), "date whole", "date"),
    Rule("Sub", "date date", "whole", write="CAST({0} - {1} AS BIGINT)"),
    Rule("DateDiff", "date date DAY", "whole", write="CAST({0} - {1} AS BIGINT)"),
    Rule(
        "DateDiff",
        "moment moment YEAR",
        "whole",
        write="CAST(EXTRACT(YEAR FROM {0}) - EXTRACT(YEAR FROM {1}) AS BIGINT)",
        differs=_CROSSED,
    ),
    Rule(
        "DateDiff",
        "moment moment MONTH",
        "whole",
        write=_MONTHS,
        differs=_CROSSED,
    ),
    Rule("DateDiff", "moment moment DAY", "whole", write=_DAYS, differs=_CROSSED),
    Rule("DateDiff", "date date WEEK", "whole", write="CAST(({0} - {1}) / 7 AS BIGINT)"),
    Rule("DateDiff", "moment moment QUARTER", "whole", write=_QUARTERS, differs=_CROSSED),
    Rule("DayOfWeek", "moment", "whole", write="CAST(EXTRACT(DOW FROM {0}) AS BIGINT)"),
    Rule(
        "DateFromParts",
        "whole whole whole",
        "date",
        write=_MADE,
        differs="there is no year 0 in PostgreSQL",
    ),
    Rule("LastDay", "moment", "date", write=_LAST_DAY),
    # Types
    same(("Cast",), "exact SMALLINT|INT|BIGINT", "whole"),
    same(("Cast",), "double SMALLINT|INT|BIGINT", "whole"),
    *(
        Rule("Cast", f"text {type.split()[0]}", kind, write=_READ % (of, type, type), differs=_TEXT)
        for of, type, kind in (
            *((_DIGITS, type, "whole") for type in ("SMALLINT", "INT", "BIGINT")),
            (_FLOAT, "DOUBLE PRECISION", "double"),
            (_EXACT, "DECIMAL", "decimal"),
            (_DATE, "DATE", "date"),
            (_TIMESTAMP, "TIMESTAMP", "timestamp"),
        )
    ),
    *(
        Rule(
            "TryCast",
            f"text {type}",
            "whole",
            write=_TRIED % (_DIGITS, least, most, type),
            differs=_TEXT,
        )
        for type, least, most in (
            ("INT", -(1 << 31), (1 << 31) - 1),
            ("BIGINT", -(1 << 63), (1 << 63) - 1),
        )
    ),
    Rule("Cast", "stored VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("IsNan", "double", "boolean", write="{0} = CAST('NaN' AS DOUBLE PRECISION)"),
    Rule("Cast", "whole BOOLEAN", "boolean", write="{0} <> 0"),
    Rule("Cast", "boolean VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "boolean INT", "whole"),
    Rule("Cast", "boolean BIGINT", "whole", write="CAST(CAST({0} AS INT) AS BIGINT)"),
    Rule("Cast", "exact INT128", "huge", write="CAST({0} AS DECIMAL)"),
    Rule("Cast", "string|whole|huge VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "double DECIMAL", refuse="a DOUBLE is rounded otherwise before it is a DECIMAL"),
    # Rows
    Rule("Series", "whole whole", "whole", write=_SERIES % "{1}"),
    Rule("Series", "whole whole nonzero-whole", "whole", write=_STEPS),
    Rule("Series", "moment moment interval", "timestamp", write=_TIMES),
    Rule("Range", "whole whole", "whole", write=_SERIES % "{1} - 1"),
    Rule("Range", "whole whole positive", "whole", write=_STEPS.replace("{1}", "{1} - 1")),
    *ROWS,
    *WINDOWS,
    *LITERALS,
    *REST,
)

PAIR = Pair(
    origin="duckdb",
    target="postgres",
    rules=_RULES,
    formats=TO_POSTGRES,
    reuses_names=True,
    decimal="(18, 3)",
    merged_first=False,
    patterns=("re2", "postgres"),
    orders_in_windows=False,
    sees_beside=True,
    columns_of_values=("col", 0),
)
