"""What DuckDB makes of PostgreSQL's own text of a value: exactly that value, or an error.

Eras stand elsewhere in DuckDB's dates, signs and large hours in its intervals.
"""

from __future__ import annotations

from seeknal.plugin import holds, quote_literal

_ERA = r"regexp_replace({}, '^(\S+)(.*) BC$', '\1 (BC)\2')"
_CLOCK = (
    r"regexp_replace(replace({}, '+', ''), '(-?)(\d+):(\d\d):(\d\d(?:\.\d+)?)$',"
    r" '\1\2 hours \1\3 minutes \1\4 seconds')"
)
_RESHAPED = {
    "DATE": _ERA,
    "TIMESTAMP": _ERA,
    "TIMESTAMP WITH TIME ZONE": _ERA,
    "INTERVAL": _CLOCK,
}


def parsed(text: str, type: str, column: str) -> str:
    """The value of ``type`` that PostgreSQL's ``text`` is; an error that shows it when none is."""
    if type == "VARCHAR":
        return text
    if type == "BLOB":
        return f"unhex(substr({text}, 3))"
    if type not in _RESHAPED:
        return f"CAST({text} AS {type})"
    cast = f"TRY_CAST({_RESHAPED[type].format(text)} AS {type})"
    wrong = holds(text, column, f"which no {type} is")
    return f"CASE WHEN {text} IS NOT NULL THEN coalesce({cast}, {wrong}) END"


def is_plain(type: str) -> bool:
    """Whether DuckDB's own cast reads PostgreSQL's text of ``type``."""
    return type not in _RESHAPED and type != "BLOB"


def finite(text: str, made: str, column: str, on_nan: str) -> str:
    """``made`` of a numeric's text that is a number; what ``on_nan`` says of one that is not."""
    special = f"{text} > ':' OR {text} IN ('-inf', '-Infinity')"
    otherwise = "NULL"
    if on_nan != "null":
        said = quote_literal(f"column {column!r} is NaN or infinite in some row: ")
        otherwise = f"error({said} || {text})"
    return f"CASE WHEN {special} THEN {otherwise} ELSE {made} END"
