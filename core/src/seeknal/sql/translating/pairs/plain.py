"""What means the same in several dialects: numbers, dates and truth in all, texts in some."""

from __future__ import annotations

from seeknal.sql.translating.rules import Rule, same

VALUES = "number|string|date|timestamp|boolean"
EQUALITIES = ("EQ", "NEQ", "NullSafeEQ", "NullSafeNEQ")
COMPARISONS = ("LT", "LTE", "GT", "GTE")
BY_ZERO = (
    "CASE WHEN {1} = 0 AND {0} IS NOT NULL THEN CAST('division by zero' AS TINYINT) ELSE %s END"
)
"""In DuckDB's SQL: an error where the other dialect has one."""
NULL_BY_ZERO = "CASE WHEN {1} <> 0 THEN %s END"
"""In DuckDB's SQL: NULL where the other dialect has it."""
BY_DOUBLES = "CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE)"

LONG = (
    *(
        Rule(
            name,
            "whole whole",
            "whole",
            write=f"CAST({{0}} AS BIGINT) {sign} {{1}}",
            differs="whole numbers have 64 bits there, whatever their literals are",
        )
        for name, sign in (("Add", "+"), ("Sub", "-"), ("Mul", "*"))
    ),
    Rule("Sum", "whole|huge", "huge"),
)
"""For dialects of which every whole number has 64 bits, and sums of them have more."""

SUBSTRINGS = (
    Rule("Substring", "string positive", "text"),
    Rule("Substring", "string positive positive", "text"),
)

BY_BYTES = (
    same(EQUALITIES, "string string", "boolean"),
    same(COMPARISONS, "string string", "boolean"),
    same(("Between",), "string string string", "boolean"),
    same(("Ordered",), "text", "word"),
    same(("Min", "Max"), "text", "0"),
    same(("Like",), "string plain", "boolean"),
    Rule("Nullif", "string string", "0"),
)
"""For dialects that compare texts byte by byte, as DuckDB does."""

ROWS = (
    Rule("Values Lateral Recursive", "query", "rows"),
    Rule("Unnest Ordinality Explode", "list", "one of 0"),
)
"""Rows of a FROM clause: those that stand there, those made of the row before them, those of a
list, and those that a query reads of itself."""

WINDOWS = (
    Rule("Frames", "query", "rows"),
    Rule("DistinctOn", "query", "rows"),
    Rule("Spans", "query", "interval"),
)
"""For PostgreSQL and DuckDB: frames of groups, distances and left out rows, the first row of each,
and spans of several units."""

TEXTS = (
    Rule("Left Right Repeat", "string whole", "text"),
    Rule("Replace", "string string string", "text"),
    Rule("Trim LTrim RTrim", "string string", "text"),
    Rule("Pad", "string whole plain", "text"),
    Rule("SplitPart", "string plain nonzero-whole", "text"),
    Rule("Translate", "string constant constant", "text"),
    Rule("StartsWith", "string string", "boolean"),
    Rule("ConcatWs", "string string|whole...", "text"),
    Rule("Concat", "string|whole...", "text"),
    Rule("Ascii", "string", "whole"),
    Rule("BitLength", "string", "whole"),
    Rule("Chr", "positive", "text"),
    Rule("LikeEscape", "string plain letter", "boolean"),
)
"""Functions of texts that PostgreSQL and DuckDB count, cut and fill alike, letter by letter."""

LITERALS = (
    same(("Cast",), "float-text DOUBLE", "double"),
    same(("Cast",), "exact-text DECIMAL", "decimal"),
    same(("Cast",), "moment-text TIMESTAMP", "timestamp"),
)
"""Texts in quotes that PostgreSQL and DuckDB read alike."""

