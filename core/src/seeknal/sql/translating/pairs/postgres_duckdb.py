"""PostgreSQL's SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.rules import Pair, Rule, same

_VALUES = "number|string|date|timestamp|boolean|uuid"
_EQUALITIES = ("EQ", "NEQ", "NullSafeEQ", "NullSafeNEQ")
_COMPARISONS = ("LT", "LTE", "GT", "GTE")
_BY_LANGUAGE = "texts are in the order of a database's language in PostgreSQL"
_ZERO = "a division by 0 is an error in PostgreSQL"
_BY_ZERO = (
    "CASE WHEN {1} = 0 AND {0} IS NOT NULL THEN CAST('division by zero' AS TINYINT) ELSE %s END"
)
_WHOLE = "/ divides whole numbers to a whole number in PostgreSQL, and gives a DOUBLE in DuckDB"
_DIGITS = (
    "NUMERIC has more digits in PostgreSQL than DuckDB's DECIMAL: only as a DOUBLE is it known"
)
_RANGE = (
    "CASE WHEN isinf({0} %s {1}) AND NOT isinf({0}) AND NOT isinf({1})"
    " THEN CAST('value out of range: overflow' AS TINYINT) ELSE {0} %s {1} END"
)
_INFINITY = "a DOUBLE that grows too large is an error in PostgreSQL, and infinity in DuckDB"
_CASE = "which letters have another case is up to the language of a database in PostgreSQL"

_RULES = (
    # Comparing
    same(_EQUALITIES, "number number", "boolean"),
    same(_EQUALITIES, "string string", "boolean"),
    same(_EQUALITIES, "moment moment", "boolean"),
    same(_EQUALITIES, "boolean boolean", "boolean"),
    same(_EQUALITIES, "uuid uuid", "boolean"),
    same(_COMPARISONS, "number number", "boolean"),
    same(_COMPARISONS, "moment moment", "boolean"),
    same(("Between",), "number number number", "boolean"),
    same(("Between",), "moment moment moment", "boolean"),
    Rule(
        " ".join((*_COMPARISONS, "Between")), "string...", refuse=_BY_LANGUAGE, differs=_BY_LANGUAGE
    ),
    Rule("Ordered", "text", refuse=_BY_LANGUAGE, differs=_BY_LANGUAGE),
    same(("Ordered",), "number|boolean|date|timestamp|uuid|null", "word"),
    same(("Is",), f"{_VALUES}|json|bytes|list|time|interval|numeric null", "boolean"),
    same(("Is",), "boolean boolean", "boolean"),
    same(("And", "Or"), "boolean boolean", "boolean"),
    same(("Not",), "boolean", "boolean"),
    same(("Like",), "string plain", "boolean"),
    same(("Like",), "string null", "boolean"),
    # Numbers
    same(("Add", "Sub", "Mul"), "whole whole", "whole"),
    same(("Add", "Sub", "Mul"), "exact exact", "common"),
    *(
        Rule(name, "number number", "double", write=_RANGE % (sign, sign), differs=_INFINITY)
        for name, sign in (("Add", "+"), ("Sub", "-"), ("Mul", "*"))
    ),
    same(("Neg", "Abs"), "number", "0"),
    Rule("Div", "whole nonzero-whole", "whole", write="{0} // {1}", differs=_WHOLE),
    Rule(
        "Div", "whole whole", "whole", write=_BY_ZERO % "{0} // {1}", differs=f"{_WHOLE}; {_ZERO}"
    ),
    Rule(
        "Div",
        "exact exact",
        "numeric",
        write=_BY_ZERO % "CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE)",
        differs=_DIGITS,
    ),
    Rule(
        "Div",
        "number number",
        "double",
        write=_BY_ZERO % "CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE)",
        differs=_ZERO,
    ),
    Rule("Mod", "whole nonzero-whole", "0"),
    Rule("Mod", "whole whole", "0", write=_BY_ZERO.replace("%s", "{0} % {1}"), differs=_ZERO),
    Rule("Round", "decimal", "decimal"),
    Rule("Round", "decimal positive", "decimal"),
    Rule(
        "Round",
        "double",
        "double",
        write="ROUND_EVEN({0}, 0)",
        differs="halves go to the even number in PostgreSQL, and away from zero in DuckDB",
    ),
    Rule("Round", "numeric positive", refuse=_DIGITS),
    Rule("Floor Ceil", "decimal|double", "0"),
    # Aggregates
    same(("Count",), "*", "whole"),
    same(("Count",), _VALUES, "whole"),
    Rule("Sum", "whole|huge", "huge"),
    same(("Sum",), "decimal|double", "0"),
    Rule("Avg", "exact", "numeric", differs=_DIGITS),
    same(("Avg",), "double", "double"),
    same(("Min", "Max"), "number|date|timestamp", "0"),
    Rule("Min Max", "text", refuse=_BY_LANGUAGE, differs=_BY_LANGUAGE),
    Rule("Stddev StddevSamp StddevPop Variance VariancePop", "exact", refuse=_DIGITS),
    same(("LogicalAnd", "LogicalOr"), "boolean", "boolean"),
    same(("Grouping",), f"{_VALUES}...", "whole"),
    Rule("GroupConcat", "ordered plain", "text"),
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
    Rule("StrPosition", "string plain", "whole"),
    Rule("SplitPart", "string plain positive", "text"),
    Rule("Replace", "string plain string", "text"),
    Rule("Trim", "string", "text"),
    Rule("MD5", "string", "text"),
    Rule("Reverse", "string", refuse="DuckDB keeps what is seen as one letter together"),
    Rule("Upper Lower", "string", refuse=_CASE, differs=_CASE),
    # Dates
    Rule("Extract", "YEAR|MONTH|DAY|QUARTER|DOY|WEEK|ISOYEAR|DOW|ISODOW moment", "decimal"),
    Rule("Extract", "HOUR|MINUTE timestamp", "decimal"),
    Rule("TimestampTrunc", "timestamp YEAR|QUARTER|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND", "timestamp"),
    Rule(
        "TimestampTrunc",
        "date YEAR|QUARTER|MONTH|WEEK|DAY",
        refuse="date_trunc of a DATE gives an instant in PostgreSQL: CAST(... AS TIMESTAMP) before",
    ),
    same(("Add", "Sub"), "moment interval", "timestamp"),
    Rule("Add", "interval moment", "timestamp"),
    same(("Add", "Sub"), "date whole", "date"),
    same(("Sub",), "date date", "whole"),
    # Types
    same(("Cast",), "exact SMALLINT|INT|BIGINT", "whole"),
    same(("Cast",), "double SMALLINT|INT|BIGINT", "whole"),
    same(("Cast",), "boolean INT", "whole"),
    same(("Cast",), "exact DECIMAL", "decimal"),
    same(("Cast",), "exact|double DOUBLE", "double"),
    Rule("Cast", "numeric DOUBLE", "double", write="{0}"),
    Rule("Cast", "whole|huge NUMERIC", "huge", write="CAST({0} AS HUGEINT)"),
    Rule("Cast", "decimal NUMERIC", "decimal", write="{0}"),
    Rule("Cast", "double|string NUMERIC", refuse=_DIGITS),
    same(("Cast",), "date DATE", "date"),
    same(("Cast",), "timestamp DATE", "date"),
    same(("Cast",), "date|timestamp TIMESTAMP", "timestamp"),
    same(("Cast",), "iso-date DATE", "date"),
    same(("Cast",), "iso-timestamp TIMESTAMP", "timestamp"),
    same(("Cast",), "digits SMALLINT|INT|BIGINT|DOUBLE", "1"),
    Rule("Cast", "string VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "whole|huge|boolean VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    same(("Cast",), "boolean BOOLEAN", "boolean"),
    Rule(
        "Cast",
        "string SMALLINT|INT|BIGINT|DOUBLE|DECIMAL|DATE|TIMESTAMP",
        refuse="texts are read by other rules there",
    ),
)

PAIR = Pair(
    origin="postgres",
    target="duckdb",
    rules=_RULES,
    exponents_are_double=False,
    orders_results=False,
    folds=True,
    cuts_texts=True,
    misread={"date_part": "date_part gives a DOUBLE PRECISION: EXTRACT(... FROM ...) is exact"},
)
