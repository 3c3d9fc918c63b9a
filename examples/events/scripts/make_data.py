"""Makes the example's data, two weeks of events with one file a day: the same each time.

Run it from the example's folder: ``seeknal python scripts/make_data.py``. Some events of each day
are not in its file, because they come late: phones send them when they are online again. On the
9th whatever happened from 6 to 18 o'clock comes late, too. ``--day 13`` lets those of the 13th
arrive, in a file of their own; without it they go again.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
SEED = 20260601
FIRST, DAYS = date(2025, 9, 1), 14
OUTAGE = range(6, 18)
"""The hours of the 9th of which nothing has come in time."""
HEADER = ("event_id", "occurred_at", "action", "amount")
Event = tuple[str, datetime, str, Decimal]


def main() -> None:
    options = argparse.ArgumentParser(description="Make the example's events.")
    options.add_argument("--day", type=int, choices=range(1, DAYS + 1), metavar="1..14")
    day = options.parse_args().day
    chance = random.Random(SEED)
    if day is None:
        for path in DATA.glob("*.csv"):
            path.unlink()
    for number in range(DAYS):
        today = FIRST + timedelta(number)
        events = list(events_of(today, chance))
        late = [event for event in events if is_late(event)]
        if day is None:
            write(f"{today}", [event for event in events if event not in late])
        elif day == today.day:
            write(f"{today}.late", late)
            print(f"{len(late)} late events of {today}")


def events_of(day: date, chance: random.Random) -> Iterator[Event]:
    """Two to six events of each hour."""
    number = 0
    for hour in range(24):
        for second in sorted(chance.sample(range(3600), chance.randint(2, 6))):
            number += 1
            moment = datetime(day.year, day.month, day.day, hour) + timedelta(seconds=second)
            action = chance.choices(("view", "cart", "buy"), (6, 3, 2))[0]
            cents = chance.randrange(500, 9000) if action == "buy" else 0
            yield f"{day:%m%d}-{number:03}", moment, action, Decimal(cents) / 100


def is_late(event: Event) -> bool:
    """Every twentieth event, and what happened while nothing was received."""
    id, moment, *_ = event
    return id.endswith(("10", "30", "50", "70", "90")) or (
        moment.day == 9 and moment.hour in OUTAGE
    )


def write(name: str, events: Iterable[Event]) -> None:
    DATA.mkdir(exist_ok=True)
    with (DATA / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(HEADER)
        lines.writerows(
            (id, moment, action, f"{amount:.2f}") for id, moment, action, amount in events
        )


if __name__ == "__main__":
    main()
