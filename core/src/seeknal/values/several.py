"""Several things in a sentence: the first of them, and how many more there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def a_few(names: Sequence[str], most: int = 5, between: str = ", ") -> str:
    """``a, b and 3 more``: so many at most are named."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{between.join(names[:most])}{more}"
