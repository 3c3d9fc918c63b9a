"""The order of rows within files, as a target's ``sort_by`` says it."""

from __future__ import annotations

from collections.abc import Sequence

from seeknal.plugin import DeliveryError, quote_identifier


def sorted_by(text: str, names: Sequence[str]) -> str:
    """What stands after ORDER BY; raises DeliveryError for what is no column of ``names``."""
    name, _, direction = text.strip().partition(" ")
    if name not in names or direction.lower() not in ("", "asc", "desc"):
        raise DeliveryError(
            f"sort_by: {text!r} is not a column of the rows",
            code="SK1423",
            help="sort_by: [day desc]",
        )
    return f"{quote_identifier(name)} {direction}".strip()
