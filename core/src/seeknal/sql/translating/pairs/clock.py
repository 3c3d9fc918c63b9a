"""The day and the moment of a query, between dialects whose sessions have the time of UTC."""

from __future__ import annotations

from seeknal.sql.translating.kinds import NOW
from seeknal.sql.translating.rules import Rule, same

_COMPARED = ("EQ", "NEQ", "LT", "LTE", "GT", "GTE")
_UTC = "sessions have the time of UTC"

TODAY = (Rule("CurrentDate", "", "date", differs=_UTC),)
"""The day."""

CLOCK = (
    *TODAY,
    Rule("CurrentTimestamp", "", NOW, write="CURRENT_TIMESTAMP", differs=_UTC),
    Rule("now get_current_timestamp", "", NOW, write="CURRENT_TIMESTAMP", differs=_UTC),
    Rule("Localtimestamp", "", "timestamp", write="CAST(CURRENT_TIMESTAMP AS TIMESTAMP)"),
    same(("Cast",), f"{NOW} DATE", "date"),
    same(("Cast",), f"{NOW} TIMESTAMP", "timestamp"),
    same(("Add", "Sub"), f"{NOW} interval", NOW),
    Rule("Formatted", f"{NOW} string", "text", write="{1}"),
    same(_COMPARED, f"{NOW} moment|instant|{NOW}", "boolean"),
    same(_COMPARED, f"moment|instant {NOW}", "boolean"),
    same(("Between",), f"moment|instant|{NOW} moment|{NOW} moment|{NOW}", "boolean"),
    *(
        Rule(
            "TimestampTrunc DateTrunc",
            f"{NOW} {unit}",
            NOW,
            write=f"DATE_TRUNC('{unit.lower()}', {{0}})",
        )
        for unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE")
    ),
)
"""The day and the moment, for PostgreSQL and DuckDB."""
