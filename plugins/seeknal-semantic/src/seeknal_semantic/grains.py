"""How fine time is: grains, which of them can be told from which, and parts of dates."""

from __future__ import annotations

GRAINS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
"""From the finest on."""
FISCAL = ("fiscal_quarter", "fiscal_year")
"""Periods that begin with the project's fiscal year."""
PART_GRAINS = {
    "year": "year",
    "quarter": "quarter",
    "month": "month",
    "day": "day",
    "dow": "day",
    "doy": "day",
}
PARTS = tuple(PART_GRAINS)
"""What ``__extract_`` takes: ``dow`` is 1 for Monday to 7 for Sunday."""
EXTRACT = "extract_"

_MONTHS = {"quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}


def is_grain(name: str) -> bool:
    """Whether every project has a grain of that name."""
    return name in GRAINS or name in FISCAL


def rank(grain: str) -> int:
    """Where a grain stands among all: the greater, the coarser. Raises ValueError for none."""
    return GRAINS.index(grain.removeprefix("fiscal_") if grain in FISCAL else grain)


def can_tell(fine: str, coarse: str, fiscal_year_start: int = 1) -> bool:
    """Whether each period of grain ``fine`` lies in exactly one of grain ``coarse``.

    Weeks lie in two months at times; quarters in fiscal ones only where these begin with one.
    """
    if fine == coarse:
        return True
    if fine == "week" or rank(fine) > rank(coarse):
        return False
    if coarse == "week":
        return rank(fine) < rank("week")
    if fine in _MONTHS and (fine in FISCAL) != (coarse in FISCAL):
        return (fiscal_year_start - 1) % _MONTHS[fine] == 0
    return True
