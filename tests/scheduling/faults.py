"""What happens to a soak, and when: drawn from a seed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from attrs import field, frozen

from tests.scheduling import shop
from tests.scheduling.endpoint import BAD

HOUR = timedelta(hours=1)
CALM = timedelta(hours=4)
"""So long before the end nothing more happens."""


@frozen(kw_only=True, order=True)
class Happens:
    """Something that happens at a moment that is shown."""

    at: datetime
    what: str = field(order=False)
    more: dict = field(factory=dict, order=False)


OFTEN = {
    "kill scheduler": 4,
    "kill scheduler at work": 2,
    "kill child": 4,
    "stop": 3,
    "stop at work": 1,
    "outage": 4,
    "node fails": 5,
    "node hangs": 2,
    "by hand": 3,
    "broken": 2,
    "rates": 4,
    "endpoint": 8,
}
"""How often things happen in a day, about."""


def drawn(seed: int, begin: datetime, end: datetime) -> list[Happens]:
    """A plan, in order."""
    dice = random.Random(seed)
    first, last = begin + HOUR, end - CALM
    days = (last - first) / timedelta(days=1)
    found: list[Happens] = []

    def at(low: datetime = first, high: datetime = last) -> datetime:
        return low + (high - low) * dice.random()

    def minutes(low: float, high: float) -> float:
        return dice.uniform(low, high)

    for what, often in OFTEN.items():
        for _one in range(max(1, round(often * days))):
            more: dict = {}
            if what.startswith("kill scheduler"):
                more = {"pause": minutes(0, 4)}
            elif what.startswith("stop"):
                more = {"pause": minutes(5, 90)}
            elif what == "kill child":
                more = {"after": dice.uniform(0, 0.9)}
            elif what == "outage":
                more = {"minutes": minutes(10, 100)}
            elif what == "node fails":
                node = dice.choice(["flaky", "flaky", "flaky", "beat", "kept", "night"])
                more = {"node": node, "minutes": minutes(15, 100)}
            elif what == "node hangs":
                more = {"node": dice.choice(["flaky", "beat"]), "minutes": minutes(4, 25)}
            elif what == "by hand":
                more = {"minutes": minutes(4, 20)}
            elif what == "broken":
                more = {"minutes": minutes(10, 60)}
            elif what == "endpoint":
                more = {"mode": dice.choice(BAD), "minutes": minutes(30, 170)}
            found.append(Happens(at=at(), what=what, more=more))
    edits = sorted(at() for _edit in shop.EDITS)
    for moment, edit in zip(edits, dice.sample(shop.EDITS, len(shop.EDITS)), strict=True):
        found.append(Happens(at=moment, what="edit", more={"edit": edit.name}))
    back = at(first, first + (last - first) / 2)
    found.append(Happens(at=back, what="clock", more={"seconds": -2400}))
    found.append(Happens(at=back + 3 * HOUR, what="clock", more={"seconds": 2400}))
    return sorted(found)
