"""What formats of dates and times are made of: of each dialect, and what that is elsewhere."""

from __future__ import annotations

from seeknal.sql.translating.moments import Formats
from seeknal.sql.translating.rules import Rule

_DAYS = ("%Y", "%m", "%d", "%H", "%M", "%S")
_SHORT = ("%-d", "%-m", "%-H", "%-I", "%-M", "%-S")
_SAME = {sign: sign for sign in (*_DAYS, "%y", "%I", "%p", "%j", "%b", "%a", "%B", "%A", "%f")}
_NAME = "STRFTIME({0}, '%s')"
_WIDE = f"RPAD({_NAME}, 9, ' ')"
_QUARTER = "CAST(QUARTER({0}) AS TEXT)"

POSTGRES = Formats(
    quote='"',
    signs={
        **{sign: sign for sign in (*_DAYS, *_SHORT, "%y", "%I", "%j", "%f", "%G", "%V")},
        **{"Mon": "%b", "%uy": "%a", "FM%uay": "%A", "F%month": "%B", "MS": "%g"},
        **{"AM": "%p", "PM": "%p", "HH": "%I", "I%u": "%u", "Q": _QUARTER},
        **{"%uay": _WIDE % "%A", "Month": _WIDE % "%B"},
        **{"MON": f"UPPER({_NAME % '%b'})", "mon": f"LOWER({_NAME % '%b'})"},
        **{"%uY": f"UPPER({_NAME % '%a'})", "%Aenlower": f"LOWER({_WIDE % '%A'})"},
        **{"%uAY": f"UPPER({_WIDE % '%A'})", "MONTH": f"UPPER({_WIDE % '%B'})"},
        "month": f"LOWER({_WIDE % '%B'})",
    },
)
"""PostgreSQL's in DuckDB: names of days and months have blanks behind them but with FM."""

TO_POSTGRES = Formats(
    letters=True,
    signs={
        **{"%Y": "YYYY", "%m": "MM", "%d": "DD", "%H": "HH24", "%M": "MI", "%S": "SS"},
        **{"%-d": "FMDD", "%-m": "FMMM", "%-H": "FMHH24", "%-M": "FMMI", "%-S": "FMSS"},
        **{"%y": "YY", "%I": "HH12", "%-I": "FMHH12", "%p": "AM", "%j": "DDD", "%f": "US"},
        **{"%b": "Mon", "%a": "Dy", "%B": "FMMonth", "%A": "FMDay", "%g": "MS", "%u": "ID"},
        **{"%G": "IYYY", "%V": "IW", "%%": "%"},
    },
)
"""DuckDB's in PostgreSQL."""

TO_SPARK = Formats(
    letters=True,
    signs={
        **{"%Y": "yyyy", "%m": "MM", "%d": "dd", "%H": "HH", "%M": "mm", "%S": "ss"},
        **{"%-d": "d", "%-m": "M", "%-H": "H", "%-M": "m", "%-S": "s", "%y": "yy"},
        **{"%I": "hh", "%-I": "h", "%p": "a", "%j": "DDD", "%f": "SSSSSS", "%b": "MMM"},
        **{"%a": "EEE", "%B": "MMMM", "%A": "EEEE"},
    },
)
"""DuckDB's in Spark."""

SPARK = Formats(
    quote="'",
    signs={
        **{f"{sign}strict": sign for sign in ("%m", "%d", "%H", "%M", "%S", "%I")},
        **{sign: sign for sign in ("%Y", *_SHORT, "%y", "%p", "%b", "%a", "%B", "%A", "%f")},
    },
)
"""Spark's in DuckDB."""

MYSQL = Formats(letters=True, signs={**_SAME, **{sign: sign for sign in _SHORT[:4]}})
"""MySQL's in DuckDB."""

BIGQUERY = Formats(letters=True, signs={**_SAME, "%Q": _QUARTER, "%G": "%G", "%V": "%V"})
"""BigQuery's in DuckDB."""

