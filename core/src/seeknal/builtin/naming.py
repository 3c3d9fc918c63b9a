"""Names of columns in messages, which fit on a screen whatever a file calls its columns."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 20
_LONGEST = 60


def listed(names: Sequence[str]) -> str:
    """The first names, and how many others there are."""
    more = f", and {len(names) - _MOST:,} more" if len(names) > _MOST else ""
    return f"{', '.join(map(shortened, names[:_MOST]))}{more}"


def shortened(name: str) -> str:
    """A name as it is, or how it begins."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."
