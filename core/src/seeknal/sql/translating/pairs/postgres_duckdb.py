"""PostgreSQL's SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.kinds import NOW
from seeknal.sql.translating.pairs.clock import CLOCK
from seeknal.sql.translating.pairs.formats import FORMATTED, POSTGRES, reading
from seeknal.sql.translating.pairs.plain import (
    BY_DOUBLES,
    BY_ZERO,
    COMPARISONS,
    CUT_OFF,
    DAY,
    EQUALITIES,
    FULLER,
    LITERALS,
    NUMBERS,
    READ,
    REST,
    ROWS,
    TEXTS,
    VALUES,
    WINDOWS,
)
from seeknal.sql.translating.pairs.quotients import QUOTIENTS
from seeknal.sql.translating.rules import Pair, Rule, same
from seeknal.sql.translating.unnamed import by_outermost

_VALUES = f"{VALUES}|uuid"
_BY_LANGUAGE = (
    'texts are in the order of a database\'s language in PostgreSQL; with COLLATE "C" it is one'
)
_ZERO = "a division by 0 is an error in PostgreSQL"
_WHOLE = "/ divides whole numbers to a whole number in PostgreSQL, and gives a DOUBLE in DuckDB"
_DIGITS = (
    "NUMERIC has more digits in PostgreSQL than DuckDB's DECIMAL: only as a DOUBLE is it known"
)
_RANGE = (
    "CASE WHEN isinf({0} %s {1}) AND NOT isinf({0}) AND NOT isinf({1})"
    " THEN CAST('value out of range: overflow' AS TINYINT) ELSE {0} %s {1} END"
)
_INFINITY = "a DOUBLE that grows too large is an error in PostgreSQL, and infinity in DuckDB"
_SERIES = "generate_series of DATEs gives instants in PostgreSQL: only CAST(... AS DATE) is known"
_CASE = (
    "which letters have another case is up to the language of a database in PostgreSQL;"
    ' with COLLATE "pg_c_utf8" they are Unicode\'s'
)

_SUM = "a sum of INTEGERs is a BIGINT in PostgreSQL, and a HUGEINT in DuckDB"
_PATTERN = "text|bytewise|unicode|whole-pattern"
_ERROR = "CAST('%s' AS TINYINT)"
_LENGTH = _ERROR % "negative substring length not allowed"
_SPACES = "[ \\t\\n\\r\\f\\v]*"
_DIGITS_ONLY = f"{_SPACES}[+-]?[0-9]+{_SPACES}"
_FLOAT = (
    f"(?i){_SPACES}[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)(e[+-]?[0-9]{{1,2}})?{_SPACES}"
    f"|{_SPACES}([+-]?inf(inity)?|nan){_SPACES}"
)
_DATE = f"{_SPACES}{DAY}{_SPACES}"
_EXACT = f"{_SPACES}[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+){_SPACES}"
_TIMESTAMP = (
    _DATE.removesuffix(_SPACES) + "([ T][0-9][0-9]:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?)?" + _SPACES
)
_COUNT = "decimal(20,0)"
_TEXT = "texts that only one of them reads are an error"
_OF = "JSON_TYPE({0}, {1})"
_MEMBER = (
    f"CASE WHEN {_OF} IN ('DOUBLE', 'HUGEINT', 'OBJECT', 'ARRAY') THEN"
    f" CAST(CAST({_OF} || ' has no counterpart there' AS TINYINT) AS TEXT) ELSE {{0}} ->> {{1}} END"
)
_NUMBER = (
    f"CASE WHEN {_OF} IN ('DOUBLE', 'BIGINT', 'UBIGINT', 'NULL')"
    " THEN CAST({0} ->> {1} AS DOUBLE)"
    f" WHEN {_OF} IS NOT NULL THEN CAST({_OF} || ' has no counterpart there' AS DOUBLE) END"
)
_JSON_TYPE = (
    "CASE JSON_TYPE({0}) WHEN 'VARCHAR' THEN 'string' WHEN 'OBJECT' THEN 'object'"
    " WHEN 'ARRAY' THEN 'array' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null'"
    " ELSE CASE WHEN {0} IS NOT NULL THEN 'number' END END"
)
_ASCII = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ'"
_MODERN = (
    "CASE WHEN ISFINITE({0}) AND {0} >= DATE '0001-01-01' THEN %s"
    " WHEN {0} IS NOT NULL THEN"
    " CAST(CAST('a year before 1 has no counterpart there' AS TINYINT) AS TEXT) END"
)

_FINITE = "ISFINITE(CAST({0} AS DOUBLE)) AND ISFINITE(CAST({1} AS DOUBLE))"
_POWER = (
    f"CASE WHEN {_FINITE} AND ({{0}} = 0 AND {{1}} < 0 OR NOT ISFINITE(POW({{0}}, {{1}}))"
    " OR POW({0}, {1}) = 0 AND {0} <> 0)"
    f" THEN {_ERROR % 'value out of range'} ELSE POW({{0}}, {{1}}) END"
)
_POWERS = ("whole whole", "number double", "double number")

_LONGS = (
    same(("Count",), f"*|{_VALUES}", "long"),
    same(("RowNumber", "Rank", "DenseRank"), "", "long"),
    same(("Add", "Sub", "Mul"), "exact exact", "common"),
    same(("BitwiseAnd", "BitwiseOr", "BitwiseXor"), "whole whole", "common"),
    same(("Cast",), "exact|double|digits BIGINT", "long"),
    Rule("Sum", "long|huge", "huge"),
    Rule("Sum", "whole", "long", write="CAST(SUM({0}) AS BIGINT)", differs=_SUM),
)
"""What is a BIGINT in PostgreSQL: of what it is, a sum is a NUMERIC, and divides as one."""

_RULES = (
    same(("Ordered",), "bytewise|unicode", "word"),
    Rule("Ordered", "text", refuse=_BY_LANGUAGE, differs=_BY_LANGUAGE),
    *_LONGS,
    *FULLER,
    # Comparing
    same(EQUALITIES, "uuid uuid", "boolean"),
    same(COMPARISONS, "bytewise|unicode string", "boolean"),
    same(COMPARISONS, "string bytewise|unicode", "boolean"),
    same(("Between",), "bytewise|unicode string string", "boolean"),
    Rule("Min Max", "bytewise|unicode", "text"),
    Rule("Greatest Least", "bytewise|unicode string...", "text"),
    *(
        Rule(
            f'COLLATE"{name}"',
            "string",
            kind,
            write="{0}",
            differs="texts are ordered byte by byte in DuckDB",
        )
        for name, kind in (("C", "bytewise"), ("pg_c_utf8", "unicode"), ("POSIX", "bytewise"))
    ),
    Rule(
        " ".join((*COMPARISONS, "Between")), "string...", refuse=_BY_LANGUAGE, differs=_BY_LANGUAGE
    ),
    same(("Ordered",), "number|boolean|date|timestamp|uuid|null", "word"),
    same(("Is",), f"{_VALUES}|json|bytes|list|time|interval null", "boolean"),
    same(("Like",), "string plain", "boolean"),
    Rule(
        "Like",
        f"string {_PATTERN}",
        "boolean",
        write="{0} LIKE {1} ESCAPE '\\'",
        differs="a backslash is an escape in PostgreSQL, and a letter in DuckDB",
    ),
    Rule("ILike", f"unicode {_PATTERN}", "boolean", write="{0} ILIKE {1} ESCAPE '\\'"),
    Rule("ILike", "string string", refuse=_CASE, differs=_CASE),
    Rule(
        "Any",
        f"{_VALUES} list",
        "boolean",
        write="CASE WHEN {1} IS NOT NULL THEN {0} = ANY({1}) END",
        differs="= ANY of a list that is NULL is NULL in PostgreSQL, and false in DuckDB",
    ),
    # Numbers
    *(
        Rule(name, "number number", "double", write=_RANGE % (sign, sign), differs=_INFINITY)
        for name, sign in (("Add", "+"), ("Sub", "-"), ("Mul", "*"))
    ),
    Rule("Div", "whole nonzero-whole", "common", write="{0} // {1}", differs=_WHOLE),
    Rule(
        "Div", "whole whole", "common", write=BY_ZERO % "{0} // {1}", differs=f"{_WHOLE}; {_ZERO}"
    ),
    *QUOTIENTS,
    Rule("Div", "number number", "double", write=BY_ZERO % BY_DOUBLES, differs=_ZERO),
    Rule("Mod", "whole nonzero-whole", "common"),
    Rule("Mod", "whole whole", "common", write=BY_ZERO % "{0} % {1}", differs=_ZERO),
    Rule(
        "Mod", "whole|decimal whole|decimal", "decimal", write=BY_ZERO % "{0} % {1}", differs=_ZERO
    ),
    Rule("IntDiv", "whole whole", "whole", write=BY_ZERO % "{0} // {1}", differs=_ZERO),
    Rule("Round", "decimal", "decimal"),
    Rule("Round", "decimal positive", "decimal"),
    Rule(
        "Round",
        "double",
        "double",
        write="ROUND_EVEN({0}, 0)",
        differs="halves go to the even number in PostgreSQL, and away from zero in DuckDB",
    ),
    Rule("Floor Ceil", "decimal|double", "0"),
    Rule("Round Floor Ceil Trunc", "whole", "double", write="CAST({0} AS DOUBLE)"),
    Rule("Trunc", "decimal", "decimal"),
    *CUT_OFF,
    Rule("Sign", "decimal", "decimal(1,0)", write="CAST(SIGN({0}) AS DECIMAL(1, 0))"),
    Rule("Sign", "whole|double", "double", write="CAST(SIGN({0}) AS DOUBLE)"),
    *(
        Rule(
            name,
            "whole|double",
            "double",
            write=f"CASE WHEN {{0}} {wrong} 0 THEN {_ERROR % 'out of the domain'}"
            f" ELSE {name.upper()}({{0}}) END",
            differs=f"of a number {wrong} 0 it is an error in PostgreSQL",
        )
        for name, wrong in (("Sqrt", "<"), ("Ln", "<="), ("Log", "<="))
    ),
    Rule(
        "Exp",
        "whole|double",
        "double",
        write="CASE WHEN ISFINITE(CAST({0} AS DOUBLE)) AND (ISINF(EXP({0})) OR EXP({0}) = 0)"
        f" THEN {_ERROR % 'value out of range'} ELSE EXP({{0}}) END",
        differs=_INFINITY,
    ),
    *(Rule("Pow", takes, "double", write=_POWER, differs=_INFINITY) for takes in _POWERS),
    # Aggregates
    Rule("Min Max", "text", refuse=_BY_LANGUAGE, differs=_BY_LANGUAGE),
    Rule("Stddev StddevSamp StddevPop Variance VariancePop", "exact", refuse=_DIGITS),
    Rule(
        "Stddev StddevSamp StddevPop Variance VariancePop",
        "double",
        refuse="of values that are nearly equal engines round to other DOUBLEs",
    ),
    Rule("every", "boolean", "boolean", write="BOOL_AND({0})"),
    Rule("ArrayAgg", "ordered", "list of 0"),
    Rule("PercentileDisc", "number|date|timestamp dyadic", "0", write="QUANTILE_DISC({0}, {1})"),
    Rule(
        "PercentileCont",
        "exact constant",
        "double",
        write="QUANTILE_CONT(CAST({0} AS DOUBLE), {1})",
    ),
    Rule(
        "PercentileCont",
        "double constant",
        "double",
        write=f"CASE WHEN COUNT_IF(ISINF({{0}})) > 0 THEN {_ERROR % 'infinite'}"
        " ELSE QUANTILE_CONT({0}, {1}) END",
        differs="between two infinite values it is NaN in PostgreSQL, and infinite in DuckDB",
    ),
    same(("Grouping",), f"{_VALUES}...", "whole"),
    Rule("GroupConcat", "ordered plain", "text"),
    # Windows
    same(("Lag", "Lead"), _VALUES, "0"),
    same(("Lag", "Lead"), f"{_VALUES} positive", "0"),
    same(("FirstValue", "LastValue"), _VALUES, "0"),
    # Texts
    *TEXTS,
    *NUMBERS,
    Rule("DPipe", "string stored", "text"),
    Rule("DPipe", "stored string", "text"),
    Rule("Concat", "string|whole|stored...", "text"),
    Rule("ConcatWs", "string string|whole|stored...", "text"),
    Rule("Cast", "stored VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    *(
        Rule(
            name,
            "string",
            "text",
            write=f"{function}({{0}}, ' ')",
            differs="every kind of space is cut off in DuckDB, and only blanks in PostgreSQL",
        )
        for name, function in (("Trim", "TRIM"), ("LTrim", "LTRIM"), ("RTrim", "RTRIM"))
    ),
    Rule("StrPosition", "string string", "whole"),
    Rule("Pad", "string whole", "text"),
    Rule(
        "Substring",
        "string whole",
        "text",
        write="CASE WHEN {1} > 0 THEN SUBSTRING({0}, {1}) WHEN {1} <= 0 THEN {0} END",
        differs="a position before the first is counted from the end in DuckDB",
    ),
    Rule(
        "Substring",
        "string whole whole",
        "text",
        write="CASE WHEN {0} IS NULL OR {1} IS NULL OR {2} IS NULL THEN NULL"
        f" WHEN {{2}} < 0 THEN CAST({_LENGTH} AS TEXT)"
        " WHEN {1} > 0 THEN SUBSTRING({0}, {1}, {2})"
        " WHEN {1} + {2} > 1 THEN LEFT({0}, {1} + {2} - 1) ELSE '' END",
        differs="a position before the first is counted from the end in DuckDB",
    ),
    Rule("RegexpLike", "string string", "boolean", write="REGEXP_MATCHES({0}, {1})"),
    Rule("RegexpReplace", "string string string", "text", write="REGEXP_REPLACE({0}, {1}, {2})"),
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
        differs="where nothing is found it is NULL in PostgreSQL",
    ),
    Rule("RegexpCount", "string string", "whole", write="LEN(REGEXP_EXTRACT_ALL({0}, {1}))"),
    Rule("octet_length", "string", "whole", write="CAST(STRLEN({0}) AS INT)"),
    Rule(
        "StringToArray",
        "string plain",
        "list of text",
        write="CASE WHEN {0} = '' THEN CAST([] AS TEXT[]) ELSE STRING_SPLIT({0}, {1}) END",
        differs="an empty text has no parts in PostgreSQL, and one in DuckDB",
    ),
    Rule("Reverse", "string", refuse="DuckDB keeps what is seen as one letter together"),
    same(("Upper", "Lower"), "unicode", "text"),
    Rule("Upper", "bytewise", "text", write=f"TRANSLATE({{0}}, LOWER({_ASCII}), {_ASCII})"),
    Rule("Lower", "bytewise", "text", write=f"TRANSLATE({{0}}, {_ASCII}, LOWER({_ASCII}))"),
    Rule("Upper Lower", "string", refuse=_CASE, differs=_CASE),
    # Lists
    Rule(
        "ArrayToString",
        "text-list|whole-list plain",
        "text",
        write="CASE WHEN {0} IS NOT NULL THEN COALESCE(ARRAY_TO_STRING({0}, {1}), '') END",
        differs="of NULLs alone it is empty in PostgreSQL, and NULL in DuckDB",
    ),
    Rule("Bracket", "list whole", "one of 0"),
    Rule("ArraySize", "list 1", "whole", write="NULLIF(LEN({0}), 0)"),
    Rule("cardinality", "list", "whole", write="LEN({0})"),
    *(Rule("ArrayAppend", f"{kind}-list {kind}", "0") for kind in ("whole", "text", "date")),
    *(Rule("ArrayPrepend", f"{kind} {kind}-list", "1") for kind in ("whole", "text", "date")),
    # JSON
    Rule("JSONExtract", "json name", "json", write="{0} -> {1}"),
    Rule(
        "JSONExtractScalar",
        "json name",
        "text",
        write=_MEMBER,
        differs="numbers with a fraction and nested values are written otherwise",
    ),
    Rule("JSONDouble", "json name", "double", write=_NUMBER),
    Rule("jsonb_typeof json_typeof", "json", "text", write=_JSON_TYPE),
    Rule(
        "jsonb_array_length json_array_length",
        "json",
        "whole",
        write="CASE WHEN JSON_TYPE({0}) = 'ARRAY' THEN CAST(JSON_ARRAY_LENGTH({0}) AS INT)"
        f" WHEN {{0}} IS NOT NULL THEN {_ERROR % 'not an array'} END",
        differs="of what is no array it is an error in PostgreSQL, and 0 in DuckDB",
    ),
    # Dates
    *CLOCK,
    *(
        Rule("Extract", f"{unit} {NOW}", _COUNT, write=f"EXTRACT({unit} FROM {{1}})")
        for unit in ("YEAR", "MONTH", "DAY", "QUARTER", "DOW", "ISODOW", "DOY", "WEEK", "HOUR")
    ),
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER|DOY|WEEK|ISOYEAR|DOW|ISODOW moment", _COUNT),
    Rule("Extract", "HOUR|MINUTE timestamp", _COUNT),
    Rule("Extract", "CENTURY|DECADE moment", _COUNT),
    Rule("Extract", "MICROSECONDS timestamp", _COUNT),
    *(
        Rule(
            "Extract",
            takes,
            "decimal(31,6)",
            write=f"CAST({micros} AS DECIMAL(24, 0)) * {share}",
            differs="parts of a second are left out in DuckDB",
        )
        for takes, micros, share in (
            ("SECOND timestamp", "EXTRACT(MICROSECONDS FROM {1})", "0.000001"),
            ("MILLISECONDS timestamp", "EXTRACT(MICROSECONDS FROM {1})", "0.001"),
            ("EPOCH moment", "EPOCH_US({1})", "0.000001"),
        )
    ),
    Rule("TimestampTrunc", "timestamp YEAR|QUARTER|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND", "timestamp"),
    Rule("TimestampTrunc", "timestamp MILLISECOND|MICROSECOND|DECADE", "timestamp"),
    Rule(
        "TimestampTrunc",
        "date YEAR|QUARTER|MONTH|WEEK|DAY",
        "midnight",
        differs="date_trunc of a DATE gives an instant in PostgreSQL: CAST(... AS DATE) is known",
    ),
    same(EQUALITIES, "midnight midnight", "boolean"),
    same(COMPARISONS, "midnight midnight", "boolean"),
    same(("Ordered",), "midnight", "word"),
    same(("Cast",), "midnight DATE", "date"),
    Rule("Sub", "timestamp timestamp", "interval"),
    Rule("age", "moment moment", "interval"),
    Rule(
        "make_date",
        "whole whole whole",
        "date",
        write=f"CASE WHEN {{0}} < 1 THEN CAST({_ERROR % 'date out of range'} AS DATE)"
        " ELSE MAKE_DATE({0}, {1}, {2}) END",
    ),
    *FORMATTED,
    *reading("StrToDate", timed="DATE"),
    Rule("Cast", "moment VARCHAR|TEXT", "text", write=_MODERN % "CAST({0} AS TEXT)"),
    same(("Add", "Sub"), "moment interval", "timestamp"),
    Rule("Add", "interval moment", "timestamp"),
    same(("Add", "Sub"), "date positive", "date"),
    *(
        Rule(name, "date whole", "date", write=f"{{0}} {sign} CAST({{1}} AS INT)")
        for name, sign in (("Add", "+"), ("Sub", "-"))
    ),
    Rule("Sub", "date date", "whole", write="CAST({0} - {1} AS INT)"),
    # Types
    *(
        Rule(
            "Cast",
            f"text|bytewise {type}",
            kind,
            write=READ % (of, type, type),
            differs=_TEXT,
        )
        for of, type, kind in (
            *((_DIGITS_ONLY, type, "whole") for type in ("SMALLINT", "INT")),
            (_DIGITS_ONLY, "BIGINT", "long"),
            (_FLOAT, "DOUBLE", "double"),
            (_EXACT, "DECIMAL", "decimal"),
            (_TIMESTAMP, "TIMESTAMP", "timestamp"),
            (_DATE, "DATE", "date"),
        )
    ),
    same(("Cast",), "whole BOOLEAN", "boolean"),
    same(("Cast",), "exact|double SMALLINT|INT", "whole"),
    same(("Cast",), "boolean INT", "whole"),
    Rule("Cast", "whole|huge NUMERIC", "huge", write="CAST({0} AS HUGEINT)"),
    Rule("Cast", "decimal NUMERIC", "0", write="{0}"),
    Rule("Cast", "double|string NUMERIC", refuse=_DIGITS),
    Rule("Cast", "string VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "whole|huge|boolean VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    # Rows
    *(Rule("Array", f"{kind}...", "list of common") for kind in ("number", "string", "boolean")),
    *(Rule("Array", f"{kind}...", "list of common") for kind in ("date", "timestamp")),
    Rule("Series", "whole whole", "common"),
    Rule("Series", "whole whole nonzero-whole", "common"),
    Rule("Series", "timestamp timestamp interval", "timestamp"),
    Rule("Series", "date date interval", "midnight", differs=_SERIES),
    *ROWS,
    *WINDOWS,
    *LITERALS,
    *REST,
)

PAIR = Pair(
    origin="postgres",
    target="duckdb",
    rules=_RULES,
    exponents_are_double=False,
    keeps_digits=True,
    formats=POSTGRES,
    orders_results=False,
    folds=True,
    patterns=("postgres", "re2"),
    names_elements=True,
    cuts_texts=True,
    unnamed=by_outermost,
    misread={"date_part": "date_part gives a DOUBLE PRECISION: EXTRACT(... FROM ...) is exact"},
)