READ = (
    "CASE WHEN REGEXP_FULL_MATCH({0}, '%s') THEN CAST({0} AS %s)"
    " WHEN {0} IS NOT NULL THEN CAST({0} || ' has no counterpart there' AS %s) END"
)
"""In DuckDB's SQL: a text of some form as a type, and an error of every other one."""
DAY = "([1-9][0-9]{3}|[0-9]{3}[1-9])-[0-9][0-9]-[0-9][0-9]"
"""A DATE as every dialect reads it, as a regular expression."""
READS = tuple(
    Rule(
        "Cast",
        f"text {type}",
        kind,
        write=READ % (of, type, type),
        differs="texts that only one of them reads are an error",
    )
    for of, type, kind in (
        *(("-?[0-9]+", type, "whole") for type in ("SMALLINT", "INT", "BIGINT")),
        ("-?[0-9]+(\\.[0-9]+)?", "DOUBLE", "double"),
        (DAY, "DATE", "date"),
    )
)
"""Texts in DuckDB, in the forms that every dialect reads."""

NULL_AMONG = tuple(
    Rule(
        f"{name}OrNull",
        f"{kind} {kind}",
        "common",
        write="CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL"
        f" THEN {name.upper()}({{0}}, {{1}}) END",
        differs="beside NULL it is NULL, and the other value in DuckDB",
    )
    for name in ("Greatest", "Least")
    for kind in ("whole", "double", "date", "timestamp")
)
"""GREATEST and LEAST of dialects in which NULL wins."""

CUTS = (
    Rule("StartsWith", "string string", "boolean"),
    Rule("StrPosition", "string string", "whole"),
    Rule("Replace", "string plain string", "text"),
    Rule("Left Right Repeat", "string positive", "text"),
    Rule("Pad", "string positive plain", "text"),
    Rule("Trim LTrim RTrim", "string plain", "text"),
)
"""Functions of texts that dialects without a collation share."""

DAYS = (
    Rule("DateDiff", "date date DAY|MONTH|QUARTER|YEAR", "whole"),
    *(
        Rule(
            name,
            f"date whole|digits {unit}",
            "date",
            write=f"CAST({{0}} {sign} {function}(CAST({{1}} AS INT)) AS DATE)",
            differs="a DATE and a span are a TIMESTAMP in DuckDB",
        )
        for name, sign in (("DateAdd", "+"), ("DateSub", "-"))
        for unit, function in (
            *(("DAY", "TO_DAYS"), ("WEEK", "TO_WEEKS"), ("MONTH", "TO_MONTHS")),
            ("YEAR", "TO_YEARS"),
        )
    ),
    Rule("LastDay", "date", "date"),
)
"""Functions of DATEs of dialects in which they count the boundaries that are crossed."""

_WITH_CASE = "[^\\x00-\u00b4\u00b6-\u00de\u00e0-\u00fe\u3000-\ud7a3\U0001f300-\U0001faff]"
CASES = tuple(
    Rule(
        name,
        "string|collated",
        "0",
        write=f"CASE WHEN REGEXP_MATCHES({{0}}, '{_WITH_CASE}')"
        " THEN CAST(CAST('this letter has no counterpart there' AS TINYINT) AS TEXT)"
        f" ELSE {name.upper()}({{0}}) END",
        differs="letters of which engines make others, such as ß, are an error",
    )
    for name in ("Upper", "Lower")
)
"""Upper and lower letters: of Latin ones, and of scripts that have none."""

SEVERAL = (
    "\u0149\u01f0\u0390\u03b0\u0587\u1e96-\u1e9a\u1f50\u1f52\u1f54\u1f56\u1f80-\u1faf\u1fb2-\u1fb4"
    "\u1fb6\u1fb7\u1fbc\u1fc2-\u1fc4\u1fc6\u1fc7\u1fcc\u1fd2\u1fd3\u1fd6\u1fd7\u1fe2-\u1fe4\u1fe6"
    "\u1fe7\u1ff2-\u1ff4\u1ff6\u1ff7\u1ffc\ufb00-\ufb06\ufb13-\ufb17"
)
"""Letters of which Spark makes several in capitals, but ß."""

