"""DuckDB's SQL on StarRocks 3.2 and later, as its documentation has it.

There is no server to ask: what docs.starrocks.io does not say for sure is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from seeknal.sql.translating.pairs.clock import TODAY
from seeknal.sql.translating.pairs.from_duckdb import COUNT_IF
from seeknal.sql.translating.pairs.plain import BY_BYTES, EQUALITIES, SUBSTRINGS, VALUES
from seeknal.sql.translating.rules import Pair, Rule, same

_MOMENT = "CAST({0} AS DATETIME)"
_ZERO = (
    "by 0 it is infinite or no number in DuckDB, and NULL in StarRocks:"
    " divide by nullif(..., 0), which is NULL in both"
)
_NO_ROOM = "what has no room in it is NULL in StarRocks, and an error in DuckDB"
_WHOLE_SUM = "SUM(CAST({0} AS DECIMAL(38, 0)))"
_WIDE = "CAST({0} AS DECIMAL(38, 0)) %s {1}"
_WRAPS = "a BIGINT that grows too large is an error in DuckDB, and another number in StarRocks"
_CROSSED = "date_diff counts the boundaries that are crossed, and StarRocks' whole units"
_BETWEEN = "how its last digit is rounded between two values is not said of StarRocks"
_SPAN = "a DATE and an INTERVAL give a TIMESTAMP in DuckDB"
_YEARS = "(YEAR({0}) - YEAR({1}))"
_DAYS = "DATEDIFF({0}, {1})"
_HOURS = f"{_DAYS} * 24 + HOUR({_MOMENT}) - HOUR({_MOMENT.replace('0', '1')})"
_NULLS = "COALESCE(%s({0}, {1}), {0}, {1})"

# Both lists of ARRAY_MAP need as many elements, and are an error where they have not: months after
# the 28th are counted from the day before by DuckDB, and from the first day by this.
_MONTHS_ON = (
    "ARRAY_MAP((seeknal_i, seeknal_j) -> ADD_MONTHS(CAST({0} AS DATETIME), CAST(seeknal_i AS INT)),"
    " ARRAY_GENERATE(0, %(far)s, %(step)s),"
    " ARRAY_GENERATE(0, %(far)s + CASE WHEN DAY({0}) > 28 THEN %(step)s ELSE 0 END, %(step)s))"
)
_TIMES_ON = (
    "ARRAY_MAP(seeknal_i -> %(add)s(CAST({0} AS DATETIME), CAST(seeknal_i AS INT)),"
    " ARRAY_GENERATE(0, %(far)s, %(step)s))"
)
_UP_TO = "ARRAY_FILTER(%s, seeknal_t -> seeknal_t <= CAST({1} AS DATETIME))"
_FAR = {
    "MONTH": "(YEAR({1}) - YEAR({0})) * 12 + MONTH({1}) - MONTH({0})",
    "DAY": "DATEDIFF({1}, {0})",
    "HOUR": "DATEDIFF({1}, {0}) * 24 + HOUR(CAST({1} AS DATETIME)) - HOUR(CAST({0} AS DATETIME))",
}
_STEPS = {
    "YEAR": ("MONTH", "{n2} * 12", _MONTHS_ON),
    "QUARTER": ("MONTH", "{n2} * 3", _MONTHS_ON),
    "MONTH": ("MONTH", "{n2}", _MONTHS_ON),
    "WEEK": ("DAY", "{n2} * 7", _TIMES_ON),
    "DAY": ("DAY", "{n2}", _TIMES_ON),
    "HOUR": ("HOUR", "{n2}", _TIMES_ON),
}
_SPANS = {
    "YEAR": "ADD_MONTHS(%s, %s{n1} * 12)",
    "MONTH": "ADD_MONTHS(%s, %s{n1})",
    "WEEK": "DAYS_ADD(%s, %s{n1} * 7)",
    "DAY": "DAYS_ADD(%s, %s{n1})",
    "HOUR": "HOURS_ADD(%s, %s{n1})",
    "MINUTE": "MINUTES_ADD(%s, %s{n1})",
    "SECOND": "SECONDS_ADD(%s, %s{n1})",
}


def _series() -> Iterator[Rule]:
    """Lists of times in equal steps."""
    for unit, (of, step, made) in _STEPS.items():
        parts = {"far": f"GREATEST({_FAR[of]}, 0)", "step": step, "add": f"{of}S_ADD"}
        yield Rule(
            "GenerateSeries",
            f"moment moment positive-{unit}",
            "list of timestamp",
            write=_UP_TO % (made % parts),
            differs="lists of times are made of numbers; months after the 28th are an error",
        )


def _spans() -> Iterator[Rule]:
    """Moments and spans of time."""
    for unit, write in _SPANS.items():
        for name, sign in (("Add", ""), ("Sub", "-")):
            of_date, of_moment = (write % (moment, sign) for moment in (_MOMENT, "{0}"))
            yield Rule(name, f"date {unit}", "timestamp", write=of_date, differs=_SPAN)
            yield Rule(name, f"timestamp {unit}", "timestamp", write=of_moment)


def _begins() -> Iterator[Rule]:
    """The begins of periods."""
    units = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
    for unit in units:
        for kind, moment in (("date", _MOMENT), ("timestamp", "{0}")):
            write = f"DATE_TRUNC('{unit.lower()}', {moment})"
            yield Rule("TimestampTrunc DateTrunc", f"{kind} {unit}", "timestamp", write=write)
            write = write.replace("{0}", "{1}")
            yield Rule("DateTrunc", f"{unit} {kind}", "timestamp", write=write)


def _parts() -> Iterator[Rule]:
    """Parts of dates and times."""
    functions = {
        **{name: f"{name}({{0}})" for name in ("YEAR", "MONTH", "DAY", "QUARTER")},
        **{"DOY": "DAYOFYEAR({0})", "DAYOFYEAR": "DAYOFYEAR({0})", "WEEK": "WEEK_ISO({0})"},
        **{"DOW": "DAYOFWEEK({0}) - 1", "ISODOW": "(DAYOFWEEK({0}) + 5) % 7 + 1"},
    }
    for unit, write in functions.items():
        differs = "Sunday is 0 in DuckDB, and 1 in StarRocks" if unit == "DOW" else ""
        yield Rule(
            "Extract",
            f"{unit} moment",
            "whole",
            write=write.replace("{0}", "{1}"),
            differs=differs,
        )
    for unit in ("HOUR", "MINUTE", "SECOND"):
        yield Rule("Extract", f"{unit} timestamp", "whole", write=f"{unit}({{1}})")
    yield Rule("Year Month Day Quarter DayOfMonth DayOfYear", "moment", "whole")
    yield Rule("DayOfWeek", "moment", "whole", write=functions["DOW"])
    yield Rule("DayOfWeekIso", "moment", "whole", write=functions["ISODOW"])
    yield Rule("WeekOfYear", "moment", "whole", write=functions["WEEK"])


def _between() -> Iterator[Rule]:
    """How many boundaries lie between two moments."""
    counts = {
        "DAY": _DAYS,
        "HOUR": _HOURS,
        "MONTH": f"{_YEARS} * 12 + MONTH({{0}}) - MONTH({{1}})",
        "QUARTER": f"{_YEARS} * 4 + QUARTER({{0}}) - QUARTER({{1}})",
        "YEAR": _YEARS,
    }
    for unit, write in counts.items():
        yield Rule("DateDiff", f"moment moment {unit}", "whole", write=write, differs=_CROSSED)


def _texts() -> Iterator[Rule]:
    """Texts."""
    yield Rule("Length", "string", "whole", write="CHAR_LENGTH({0})", differs="it counts bytes")
    for takes in ("string string", "string whole", "whole string"):
        parts = [
            f"CAST({{{at}}} AS STRING)" if kind == "whole" else f"{{{at}}}"
            for at, kind in enumerate(takes.split())
        ]
        yield Rule("DPipe", takes, "text", write=f"CONCAT({', '.join(parts)})")
    yield Rule("Contains", "string plain", "boolean", write="LOCATE({1}, {0}) > 0")
    yield Rule("StrPosition", "string plain", "whole", write="LOCATE({1}, {0})")
    yield Rule("StartsWith", "string plain", "boolean", write="STARTS_WITH({0}, {1})")
    yield Rule("Left Right", "string positive", "text")
    yield Rule("Replace", "string plain string", "text")
    yield from SUBSTRINGS


def _casts() -> Iterator[Rule]:
    """A value as another type."""
    yield Rule("Cast", "whole BIGINT", "long")
    yield Rule("Cast", "long SMALLINT|INT", refuse=_NO_ROOM)
    yield Rule("Cast", "whole INT", "whole")
    yield Rule("Cast", "number SMALLINT|INT|BIGINT|DECIMAL|INT128", refuse=_NO_ROOM)
    yield Rule("Cast", "number DOUBLE", "double")
    yield Rule("Cast", "boolean SMALLINT|INT|BIGINT", "whole")
    yield Rule("Cast", "boolean BOOLEAN", "boolean")
    yield Rule("Cast", "moment DATE", "date")
    yield Rule("Cast", "moment TIMESTAMP", "timestamp")
    yield Rule("Cast", "iso-date DATE", "date")
    yield Rule("Cast", "iso-timestamp TIMESTAMP", "timestamp")
    yield Rule("Cast", "digits INT|BIGINT|DOUBLE", "1")
    yield Rule("Cast", "string VARCHAR|TEXT", "text", write="CAST({0} AS STRING)")
    yield Rule("Cast", "whole|date VARCHAR|TEXT", "text", write="CAST({0} AS STRING)")
    yield Rule(
        "Cast",
        "boolean VARCHAR|TEXT",
        "text",
        write="CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' END",
        differs="a BOOLEAN is 1 or 0 as a text in StarRocks",
    )
    yield Rule(
        "Cast",
        "string SMALLINT|INT|BIGINT|DOUBLE|DECIMAL|DATE|TIMESTAMP|BOOLEAN",
        refuse="a text that is no such value is NULL in StarRocks, and an error in DuckDB",
    )


def _chosen() -> Iterator[Rule]:
    """The first that is known, the larger, NULL for a value."""
    kinds = ("number", "string", "date", "timestamp", "boolean")
    for kind, gives in zip(kinds, ("common", "text", *kinds[2:]), strict=True):
        yield Rule("Coalesce", f"{kind}...", gives)
        yield Rule("Nullif", f"{kind} {kind}", "0")
    for kind, gives in (("number", "common"), ("date", "date"), ("timestamp", "timestamp")):
        for name in ("Greatest", "Least"):
            yield Rule(
                name,
                f"{kind} {kind}",
                gives,
                write=_NULLS % name.upper(),
                differs="beside NULL it is NULL in StarRocks, and the other value in DuckDB",
            )


_SIGNS = {
    **{"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="},
    **{"NullSafeEQ": "<=>", "Add": "+", "Sub": "-", "Mul": "*"},
}


def _doubles() -> Iterator[Rule]:
    """DOUBLEs beside exact numbers, which are DOUBLEs then."""
    exact, differs = "CAST({%s} AS DOUBLE)", "of which type the two are is not said of StarRocks"
    for name, sign in _SIGNS.items():
        gives = "double" if name in ("Add", "Sub", "Mul") else "boolean"
        first, second = f"{exact % 0} {sign} {{1}}", f"{{0}} {sign} {exact % 1}"
        yield Rule(name, "exact double", gives, write=first, differs=differs)
        yield Rule(name, "double exact", gives, write=second, differs=differs)
    for takes in ("double number number", "number double number", "number number double"):
        write = f"{exact % 0} BETWEEN {exact % 1} AND {exact % 2}"
        yield Rule("Between", takes, "boolean", write=write, differs=differs)


_COMPARED = ("LT", "LTE", "GT", "GTE")

_RULES = (
    # Comparing
    *_doubles(),
    *(
        Rule("NullSafeNEQ", f"{kind} {kind}", "boolean", write="NOT ({0} <=> {1})")
        for kind in ("number", "moment", "boolean", "string")
    ),
    *(
        same(names, f"{kind} {kind}", "boolean")
        for kind in ("number", "moment")
        for names in (EQUALITIES, _COMPARED)
    ),
    same(EQUALITIES, "boolean boolean", "boolean"),
    *(same(("Between",), " ".join([kind] * 3), "boolean") for kind in ("number", "moment")),
    *BY_BYTES,
    same(("Ordered",), f"{VALUES}|null", "word"),
    same(("Is",), f"{VALUES} null", "boolean"),
    Rule(
        "Is",
        "boolean boolean",
        "boolean",
        write="{0} <=> {1}",
        differs="IS TRUE is written <=> TRUE",
    ),
    same(("And", "Or"), "boolean boolean", "boolean"),
    same(("Not",), "boolean", "boolean"),
    same(("Like",), "string null", "boolean"),
    *_chosen(),
    # Numbers
    same(("Double",), "double", "double"),
    *(
        Rule(name, takes, "huge", write=_WIDE % sign, differs=_WRAPS)
        for name, sign in (("Add", "+"), ("Sub", "-"), ("Mul", "*"))
        for takes in ("long whole", "whole long")
    ),
    same(("Add", "Sub", "Mul"), "whole whole", "long"),
    same(("Add", "Sub", "Mul"), "number number", "common"),
    Rule(
        "Div",
        "number nonzero",
        "double",
        write="CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE)",
        differs="a quotient of DECIMALs is one in StarRocks, and a DOUBLE in DuckDB",
    ),
    Rule("Div", "number number", refuse=_ZERO),
    Rule("Mod", "whole nonzero-whole", "0"),
    Rule(
        "IntDiv Mod",
        "number number",
        refuse="by 0 it is NULL in some versions of DuckDB, and in StarRocks; how the quotient of"
        " numbers below 0 is rounded is not said",
    ),
    Rule("Neg Abs", "whole|huge|decimal|double", "0"),
    Rule(
        "Round Floor Ceil",
        "number...",
        refuse="how halves are rounded is not said, and of a DOUBLE it is a BIGINT in StarRocks",
    ),
    # Aggregates
    same(("Count",), f"*|{VALUES}", "long"),
    COUNT_IF,
    same(("Sum",), "huge|decimal|double", "0"),
    Rule(
        "Sum",
        "whole",
        "huge",
        write=_WHOLE_SUM,
        differs="a sum of whole numbers is a HUGEINT in DuckDB, and a BIGINT in StarRocks",
    ),
    Rule(
        "Avg",
        "whole",
        "double",
        write=f"CAST({_WHOLE_SUM} AS DOUBLE) / COUNT({{0}})",
        differs="it is counted in DOUBLEs in StarRocks",
    ),
    Rule(
        "Avg",
        "huge|decimal",
        "double",
        write="CAST(SUM({0}) AS DOUBLE) / COUNT({0})",
        differs="of DECIMALs it is one in StarRocks",
    ),
    same(("Avg",), "double", "double"),
    same(("Min", "Max"), "number|date|timestamp", "0"),
    *(
        Rule(name, "boolean", "boolean", write=f"{function}(CAST({{0}} AS INT)) = 1")
        for name, function in (("LogicalAnd", "MIN"), ("LogicalOr", "MAX"))
    ),
    Rule("Median", "whole", "double", write="PERCENTILE_CONT(CAST({0} AS DOUBLE), 0.5)"),
    Rule(
        "PercentileCont",
        "whole dyadic",
        "double",
        write="PERCENTILE_CONT(CAST({0} AS DOUBLE), {1})",
    ),
    Rule("Median", "number", refuse=_BETWEEN),
    Rule("PercentileCont", "number constant", refuse=_BETWEEN),
    Rule(
        "PercentileDisc",
        f"{VALUES} number",
        refuse="between two values it is the larger one in StarRocks, and mostly not in DuckDB",
    ),
    Rule("Grouping", VALUES, "whole"),
    # Windows
    same(("RowNumber", "Rank", "DenseRank"), "", "long"),
    same(("PercentRank", "CumeDist"), "", "double"),
    same(("Ntile",), "positive", "long"),
    same(("Lag", "Lead"), VALUES, "0"),
    same(("Lag", "Lead"), f"{VALUES} positive", "0"),
    *(
        same(("Lag", "Lead"), f"{kind} positive {kind}", "0")
        for kind in ("whole", "double", "string", "date", "timestamp")
    ),
    same(("FirstValue",), VALUES, "0"),
    Rule(
        "LastValue",
        VALUES,
        refuse="whether rows that are equal in order are in its frame is not said:"
        " write first_value in the other order",
    ),
    # Dates
    *TODAY,
    *_begins(),
    *_parts(),
    *_between(),
    *_spans(),
    *_series(),
    Rule("Unnest", "list", "one of 0"),
    Rule("Add", "date positive", "date", write="CAST(DAYS_ADD({0}, {1}) AS DATE)"),
    Rule("Sub", "date positive", "date", write="CAST(DAYS_SUB({0}, {1}) AS DATE)"),
    Rule("Sub", "date date", "whole", write=_DAYS),
    Rule("LastDay", "moment", "date", write="LAST_DAY({0})"),
    *_texts(),
    *_casts(),
)

_JOINED = "is read otherwise by some versions of StarRocks"


def _order_nulls() -> None:
    """StarRocks knows NULLS FIRST and NULLS LAST, which its generator takes for unknown."""
    from sqlglot.dialects.dialect import Dialect

    Dialect.get_or_raise("starrocks").generator_class.NULL_ORDERING_SUPPORTED = True


_order_nulls()

PAIR = Pair(
    origin="duckdb",
    target="starrocks",
    rules=_RULES,
    reuses_names=True,
    decimal="(18, 3)",
    cuts_compared=True,
    orders_in_windows=False,
    ranks_without_order=False,
    knows_totals=False,
    qualifies_by_rank=True,
    filters_plainly=True,
    misread={
        "using": f"USING {_JOINED}: write ON",
        "natural": f"NATURAL JOIN {_JOINED}: write ON",
        "semi": "SEMI JOIN is written otherwise there: write WHERE EXISTS (...)",
        "anti": "ANTI JOIN is written otherwise there: write WHERE NOT EXISTS (...)",
    },
    settings={"time_zone": "UTC", "sql_mode": "ONLY_FULL_GROUP_BY,ERROR_IF_OVERFLOW"},
)
