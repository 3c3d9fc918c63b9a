"""PostgreSQL's SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.plain import (
    BY_DOUBLES,
    BY_ZERO,
    COMPARISONS,
    EQUALITIES,
    FULLER,
    REST,
    ROWS,
    VALUES,
    WINDOWS,
)
from seeknal.sql.translating.rules import Pair, Rule, same

_VALUES = f"{VALUES}|uuid"
_BY_LANGUAGE = "texts are in the order of a database's language in PostgreSQL"
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
_CASE = "which letters have another case is up to the language of a database in PostgreSQL"

_RULES = (
    Rule("Ordered", "text", refuse=_BY_LANGUAGE, differs=_BY_LANGUAGE),
    *FULLER,
    # Comparing
    same(EQUALITIES, "uuid uuid", "boolean"),
    Rule(
        " ".join((*COMPARISONS, "Between")), "string...", refuse=_BY_LANGUAGE, differs=_BY_LANGUAGE
    ),
    same(("Ordered",), "number|boolean|date|timestamp|uuid|null", "word"),
    same(("Is",), f"{_VALUES}|json|bytes|list|time|interval|numeric null", "boolean"),
    same(("Like",), "string plain", "boolean"),
    # Numbers
    same(("Add", "Sub", "Mul"), "exact exact", "common"),
    *(
        Rule(name, "number number", "double", write=_RANGE % (sign, sign), differs=_INFINITY)
        for name, sign in (("Add", "+"), ("Sub", "-"), ("Mul", "*"))
    ),
    Rule("Div", "whole nonzero-whole", "whole", write="{0} // {1}", differs=_WHOLE),
    Rule("Div", "whole whole", "whole", write=BY_ZERO % "{0} // {1}", differs=f"{_WHOLE}; {_ZERO}"),
    Rule("Div", "exact exact", "numeric", write=BY_ZERO % BY_DOUBLES, differs=_DIGITS),
    Rule("Div", "number number", "double", write=BY_ZERO % BY_DOUBLES, differs=_ZERO),
    Rule("Mod", "whole nonzero-whole", "0"),
    Rule("Mod", "whole whole", "0", write=BY_ZERO % "{0} % {1}", differs=_ZERO),
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
    same(("Count",), _VALUES, "whole"),
    Rule("Sum", "whole|huge", "huge"),
    Rule("Avg", "exact", "numeric", differs=_DIGITS),
    Rule("Min Max", "text", refuse=_BY_LANGUAGE, differs=_BY_LANGUAGE),
    Rule("Stddev StddevSamp StddevPop Variance VariancePop", "exact", refuse=_DIGITS),
    same(("Grouping",), f"{_VALUES}...", "whole"),
    Rule("GroupConcat", "ordered plain", "text"),
    # Windows
    same(("Lag", "Lead"), _VALUES, "0"),
    same(("Lag", "Lead"), f"{_VALUES} positive", "0"),
    same(("FirstValue", "LastValue"), _VALUES, "0"),
    # Texts
    Rule("StrPosition", "string plain", "whole"),
    Rule("SplitPart", "string plain positive", "text"),
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
    Rule("Sub", "date date", "whole", write="CAST({0} - {1} AS INT)"),
    # Types
    same(("Cast",), "exact SMALLINT|INT|BIGINT", "whole"),
    same(("Cast",), "double SMALLINT|INT|BIGINT", "whole"),
    same(("Cast",), "boolean INT", "whole"),
    Rule("Cast", "whole|huge NUMERIC", "huge", write="CAST({0} AS HUGEINT)"),
    Rule("Cast", "decimal NUMERIC", "decimal", write="{0}"),
    Rule("Cast", "double|string NUMERIC", refuse=_DIGITS),
    Rule("Cast", "numeric DOUBLE", "double", write="{0}"),
    Rule("Cast", "string VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "whole|huge|boolean VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    # Rows
    *(Rule("Array", f"{kind}...", "list of common") for kind in ("number", "string", "boolean")),
    *(Rule("Array", f"{kind}...", "list of common") for kind in ("date", "timestamp")),
    Rule("Series", "whole whole", "whole"),
    Rule("Series", "whole whole nonzero-whole", "whole"),
    Rule("Series", "timestamp timestamp interval", "timestamp"),
    Rule("Series", "date date interval", "series", differs=_SERIES),
    same(("Cast",), "series DATE", "date"),
    *ROWS,
    *WINDOWS,
    *REST,
)

PAIR = Pair(
    origin="postgres",
    target="duckdb",
    rules=_RULES,
    exponents_are_double=False,
    orders_results=False,
    folds=True,
    names_elements=True,
    cuts_texts=True,
    misread={"date_part": "date_part gives a DOUBLE PRECISION: EXTRACT(... FROM ...) is exact"},
)