TRIES = tuple(
    Rule(
        "TryCast",
        f"string|collated {type}",
        kind,
        write=f"CASE WHEN REGEXP_FULL_MATCH({{0}}, '{of}') THEN TRY_CAST({{0}} AS {type})"
        " WHEN REGEXP_MATCHES({0}, '[0-9]')"
        f" THEN CAST({{0}} || ' has no counterpart there' AS {type}) END",
        differs="texts that only one of them reads are an error",
    )
    for of, type, kind in (
        *(("-?[0-9]+", type, "whole") for type in ("SMALLINT", "INT", "BIGINT")),
        (DAY, "DATE", "date"),
    )
)
"""TRY_CAST of texts: NULL of what has no digit, and an error of what is read by several rules."""

CHOICES = tuple(
    Rule(
        "Nvl2",
        f"{VALUES}|collated {kind} {kind}",
        "common" if kind == "number" else "1",
        write="CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END",
    )
    for kind in ("number", "text", "literal", "collated", "date", "timestamp", "boolean")
)
"""What stands for a value and for NULL."""

_LONGER = ("HOUR", "MINUTE", "SECOND")
SPANS = (
    *(
        Rule(
            name,
            f"{kind} whole|digits {unit}",
            "timestamp",
            write=f"CAST({{0}} AS TIMESTAMP) {sign} TO_{unit}S(CAST({{1}} AS INT))",
        )
        for name, sign in (("DateAdd TimestampAdd DatetimeAdd", "+"), ("DateSub", "-"))
        for kind, units in (
            ("timestamp", ("DAY", "WEEK", "MONTH", "YEAR", *_LONGER)),
            ("date", _LONGER),
        )
        for unit in units
    ),
    same(("Add", "Sub"), "timestamp interval", "timestamp"),
)
"""Spans of time that are added to moments by functions, and to timestamps."""

DATE_SPANS = (
    *(
        Rule(
            name,
            "date DAY|WEEK|MONTH|YEAR",
            "date",
            write=f"CAST({{0}} {sign} {{1}} AS DATE)",
            differs="a DATE and a span are a TIMESTAMP in DuckDB",
        )
        for name, sign in (("Add", "+"), ("Sub", "-"))
    ),
    same(("Add", "Sub"), "date HOUR|MINUTE|SECOND", "timestamp"),
)
"""Spans of time that are added to DATEs, which stay ones where the spans are of days."""

_APART = "(EPOCH_US({0}) - EPOCH_US({1})) // %s"
ELAPSED = tuple(
    Rule(
        "TimestampDiff",
        f"moment|instant moment|instant {unit}",
        "whole",
        write=_APART % (seconds * 1_000_000),
        differs="it counts whole spans, and DuckDB's the boundaries that are crossed",
    )
    for unit, seconds in (
        *(("SECOND", 1), ("MINUTE", 60), ("HOUR", 3600), ("DAY", 86400), ("WEEK", 604800)),
    )
)
"""How many whole spans lie between two moments."""

CUT_OFF = tuple(
    Rule("Trunc", f"decimal {n}", "decimal", write=f"TRUNC({{0}} * {10**n}) * 0.{'0' * (n - 1)}1")
    for n in range(1, 7)
)
"""DECIMALs without the digits behind some place."""

NUMBERS = (
    Rule("BitwiseNot", "whole", "whole"),
    Rule("BitwiseAnd BitwiseOr BitwiseXor", "whole whole", "whole"),
    Rule("BitwiseAndAgg BitwiseOrAgg BitwiseXorAgg", "whole", "0"),
    Rule("Trunc Cbrt", "double", "double"),
    Rule("Pi", "", "double"),
    Rule("NthValue", f"{VALUES} positive", "0"),
    Rule("Lag Lead", "whole positive whole", "whole"),
    Rule("Lag Lead", "decimal positive whole", "0"),
    Rule("Lag Lead", "double positive number", "double"),
    Rule("Lag Lead", "string positive string", "text"),
    Rule("Lag Lead", "date positive date", "date"),
    Rule("LT LTE GT GTE", "boolean boolean", "boolean"),
    Rule("Between", "boolean boolean boolean", "boolean"),
    Rule("Greatest Least", "boolean...", "boolean"),
    Rule("Nullif", "boolean boolean", "0"),
    Rule("Nullif", "timestamp timestamp", "0"),
)
"""The same of numbers and truth."""

