"""SQLite's SQL on DuckDB."""

from __future__ import annotations

from seeknal.sql.translating.pairs.plain import (
    BY_BYTES,
    BY_DOUBLES,
    LONG,
    NULL_AMONG,
    NULL_BY_ZERO,
    PLAIN,
    SUBSTRINGS,
)
from seeknal.sql.translating.rules import Pair, Rule
from seeknal.sql.translating.unnamed import by_text

_WHOLE = "/ divides whole numbers to a whole number in SQLite, and gives NULL by 0"
_LETTERS = "only the letters a to z have another case in SQLite"
_BLANKS = "every kind of space is cut off in DuckDB, and only blanks in SQLite"
_A_TO_Z = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'"
_SMALL = f"TRANSLATE(%s, {_A_TO_Z})"
_LARGE = "TRANSLATE(%s, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')"

_RULES = (
    Rule(
        "Like",
        "string string",
        "boolean",
        write=f"{_SMALL % '{0}'} LIKE {_SMALL % '{1}'}",
        differs="LIKE takes a for A in SQLite, and not in DuckDB",
    ),
    *(
        Rule(
            "LikeEscape",
            f"string string '{sign}'",
            "boolean",
            write=f"{_SMALL % '{0}'} LIKE {_SMALL % '{1}'} ESCAPE '{sign}'",
            differs="LIKE takes a for A in SQLite, and not in DuckDB",
        )
        for sign in ("\\", "!", "^", "#", "/")
    ),
    Rule("Lower", "string", "text", write=_SMALL % "{0}", differs=_LETTERS),
    Rule("Upper", "string", "text", write=_LARGE % "{0}", differs=_LETTERS),
    Rule("Trim", "string", "text", write="TRIM({0}, ' ')", differs=_BLANKS),
    Rule("LTrim", "string", "text", write="LTRIM({0}, ' ')", differs=_BLANKS),
    Rule("RTrim", "string", "text", write="RTRIM({0}, ' ')", differs=_BLANKS),
    Rule("Trim LTrim RTrim", "string string", "text"),
    Rule("Replace", "string string string", "text"),
    Rule("StrPosition", "string string", "whole"),
    Rule("Substring", "string nonzero-whole", "text"),
    Rule("DPipe", "string|whole string|whole", "text"),
    Rule("Unicode", "string", "whole", write="CASE WHEN {0} <> '' THEN UNICODE({0}) END"),
    Rule("BitwiseAnd BitwiseOr", "whole whole", "whole"),
    Rule("BitwiseNot", "whole", "whole"),
    Rule("Sign", "whole|double", "whole"),
    Rule("Values Recursive", "query", "rows"),
    *NULL_AMONG,
    Rule("Add Sub Mul", "double double", "double"),
    Rule("Add Sub Mul", "whole double", "double"),
    Rule("Add Sub Mul", "double whole", "double"),
    Rule("Div", "whole whole", "whole", write=NULL_BY_ZERO % "{0} // {1}", differs=_WHOLE),
    Rule(
        "Div",
        "whole|double whole|double",
        "double",
        write=NULL_BY_ZERO % BY_DOUBLES,
        differs="by 0 it is NULL in SQLite, and infinite in DuckDB",
    ),
    Rule("Mod", "whole whole", "0", write=NULL_BY_ZERO % "{0} % {1}", differs=_WHOLE),
    Rule("Avg", "whole|double", "double"),
    Rule("Sum", "double", "0"),
    Rule("Length", "text", "whole"),
    Rule("DPipe", "string string", "text"),
    Rule("Cast", "string VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    Rule("Cast", "whole VARCHAR|TEXT", "text", write="CAST({0} AS TEXT)"),
    *SUBSTRINGS,
    *BY_BYTES,
    *LONG,
    *PLAIN,
)

PAIR = Pair(
    origin="sqlite",
    target="duckdb",
    rules=_RULES,
    unnamed=by_text,
    mixes_groups=True,
    orders_results=False,
    merged_first=False,
)
