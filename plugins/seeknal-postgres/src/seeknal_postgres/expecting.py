"""DuckDB's types as which rows are best read that go into the columns of a table."""

from __future__ import annotations

import re

_TYPES = {
    **dict.fromkeys(("smallint", "integer", "bigint"), "BIGINT"),
    **dict.fromkeys(("text", "character varying", "character", "name", "citext"), "VARCHAR"),
    **dict.fromkeys(("json", "jsonb"), "JSON"),
    "double precision": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "time without time zone": "TIME",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "uuid": "UUID",
}
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
_WIDEST = 38


def expected_type(type: str) -> str | None:
    """The type whose values a column of ``type`` takes; None where what comes tells it better."""
    element = type.removesuffix("[]")
    found = _TYPES.get(re.sub(r"\(.*?\)", "", element)) or _decimal(element)
    return found and found + type[len(element) :]


def _decimal(type: str) -> str | None:
    found = _NUMERIC.fullmatch(type)
    if found is None or not int(found[2]) <= int(found[1]) <= _WIDEST:
        return None
    return f"DECIMAL({found[1]},{found[2]})"