PLAIN = (
    same(EQUALITIES, "number number", "boolean"),
    same(EQUALITIES, "moment moment", "boolean"),
    same(EQUALITIES, "boolean boolean", "boolean"),
    same(COMPARISONS, "number number", "boolean"),
    same(COMPARISONS, "moment moment", "boolean"),
    same(("Between",), "number number number", "boolean"),
    same(("Between",), "moment moment moment", "boolean"),
    same(("Ordered",), "number|boolean|date|timestamp|null", "word"),
    same(("Is",), f"{VALUES}|list|json|interval null", "boolean"),
    same(("And", "Or"), "boolean boolean", "boolean"),
    same(("Not",), "boolean", "boolean"),
    same(("Add", "Sub", "Mul"), "whole whole", "whole"),
    same(("Neg", "Abs"), "number", "0"),
    same(("Count",), "*", "whole"),
    same(("Count",), VALUES, "whole"),
    same(("Min", "Max"), "number|date|timestamp", "0"),
    same(("RowNumber", "Rank", "DenseRank"), "", "whole"),
    same(("PercentRank", "CumeDist"), "", "double"),
    same(("Ntile",), "positive", "whole"),
    same(("Lag", "Lead"), VALUES, "0"),
    same(("Lag", "Lead"), f"{VALUES} positive", "0"),
    same(("FirstValue", "LastValue"), VALUES, "0"),
    Rule("Coalesce", "number...", "common"),
    Rule("Coalesce", "string...", "text"),
    Rule("Coalesce", "date...", "date"),
    Rule("Coalesce", "timestamp...", "timestamp"),
    Rule("Coalesce", "boolean...", "boolean"),
    Rule("Nullif", "number number", "0"),
    Rule("Nullif", "date date", "0"),
    same(("Cast",), "whole SMALLINT|INT|BIGINT", "whole"),
    same(("Cast",), "whole|huge|decimal|double DOUBLE", "double"),
    same(("Cast",), "date DATE", "date"),
    same(("Cast",), "iso-date DATE", "date"),
    same(("Cast",), "digits SMALLINT|INT|BIGINT|DOUBLE", "1"),
)
"""For every dialect."""

FULLER = (
    *PLAIN,
    same(EQUALITIES, "string string", "boolean"),
    same(("Is",), "boolean boolean", "boolean"),
    same(("LogicalAnd", "LogicalOr"), "boolean", "boolean"),
    Rule("Nullif", "string string", "0"),
    Rule("Greatest Least", "number...", "common"),
    Rule("Greatest Least", "date...", "date"),
    Rule("Greatest Least", "timestamp...", "timestamp"),
    Rule("DPipe", "string|whole string", "text"),
    Rule("DPipe", "string whole", "text"),
    Rule("Concat", "string...", "text"),
    Rule("Left Right", "string positive", "text"),
    Rule("Replace", "string plain string", "text"),
    Rule("MD5", "string", "text"),
    same(("Cast",), "exact DECIMAL", "decimal"),
    same(("Cast",), "boolean BOOLEAN", "boolean"),
)
"""The same with texts, for pairs of which more is known: begins their tables."""

REST = (
    same(("Like",), "string null", "boolean"),
    same(("Sum",), "decimal|double", "0"),
    same(("Avg",), "double", "double"),
    Rule("Length", "string", "whole"),
    *SUBSTRINGS,
    same(("Cast",), "timestamp DATE", "date"),
    same(("Cast",), "date|timestamp TIMESTAMP", "timestamp"),
    same(("Cast",), "iso-timestamp TIMESTAMP", "timestamp"),
    Rule(
        "Cast",
        "string SMALLINT|INT|BIGINT|DOUBLE|DECIMAL|DATE|TIMESTAMP",
        refuse="texts are read by other rules there",
    ),
)
"""For the same pairs, after what each says otherwise: ends their tables."""
