"""Makes the example's data, a year of a shop: the same each time.

Run it from the example's folder: ``seeknal python scripts/make_data.py``. ``--until yesterday``
moves the year so that it ended yesterday, or on the date that is named: the data went on.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
SEED = 20260401
CUSTOMERS, DAYS = 150, 365
LAST = date(2025, 12, 31)
ASKED = range(90, 331, 30)
"""The days of the year on which the shop asks whom it will lose."""
ACTIVE, AHEAD = timedelta(90), timedelta(30)
PLANS, REGIONS = ("basic", "plus"), ("Jakarta", "Bandung", "Surabaya", "Medan")
CHANNELS = ("till", "app", "web")
Row = tuple[object, ...]


def main() -> None:
    options = argparse.ArgumentParser(description="Make the example's data.")
    options.add_argument("--until", default=f"{LAST}", metavar="DATE|yesterday")
    until = options.parse_args().until
    yesterday = datetime.now(UTC).date() - timedelta(1)
    last = yesterday if until == "yesterday" else date.fromisoformat(until)
    first = datetime.combine(last - timedelta(DAYS - 1), datetime.min.time())
    chance = random.Random(SEED)
    profiles: list[Row] = []
    purchases: list[Row] = []
    labels: list[Row] = []
    for customer in range(1, CUSTOMERS + 1):
        joined = first + timedelta(chance.randrange(200), chance.randrange(86_400))
        profiles += profile_of(customer, joined, chance)
        bought = list(purchases_of(joined, first + timedelta(DAYS), chance))
        purchases += [(customer, *purchase) for purchase in bought]
        labels += labels_of(customer, first, [purchase[0] for purchase in bought])
    purchases.sort(key=lambda row: (row[1], row[0]))
    numbered = [(number, *row) for number, row in enumerate(purchases, 1)]
    write(
        "customers", ("customer_id", "since", "known_at", "plan", "region", "household"), profiles
    )
    header = ("transaction_id", "customer_id", "happened_at", "recorded_at", "channel", "amount")
    write("transactions", header, numbered)
    labels.sort(key=lambda row: (row[1], row[0]))
    write("labels", ("customer_id", "asked_at", "churned", "seen_at"), labels)


def profile_of(customer: int, joined: datetime, chance: random.Random) -> Iterator[Row]:
    """What is known of a customer: a plan may change, and what was wrong is corrected later."""
    plan, region = chance.choices(PLANS, (3, 1))[0], chance.choice(REGIONS)
    household = chance.randint(1, 6)
    known = joined + timedelta(minutes=chance.randint(1, 90))
    wrong = chance.random() < 0.15
    yield (customer, joined, known, plan, "Jakarta" if wrong else region, household)
    if wrong:
        yield (customer, joined, known + timedelta(chance.randint(5, 60)), plan, region, household)
    if chance.random() < 0.3:
        changed = joined + timedelta(chance.randint(65, 150), chance.randrange(86_400))
        other = PLANS[1 - PLANS.index(plan)]
        yield (customer, changed, changed + timedelta(hours=6), other, region, household)


def purchases_of(
    joined: datetime, end: datetime, chance: random.Random
) -> Iterator[tuple[datetime, datetime, str, str]]:
    """Purchases until a customer loses interest, which shows in the weeks before."""
    weekly = chance.uniform(0.3, 1.6)
    quits = joined + timedelta(chance.expovariate(1 / 240))
    day = joined
    while day < min(end, quits) - timedelta(1):
        fading = 0.35 if quits - day < timedelta(45) else 1.0
        if day == joined or chance.random() < weekly * fading / 7:
            moment = day + timedelta(seconds=chance.randrange(43_200))
            channel = chance.choices(CHANNELS, (3, 2, 2))[0]
            amount = f"{chance.lognormvariate(3.0, 0.6) * (0.5 + fading / 2):.2f}"
            yield moment, moment + recorded_after(channel, chance), channel, amount
        day += timedelta(1)


def recorded_after(channel: str, chance: random.Random) -> timedelta:
    """Tills send what they have sold at night, and some of them days later."""
    if channel != "till":
        return timedelta(seconds=chance.randint(1, 30))
    return timedelta(hours=10, days=chance.randint(2, 9) if chance.random() < 0.08 else 0)


def labels_of(customer: int, first: datetime, bought: Sequence[datetime]) -> Iterator[Row]:
    """For each moment at which a customer was active: whether nothing was bought afterwards."""
    for day in ASKED:
        asked = first + timedelta(day)
        if any(asked - ACTIVE <= moment <= asked for moment in bought):
            stayed = any(asked < moment <= asked + AHEAD for moment in bought)
            yield (customer, asked, str(not stayed).lower(), asked + AHEAD)


def write(name: str, header: Sequence[str], rows: Iterable[Row]) -> None:
    with (DATA / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
