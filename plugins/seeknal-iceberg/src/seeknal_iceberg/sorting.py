"""The order of rows within files, as a target's ``sort_by`` says it."""

from __future__ import annotations

from collections.abc import Sequence

from seeknal.plugin import DeliveryError, column_help, quote_identifier


def sorted_by(text: str, names: Sequence[str]) -> str:
    """What stands after ORDER BY; raises DeliveryError for what is no column of ``names``."""
    name, _, direction = text.strip().partition(" ")
    if name not in names or direction.lower() not in ("", "asc", "desc"):
        near = column_help(name, names)
        raise DeliveryError(
            f"sort_by: {text!r} is not a column of the rows",
            code="SK1423",
            help=f"sort_by: [{name} desc]" if name in names else near,
        )
    return f"{quote_identifier(name)} {direction}".strip()
