"""What time it is in a session: that of its zone, which at first is Shanghai's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from seeknal_starrocks.testing.refusing import Refused

DEFAULT_ZONE = "Asia/Shanghai"
_OFFSET = re.compile(r"([+-])(\d{1,2}):(\d{2})")


def check_zone(name: str) -> None:
    """Raises Refused for a zone that there is not."""
    if _OFFSET.fullmatch(name):
        return
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise Refused(f"Unknown or incorrect time zone: '{name}'", code=1298) from None


def now_in(zone: str) -> Any:
    """A tree of sqlglot's for the DATETIME that it is now."""
    import sqlglot

    from seeknal.plugin import quote_literal

    if (match := _OFFSET.fullmatch(zone)) is not None:
        away = timedelta(hours=int(match[2]), minutes=int(match[3]))
        minutes = int(away.total_seconds() // 60) * (-1 if match[1] == "-" else 1)
        written = f"CAST(now() AS TIMESTAMP) + to_minutes({minutes})"
    else:
        written = f"timezone({quote_literal(zone)}, now())"
    return sqlglot.parse_one(written, read="duckdb")
