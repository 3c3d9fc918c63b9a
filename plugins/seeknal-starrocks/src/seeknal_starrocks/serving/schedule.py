"""When a view is refreshed: what ``refresh:`` says, and what StarRocks shows."""

from __future__ import annotations

import re
from datetime import datetime

from attrs import frozen

UNITS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}
SHORTEST = 60
"""Seconds: StarRocks refuses to refresh more often, unless its own configuration says so."""
_SAID = re.compile(
    r"""(?:REFRESH\s+)?(?:(?:IMMEDIATE|DEFERRED)\s+)?
    (?P<kind>ASYNC|MANUAL|INCREMENTAL)?
    (?:\s*START\s*\(\s*(?P<quote>['"])(?P<start>[^'"]*)(?P=quote)\s*\))?
    (?:\s*EVERY\s*\(\s*INTERVAL\s+(?P<number>\d+)\s+(?P<unit>[A-Z]+)\s*\))?""",
    re.VERBOSE | re.IGNORECASE,
)
_SHOWN = re.compile(r"^REFRESH .*$", re.MULTILINE)


@frozen(kw_only=True)
class Schedule:
    """``every`` is a number and a unit; without it a view is refreshed when it is asked to be."""

    kind: str = "MANUAL"
    start: str | None = None
    every: tuple[int, str] | None = None

    @property
    def written(self) -> str:
        """What follows REFRESH and its moment."""
        start = f" START('{self.start}')" if self.start is not None else ""
        every = f" EVERY(INTERVAL {self.every[0]} {self.every[1]})" if self.every else ""
        return f"{self.kind}{start}{every}"


def schedule_of(text: str) -> Schedule:
    """Raises ValueError for what StarRocks would refuse."""
    match = _SAID.fullmatch(text.strip())
    if match is None or not any((match["kind"], match["start"], match["number"])):
        raise ValueError(
            f"refresh: {text!r} is not understood: MANUAL, or ASYNC EVERY(INTERVAL 5 MINUTE), or"
            " ASYNC START('2026-01-01 02:00:00') EVERY(INTERVAL 1 DAY)"
        )
    kind = (match["kind"] or "ASYNC").upper()
    if kind != "ASYNC" and (match["start"] or match["number"]):
        raise ValueError(f"refresh: only ASYNC has START and EVERY, and not {kind}")
    if match["start"] is not None and match["number"] is None:
        raise ValueError("refresh: EVERY(...) has to follow START(...)")
    return Schedule(kind=kind, start=_start(match["start"]), every=_every(match))


def _start(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"refresh: START({text!r}) is no date or time") from None
    if found.tzinfo is not None:
        raise ValueError(f"refresh: START({text!r}) has a zone, and StarRocks' has none")
    return f"{found:%Y-%m-%d %H:%M:%S}"


def _every(match: re.Match[str]) -> tuple[int, str] | None:
    if match["number"] is None:
        return None
    number, unit = int(match["number"]), match["unit"].upper()
    unit = unit.removesuffix("S")
    if unit not in UNITS:
        raise ValueError(f"refresh: EVERY has SECOND, MINUTE, HOUR and DAY, and not {unit}")
    if number * UNITS[unit] < SHORTEST:
        raise ValueError("refresh: StarRocks refreshes no more often than once a minute")
    return number, unit


def shown_schedule(written: str) -> Schedule | None:
    """That of a definition as SHOW CREATE gives it; None where it is not understood."""
    match = _SHOWN.search(written)
    try:
        return schedule_of(match[0]) if match is not None else None
    except ValueError:
        return None
