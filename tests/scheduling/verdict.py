"""What a judge of a soak has to say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import Factory, define, frozen

from tests.scheduling.evidence import Evidence

MINUTE = timedelta(minutes=1)
PATIENCE = 4.0
"""Real seconds that a scheduler and its child may take to begin, on a machine with other work."""
LOOKS = 6 * MINUTE
"""Shown time between two looks of a scheduler that waits for the project's lock."""


@frozen(kw_only=True)
class Fault:
    node: str
    tick: datetime | None
    seen: str

    def __str__(self) -> str:
        return f"{self.node}  {f'{self.tick:%m-%d %H:%M:%S}' if self.tick else '-'}  {self.seen}"


@define(kw_only=True)
class Verdict:
    faults: list[Fault] = Factory(list)
    figures: dict[str, Any] = Factory(dict)

    def add(self, node: str, tick: datetime | None, seen: str) -> None:
        self.faults.append(Fault(node=node, tick=tick, seen=seen))


def settled(evidence: Evidence) -> datetime:
    """What the clock had shown by then has been done by the end."""
    calm = [evidence.at(event) for event in evidence.of("calm")]
    return evidence.clock.highest(calm[0] if calm else evidence.end) - 20 * MINUTE