SNOWFLAKE = Formats(
    quote='"',
    signs={
        **{sign: sign for sign in (*_DAYS, "%y")},
        **{"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d"},
        **{"HH24": "%H", "MI": "%M", "SS": "%S", "yyyy": "%Y", "mm": "%m", "dd": "%d"},
        **{"hh24": "%H", "mi": "%M", "ss": "%S", "yy": "%y"},
    },
)
"""Snowflake's in DuckDB."""

_MODERN = (
    "CASE WHEN ISFINITE({0}) AND {0} >= DATE '0001-01-01'"
    " AND CAST({0} AS DATE) <= DATE '9999-12-31' THEN {1}"
    " WHEN {0} IS NOT NULL THEN"
    " CAST(CAST('a year of more than four digits has no counterpart there' AS TINYINT) AS TEXT) END"
)
_NO_TEXT = "CAST({0} || ' has no counterpart there' AS %s)"
_READ = (
    "CASE WHEN REGEXP_MATCHES({0}, {1}) THEN CAST(REGEXP_REPLACE({0}, {1}, {2}) AS %s)"
    f" WHEN {{0}} IS NOT NULL THEN {_NO_TEXT} END"
)
READ_IF_VALID = _READ.replace(
    "({0}, {1})", "({0}, {1}) AND TRY_CAST(REGEXP_REPLACE({0}, {1}, {2}) AS %s) IS NOT NULL"
)
"""An error of days that there are not, where the other dialect has values for them."""
_LENIENT = "only texts are read that are written just as the format says; others are an error"


FORMATTED = (Rule("Formatted", "moment string", "text", write=_MODERN),)
"""Moments as texts in DuckDB: of years that have four digits everywhere."""


def reading(
    name: str,
    date: str = "DATE",
    timed: str = "TIMESTAMP",
    *,
    text: str = "string",
    read: str = _READ,
) -> list[Rule]:
    """Rules for a function that reads ``date``, and ``timed`` where its format has a time."""
    return [
        Rule(
            construct,
            f"{text} literal literal",
            type.lower(),
            write=read.replace("%s", type),
            differs=_LENIENT,
        )
        for construct, type in ((name, date), (f"{name}Timed", timed))
    ]


_FOR_POSTGRES = (
    "CASE WHEN {0} ~ {1} THEN CAST(REGEXP_REPLACE({0}, {1}, {2}) AS %s)"
    f" WHEN {{0}} IS NOT NULL THEN {_NO_TEXT} END"
)
IN_POSTGRES = (
    Rule(
        "Formatted",
        "moment string",
        "text",
        write="CASE WHEN ISFINITE({0}) AND {0} >= DATE '0001-01-01'"
        " AND CAST({0} AS DATE) <= DATE '9999-12-31' THEN {1} WHEN {0} IS NOT NULL THEN"
        " CAST(CAST({0} || ' has no counterpart there' AS INTEGER) AS TEXT) END",
    ),
    *reading("StrToTime", "TIMESTAMP", read=_FOR_POSTGRES),
)
"""What PostgreSQL runs for DuckDB's."""

_FOR_SPARK = (
    "CASE WHEN {0} RLIKE {1} THEN CAST(REGEXP_REPLACE({0}, {1}, {2}) AS TIMESTAMP_NTZ)"
    " WHEN {0} IS NOT NULL"
    " THEN CAST(RAISE_ERROR(CONCAT({0}, ' has no counterpart there')) AS TIMESTAMP_NTZ) END"
)
IN_SPARK = (
    Rule(
        "Formatted",
        "moment string",
        "text",
        write="CASE WHEN {0} >= CAST('0001-01-01' AS TIMESTAMP_NTZ)"
        " AND CAST({0} AS DATE) <= CAST('9999-12-31' AS DATE) THEN {1} WHEN {0} IS NOT NULL"
        " THEN RAISE_ERROR('a year of more than four digits has no counterpart there') END",
    ),
    *reading("StrToTime", "TIMESTAMP", read=_FOR_SPARK),
)
"""What Spark runs for DuckDB's."""
