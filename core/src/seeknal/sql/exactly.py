"""A value as another type where that changes nothing of it, and an error that shows it otherwise.

What a database sends as text, and what a project declares for a column, is read by these.
"""

from __future__ import annotations

from seeknal.sql.quote import quote_literal

APPROXIMATE = ("FLOAT", "DOUBLE")
_WHOLE = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)
_SHOWN = 80


def read_as(text: str, type: str, column: str) -> str:
    """A text that people wrote, as the type that they declare for it, and nothing near to it."""
    cast = f"TRY_CAST({text} AS {type})"
    unlike = _unlike(text, type)
    fine = f"{cast} IS NOT NULL" + (f" AND NOT ({unlike})" if unlike else "")
    return _unless(fine, cast, text, type, column)


def number_as(text: str, type: str, column: str) -> str:
    """The text of a finite number as another type of numbers."""
    if type in APPROXIMATE:
        return f"CAST({text} AS {type})"
    return read_as(text, type, column)


def converted(value: str, type: str, declared: str, column: str) -> str:
    """A value of ``type`` as the declared one, where that leads back to it."""
    cast = f"TRY_CAST({value} AS {declared})"
    fine = f"{cast} IS NOT NULL"
    if declared not in APPROXIMATE and _reversible(type, declared):
        fine = f"TRY_CAST({cast} AS {type}) = {value}"
    return _unless(fine, cast, value, declared, column)


def holds(value: str, column: str, what: str) -> str:
    """An error that shows the value: ``column 'a' holds 1.5, which INTEGER does not hold``."""
    before, after = quote_literal(f"column {column!r} holds "), quote_literal(f", {what}")
    return f"error({before} || left(CAST({value} AS VARCHAR), {_SHOWN}) || {after})"


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
