"""``warn_if`` and ``error_if``: how many failing rows are too many."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from seeknal.plugin import Audit, Severity

_PATTERN = re.compile(r"\s*(>=|<=|==|!=|<>|>|<|=)?\s*(\d+(?:\.\d+)?)\s*(%)?\s*")
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
}


@frozen
class Threshold:
    """A limit such as ``> 10`` (rows) or ``> 1%`` (of the rows)."""

    operator: str
    limit: float
    percent: bool = False

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """The limit that ``text`` writes. Raises ValueError that says how to write one."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a limit: write '> 10' for rows or '> 1%' of them")
        return cls(match[1] or ">", float(match[2]), bool(match[3]))

    def crossed(self, failing: int, affected: int, total: int) -> bool:
        """Whether so many failures are too many; a percentage counts the ``affected`` rows."""
        counted = share(affected or failing, total) if self.percent else failing
        return _OPERATORS[self.operator](counted, self.limit)

    def __str__(self) -> str:
        return f"{self.operator} {self.limit:g}{'%' if self.percent else ''}"


ANY = Threshold(">", 0)


def share(part: int, total: int) -> float:
    """``part`` of ``total`` in percent; nothing of nothing is 0."""
    return 100 * part / total if total else 0.0


def limits(audit: Audit) -> list[tuple[Severity, Threshold]]:
    """What an audit's failing rows are held against, the graver first.

    A limit that is written replaces the rule that one failing row is too many; beside
    ``severity: warn`` an ``error_if`` only adds to it.
    """
    error = Threshold.parse(audit.error_if) if audit.error_if else None
    warn = Threshold.parse(audit.warn_if) if audit.warn_if else None
    if audit.severity == "warn":
        warn = warn or ANY
    elif warn is None:
        error = error or ANY
    found: list[tuple[Severity, Threshold | None]] = [("error", error), ("warn", warn)]
    return [(severity, limit) for severity, limit in found if limit is not None]


def verdict(audit: Audit, failing: int, affected: int, total: int) -> Severity | None:
    """How grave so many failing rows are; None when they are within the limits."""
    for severity, limit in limits(audit):
        if limit.crossed(failing, affected, total):
            return severity
    return None
