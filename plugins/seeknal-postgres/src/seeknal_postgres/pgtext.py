"""What DuckDB makes of PostgreSQL's own text of a value: exactly that value, or an error.

Eras stand elsewhere in DuckDB's dates, signs and large hours in its intervals.
"""

from __future__ import annotations

from seeknal.plugin import quote_literal

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
APPROXIMATE = ("FLOAT", "DOUBLE")
_WHOLE = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)
_SHOWN = 80


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


def read_as(text: str, type: str, column: str) -> str:
    """A text that people wrote, as the type that they declare for it, and nothing near to it."""
    cast = f"TRY_CAST({text} AS {type})"
    unlike = _unlike(text, type)
    fine = f"{cast} IS NOT NULL" + (f" AND NOT ({unlike})" if unlike else "")
    return _unless(fine, cast, text, type, column)


def number_as(text: str, type: str, column: str) -> str:
    """The text of a finite numeric as another type of numbers."""
    if type in APPROXIMATE:
        return f"CAST({text} AS {type})"
    return read_as(text, type, column)


def _unlike(text: str, type: str) -> str:
    """Where DuckDB's cast of a text drops some of it."""
    if type in _WHOLE:
        return rf"NOT regexp_full_match({text}, '\s*[-+]?\d+(\.0*)?\s*')"
    if type.startswith("DECIMAL("):
        scale = int(type.partition(",")[2].rstrip(")"))
        return rf"NOT regexp_full_match({text}, '\s*[-+]?\d*(\.\d{{0,{scale}}}0*)?\s*')"
    if type == "DATE":
        return f"coalesce(TRY_CAST({text} AS TIMESTAMP) <> TRY_CAST({text} AS DATE), false)"
    if type == "TIMESTAMP":
        zone = r"(:\d\d(\.\d+)?\s*[-+]\d\d(:?\d\d)?|[zZ])\s*(\(BC\))?\s*$"
        return rf"regexp_matches({text}, '\.\d{{6}}0*[1-9]|{zone}')"
    if type.startswith("TIME") and not type.endswith("_NS"):
        return rf"regexp_matches({text}, '\.\d{{6}}0*[1-9]')"
    return ""


def converted(value: str, type: str, declared: str, column: str) -> str:
    """A value of ``type`` as the declared one, where that leads back to it."""
    cast = f"TRY_CAST({value} AS {declared})"
    fine = f"{cast} IS NOT NULL"
    if declared not in APPROXIMATE and _reversible(type, declared):
        fine = f"TRY_CAST({cast} AS {type}) = {value}"
    return _unless(fine, cast, value, declared, column)


def _reversible(one: str, other: str) -> bool:
    return any(family(one) and family(other) for family in (_is_number, _is_day))


def _is_number(type: str) -> bool:
    return type in (*_WHOLE, *APPROXIMATE, "BOOLEAN") or type.startswith("DECIMAL")


def _is_day(type: str) -> bool:
    return type == "DATE" or type.startswith("TIMESTAMP")


def _unless(fine: str, made: str, value: str, type: str, column: str) -> str:
    wrong = holds(value, column, f"which {type} does not hold")
    return (
        f"CASE WHEN {value} IS NULL THEN NULL WHEN coalesce({fine}, false) THEN {made}"
        f" ELSE {wrong} END"
    )


def holds(value: str, column: str, what: str) -> str:
    """An error that shows the value: ``column 'a' holds 1.5, which INTEGER does not hold``."""
    before, after = quote_literal(f"column {column!r} holds "), quote_literal(f", {what}")
    return f"error({before} || left(CAST({value} AS VARCHAR), {_SHOWN}) || {after})"


def finite(text: str, made: str, column: str, on_nan: str) -> str:
    """``made`` of a numeric's text that is a number; what ``on_nan`` says of one that is not."""
    special = f"{text} > ':' OR {text} IN ('-inf', '-Infinity')"
    otherwise = "NULL"
    if on_nan != "null":
        said = quote_literal(f"column {column!r} is NaN or infinite in some row: ")
        otherwise = f"error({said} || {text})"
    return f"CASE WHEN {special} THEN {otherwise} ELSE {made} END"
