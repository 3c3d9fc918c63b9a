"""Where DuckDB's cast of a text to a type drops or rounds some of what the text says."""

from __future__ import annotations

WHOLE = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)
_PLACES = {
    "TIME": 6,
    "TIME WITH TIME ZONE": 6,
    "TIME_NS": 9,
    "TIMESTAMP": 6,
    "TIMESTAMP WITH TIME ZONE": 6,
    "TIMESTAMP_S": 0,
    "TIMESTAMP_MS": 3,
    "TIMESTAMP_NS": 9,
}
"""Decimals of a second, by type."""
_ZONED = ("TIME WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE")
_CLOCK = r"\d+:\d+(:\d+(\.\d*)?)?"
_DAY = r"[-+]?\d+([-/\\ ]\d+)*"
_ERA = r"\s*(\(BC\))?\s*"
_PLAIN = rf"\s*([-+]?[a-zA-Z]+|{_DAY}{_ERA}([tT]?{_CLOCK}{_ERA})?)"
"""A day or a moment without a zone, or a word such as infinity."""
_FRACTION = r"(?i)\.\d{6}0*[1-9]|\.\d*[1-9]\d*\s*(u|mi[cl]|ms|mon|q|y|dec|c)"
"""What an interval rounds: less than a microsecond, and parts of units that are not of one size."""


def unlike(text: str, type: str) -> str:
    """SQL of whether the cast of ``text`` to ``type``, where it gives one, gives another value.

    Empty where it never does.
    """
    if type in (*WHOLE, "BIGNUM"):
        return rf"NOT regexp_full_match({text}, '\s*[-+]?\d+(\.0*)?\s*')"
    if type.startswith("DECIMAL("):
        scale = int(type.partition(",")[2].rstrip(")"))
        return rf"NOT regexp_full_match({text}, '\s*[-+]?\d*(\.\d{{0,{scale}}}0*)?\s*')"
    if type in ("FLOAT", "DOUBLE"):
        return f"isinf(TRY_CAST({text} AS {type})) AND NOT regexp_matches({text}, '(?i)inf')"
    if type == "DATE":
        cut = f"coalesce(TRY_CAST({text} AS TIMESTAMP) <> TRY_CAST({text} AS DATE), false)"
        return f"{cut} OR NOT regexp_full_match({text}, '{_PLAIN}')"
    if type == "INTERVAL":
        return f"regexp_matches({text}, '{_FRACTION}')"
    return _unlike_time(text, type) if type in _PLACES else ""


def _unlike_time(text: str, type: str) -> str:
    finer = rf"regexp_matches({text}, '\.\d{{{_PLACES[type]}}}0*[1-9]')"
    if type == "TIMESTAMP WITH TIME ZONE":
        return finer
    if type in _ZONED:
        return rf"{finer} OR NOT regexp_matches({text}, '^\s*\d+:')"
    form = _PLAIN if type.startswith("TIMESTAMP") else rf"\s*{_CLOCK}\s*"
    return f"{finer} OR NOT regexp_full_match({text}, '{form}')"
