"""Durations as people write them: ``3d``, ``3 days``, ``90s``, ``1 month``."""

from __future__ import annotations

from attrs import frozen

from seeknal.values.patterns import Pattern

_UNITS = {
    "second": "second",
    "sec": "second",
    "s": "second",
    "minute": "minute",
    "min": "minute",
    "m": "minute",
    "hour": "hour",
    "h": "hour",
    "day": "day",
    "d": "day",
    "week": "week",
    "w": "week",
    "month": "month",
    "mo": "month",
    "quarter": "quarter",
    "q": "quarter",
    "year": "year",
    "y": "year",
}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""Of the units without a length in seconds."""
_PATTERN = Pattern(r"\s*(\d+)\s*([a-zA-Z]+)\s*")


@frozen
class Duration:
    """A number of calendar units. Months, quarters and years have no fixed number of seconds."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> Duration:
        """The duration that ``text`` writes. Raises ValueError that names the accepted forms."""
        match = _PATTERN.fullmatch(text)
        unit = _unit(match[2]) if match else None
        if match is None or unit is None:
            raise ValueError(f"{text!r} is not a duration: write a number and a unit, as in 3d")
        return cls(int(match[1]), unit)

    @property
    def seconds(self) -> float:
        """Its length. Raises ValueError for months, quarters and years."""
        if self.unit not in _SECONDS:
            raise ValueError(f"a {self.unit} has no fixed length")
        return float(self.count * _SECONDS[self.unit])

    @property
    def rough_seconds(self) -> float:
        """Its length, with months of 30 days, quarters of 91 and years of 365."""
        days = {"month": 30, "quarter": 91, "year": 365}
        if self.unit in days:
            return float(days[self.unit] * self.count * 86400)
        return self.seconds

    def __str__(self) -> str:
        return f"{self.count} {self.unit}" + ("s" if self.count != 1 else "")


def age_text(seconds: float) -> str:
    """How old something is, in its two largest units: ``3 days 4 hours``, ``12 minutes``."""
    left, told = int(seconds), []
    for unit in ("day", "hour", "minute", "second"):
        count, left = divmod(left, _SECONDS[unit])
        told.append(Duration(count, unit))
    first = next((place for place, each in enumerate(told) if each.count), len(told) - 1)
    largest, *lesser = told[first : first + 2]
    return " ".join(str(each) for each in (largest, *lesser) if each.count or each is largest)


def _unit(word: str) -> str | None:
    lower = word.lower()
    return _UNITS.get(lower) or _UNITS.get(lower.removesuffix("s"))
