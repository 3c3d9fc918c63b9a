"""What means the same in every dialect that is known: numbers, dates and truth, without texts."""

from __future__ import annotations

from seeknal.sql.translating.rules import Rule, same

VALUES = "number|string|date|timestamp|boolean"
EQUALITIES = ("EQ", "NEQ", "NullSafeEQ", "NullSafeNEQ")
COMPARISONS = ("LT", "LTE", "GT", "GTE")
BY_ZERO = (
    "CASE WHEN {1} = 0 AND {0} IS NOT NULL THEN CAST('division by zero' AS TINYINT) ELSE %s END"
)
"""In DuckDB's SQL: an error where the other dialect has one."""

LONG = tuple(
    Rule(
        name,
        "whole whole",
        "whole",
        write=f"CAST({{0}} AS BIGINT) {sign} {{1}}",
        differs="whole numbers have 64 bits there, whatever their literals are",
    )
    for name, sign in (("Add", "+"), ("Sub", "-"), ("Mul", "*"))
)
"""For dialects of which every whole number has 64 bits."""

PLAIN = (
    same(EQUALITIES, "number number", "boolean"),
    same(EQUALITIES, "moment moment", "boolean"),
    same(EQUALITIES, "boolean boolean", "boolean"),
    same(COMPARISONS, "number number", "boolean"),
    same(COMPARISONS, "moment moment", "boolean"),
    same(("Between",), "number number number", "boolean"),
    same(("Between",), "moment moment moment", "boolean"),
    same(("Ordered",), "number|boolean|date|timestamp|null", "word"),
    same(("Is",), f"{VALUES}|list|json|interval|numeric null", "boolean"),
    same(("And", "Or"), "boolean boolean", "boolean"),
    same(("Not",), "boolean", "boolean"),
    same(("Add", "Sub", "Mul"), "whole whole", "whole"),
    same(("Neg", "Abs"), "number", "0"),
    same(("Count",), "*", "whole"),
    same(("Count",), VALUES, "whole"),
    Rule("Sum", "whole|huge", "huge"),
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
    Rule("Cast", "numeric DOUBLE", "double", write="{0}"),
    same(("Cast",), "date DATE", "date"),
    same(("Cast",), "iso-date DATE", "date"),
    same(("Cast",), "digits SMALLINT|INT|BIGINT|DOUBLE", "1"),
)
