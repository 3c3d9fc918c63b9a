"""What differs between these dialects and DuckDB's."""

from __future__ import annotations

from attrs import evolve
from sqlglot.dialects.trino import Trino

from seeknal.plugin import ALIKE_RULES, DialectRule, DialectTable

WHOLE = "/ divides whole numbers to a whole number in Trino"
BY_ZERO = "CASE WHEN {1} = 0 AND {0} IS NOT NULL THEN CAST('by zero' AS TINYINT) ELSE %s END"


class Ledger(Trino):
    """Of this dialect sqlglot knows nothing: the table brings it."""


FROM_TRINO = DialectTable(
    origin="trino",
    target="duckdb",
    rules=(
        DialectRule("Div", "whole whole", "whole", write=BY_ZERO % "{0} // {1}", differs=WHOLE),
        DialectRule("Upper Lower", "string", refuse="Trino makes two letters of some"),
        DialectRule("Avg", "whole", "numeric"),
        DialectRule("TimeToStr", "moment time-format", "text", write="STRFTIME({0}, {1})"),
        DialectRule("StrToTime", "string time-format", "timestamp", write="STRPTIME({0}, {1})"),
        DialectRule("Cast", "numeric DOUBLE", "double", write="{0}"),
        DialectRule("Values Recursive", "query", "rows"),
        *ALIKE_RULES,
    ),
    orders_results=False,
)
TO_TRINO = DialectTable(
    origin="duckdb",
    target="trino",
    rules=(
        DialectRule(
            "Div",
            "whole nonzero-whole",
            "double",
            write="CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE)",
            differs=WHOLE,
        ),
        DialectRule("Upper Lower", "string", refuse="Trino makes two letters of some"),
        *ALIKE_RULES,
    ),
)
FROM_LEDGER = evolve(FROM_TRINO, origin="ledger")
