"""Division of PostgreSQL's NUMERIC in DuckDB's SQL, with the digits that PostgreSQL keeps."""

from __future__ import annotations

from seeknal.sql.translating.kinds import QUOTIENT
from seeknal.sql.translating.pairs.plain import BY_DOUBLES, BY_ZERO
from seeknal.sql.translating.rules import Rule, same

_SCALE = "COALESCE(TRY_CAST(REGEXP_EXTRACT(TYPEOF(v), ',([0-9]+)', 1) AS INT), 0)"
_NONE = "CAST('a quotient of so many digits has no counterpart there' AS TINYINT)"


def _ten_to(power: str) -> str:
    return f"CAST('1' || REPEAT('0', CAST({power} AS BIGINT)) AS HUGEINT)"


_WHOLE = f"LAMBDA v: [CAST(v * {_ten_to(_SCALE)} AS HUGEINT), {_SCALE}]"
# PostgreSQL counts in digits of 10000: how many there are is what the scale depends on.
_LENGTH = "LAMBDA w: [w[1], w[2], LENGTH(CAST(ABS(w[1]) AS TEXT)) + 11 - w[2]]"
_LETTERS = "CAST(e[3] % 4 + 1 AS INT)"
_FIRST = f"CAST(RPAD(LEFT(CAST(ABS(e[1]) AS TEXT), {_LETTERS}), {_LETTERS}, '0') AS INT)"
_DIGITS = f"LAMBDA e: [e[1], e[2], e[3] // 4, {_FIRST}]"
_KEPT = (
    "LAMBDA q: [q[1][1], q[2][1], q[1][2], q[2][2],"
    " 16 - 4 * (q[1][3] - q[2][3] - CASE WHEN q[1][4] <= q[2][4] THEN 1 ELSE 0 END)]"
)
_ROUNDED = (
    "CASE WHEN (r[1] < 0) <> (r[2] < 0) THEN -1 ELSE 1 END"
    f" * ((ABS(r[1]) * {_ten_to('r[5] + r[4] - r[3]')} + ABS(r[2]) // 2) // ABS(r[2]))"
)
_QUOTIENT = (
    "LAMBDA r: CASE WHEN r[2] = 0 AND r[1] IS NOT NULL THEN CAST('division by zero' AS TINYINT)"
    " WHEN r[1] = 0 AND r[2] IS NOT NULL THEN 0"
    f" WHEN GREATEST(r[3], r[4]) > LEAST(r[5], 12) OR r[5] > 24 THEN {_NONE}"
    f" ELSE CAST({_ROUNDED} * {_ten_to('24 - r[5]')} AS DECIMAL(38, 0))"
    " * CAST('0.000000000000000000000001' AS DECIMAL(25, 24)) END"
)


def _counted(number: str) -> str:
    """A number as a whole one, its scale, and how it begins in digits of 10000."""
    steps = f"[{number}]"
    for step in (_WHOLE, _LENGTH, _DIGITS):
        # Each alone: in one list, the one would lose digits for the other.
        steps = f"LIST_TRANSFORM({steps}, {step})"
    return f"{steps}[1]"


def _divided(dividend: str, divisor: str) -> str:
    both = f"[{_counted(dividend)}, {_counted(divisor)}]"
    return f"LIST_TRANSFORM(LIST_TRANSFORM([{both}], {_KEPT}), {_QUOTIENT})[1]"


_DIFFERS = "PostgreSQL keeps 16 digits and more of a quotient, DuckDB makes it a DOUBLE"

_SHORT = f"whole|huge|constant|{QUOTIENT}"

QUOTIENTS = (
    Rule("Div", "exact exact", QUOTIENT, write=_divided("{0}", "{1}"), differs=_DIFFERS),
    Rule("Avg", "exact", QUOTIENT, write=_divided("SUM({0})", "COUNT({0})"), differs=_DIFFERS),
    Rule("DivDouble", "whole whole", "double", write=f"CAST({BY_ZERO % '{0} // {1}'} AS DOUBLE)"),
    Rule("DivDouble", "number number", "double", write=BY_ZERO % BY_DOUBLES),
    Rule("AvgDouble", "number", "double", write="AVG({0})"),
    same(("EQ", "NEQ", "LT", "LTE", "GT", "GTE"), f"{QUOTIENT} exact|{QUOTIENT}", "boolean"),
    same(("EQ", "NEQ", "LT", "LTE", "GT", "GTE"), f"exact {QUOTIENT}", "boolean"),
    same(("Between",), f"{QUOTIENT} exact|{QUOTIENT} exact|{QUOTIENT}", "boolean"),
    same(("Between",), f"exact exact|{QUOTIENT} exact|{QUOTIENT}", "boolean"),
    same(("Ordered",), QUOTIENT, "word"),
    same(("Is",), f"{QUOTIENT} null", "boolean"),
    Rule("Coalesce", f"{QUOTIENT} {_SHORT}", QUOTIENT),
    Rule("Nullif", f"{QUOTIENT} exact", QUOTIENT),
    Rule("Neg Abs", QUOTIENT, QUOTIENT),
    same(("Add", "Sub"), f"{QUOTIENT} exact|{QUOTIENT}", QUOTIENT),
    same(("Add", "Sub", "Mul"), f"exact {QUOTIENT}", QUOTIENT),
    same(("Mul",), f"{QUOTIENT} exact", QUOTIENT),
    *(
        # With room for more digits it would take those of what it is mixed with.
        Rule(
            "Round",
            f"{QUOTIENT} {n}",
            f"decimal({15 + n},{n})",
            write=f"CAST(ROUND({{0}}, {n}) AS DECIMAL({15 + n}, {n}))",
        )
        for n in range(13)
    ),
    *(
        Rule(
            name,
            QUOTIENT,
            "decimal(15,0)",
            write=f"CAST({name.upper()}({{0}}) AS DECIMAL(15, 0))",
        )
        for name in ("Round", "Floor", "Ceil")
    ),
    same(("Cast",), f"{QUOTIENT} DECIMAL", "decimal"),
    same(("Cast",), f"{QUOTIENT} SMALLINT|INT", "whole"),
    same(("Cast",), f"{QUOTIENT} BIGINT", "long"),
    same(("Cast",), f"{QUOTIENT} DOUBLE", "double"),
    same(("Lag", "Lead"), QUOTIENT, QUOTIENT),
    same(("Min", "Max", "FirstValue", "LastValue"), QUOTIENT, QUOTIENT),
    same(("Count",), QUOTIENT, "long"),
)
"""NUMERICs that came of a division: 24 digits after the point are kept, and what has more of them
is an error."""
