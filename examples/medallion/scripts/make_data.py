"""Makes the example's data, CSV files and what fills the shop's database: the same each time.

Run it from the example's folder: ``seeknal python scripts/make_data.py``.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

SEED = 20260101
ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
SEED_FILE = ROOT / "sql" / "seed.sql"
TABLES = {
    "customers": (
        "customer_id integer PRIMARY KEY, name text NOT NULL, email text NOT NULL,"
        " region text NOT NULL, created_at date NOT NULL"
    ),
    "products": (
        "product_id text PRIMARY KEY, name text NOT NULL, category text NOT NULL,"
        " price numeric(12,2) NOT NULL"
    ),
    "orders": (
        "order_id text PRIMARY KEY, customer_id integer NOT NULL, product_id text NOT NULL,"
        " amount numeric(12,2) NOT NULL, order_date date NOT NULL, status text NOT NULL"
    ),
}
FIRST_DAY = date(2025, 1, 1)
DAYS = 365

REGIONS = ("Jakarta", "Bandung", "Surabaya", "Medan", "Makassar")
REGION_WEIGHTS = (40, 20, 18, 12, 10)
FIRST_NAMES = (
    "Ayu",
    "Budi",
    "Citra",
    "Dewi",
    "Eko",
    "Fajar",
    "Gita",
    "Hadi",
    "Indah",
    "Joko",
    "Kartika",
    "Lestari",
    "Made",
    "Nina",
    "Oka",
    "Putri",
    "Rizky",
    "Sari",
    "Tono",
    "Wayan",
)
LAST_NAMES = (
    "Wijaya",
    "Santoso",
    "Pratama",
    "Hidayat",
    "Nugroho",
    "Siregar",
    "Halim",
    "Kusuma",
    "Saputra",
    "Utami",
)
CATEGORIES = {
    "Electronics": ("Headphones", "Keyboard", "Monitor", "Webcam", "Charger", "Speaker"),
    "Home": ("Lamp", "Kettle", "Chair", "Desk", "Rug", "Shelf"),
    "Sports": ("Racket", "Yoga Mat", "Dumbbell", "Bottle", "Backpack", "Helmet"),
    "Fashion": ("Jacket", "Sneakers", "T-Shirt", "Scarf", "Watch", "Belt"),
    "Grocery": ("Coffee", "Tea", "Rice", "Noodles", "Honey", "Spices"),
}
PRICES = {
    "Electronics": (25, 400),
    "Home": (15, 250),
    "Sports": (8, 120),
    "Fashion": (10, 180),
    "Grocery": (2, 25),
}
CHANNELS = ("email", "search", "social", "display", "affiliate")
PAGES = ("home", "search", "product", "cart", "checkout", "account")
ACTIONS = {
    "home": ("view",),
    "search": ("view", "click"),
    "product": ("view", "click", "add_to_cart"),
    "cart": ("view", "remove"),
    "checkout": ("view", "purchase"),
    "account": ("view", "edit"),
}
STATUSES = ("completed", "pending", "cancelled", "returned")
STATUS_WEIGHTS = (70, 12, 11, 7)

Row = Sequence[object]


def customers(chance: random.Random) -> list[Row]:
    rows = []
    for number in range(1, 101):
        first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
        region = chance.choices(REGIONS, REGION_WEIGHTS)[0]
        created = FIRST_DAY - timedelta(days=chance.randint(0, 700))
        email = f"{first}.{last}{number}@example.com".lower()
        rows.append((number, f"{first} {last}", email, region, created))
    return rows


def products(chance: random.Random) -> list[Row]:
    rows = []
    for category, names in CATEGORIES.items():
        low, high = PRICES[category]
        for name in names:
            price = chance.randint(low * 100, high * 100) / 100
            rows.append((f"P{len(rows) + 1:03}", name, category, f"{price:.2f}"))
    return rows


def orders(chance: random.Random, catalogue: list[Row]) -> list[Row]:
    rows = []
    for number in range(1, 501):
        # A few customers buy much more than the others.
        customer = min(chance.randint(1, 100), chance.randint(1, 100))
        product = chance.choice(catalogue)
        amount = float(str(product[3])) * chance.choices((1, 2, 3, 5), (60, 25, 10, 5))[0]
        day = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        status = chance.choices(STATUSES, STATUS_WEIGHTS)[0]
        rows.append((f"O{number:05}", customer, product[0], f"{amount:.2f}", day, status))
    return rows


def traffic(chance: random.Random) -> list[Row]:
    rows = []
    for number in range(1, 1001):
        page = chance.choices(PAGES, (25, 15, 35, 10, 8, 7))[0]
        customer = chance.randint(1, 100) if chance.random() > 0.12 else ""
        moment = datetime(2025, 1, 1) + timedelta(seconds=chance.randrange(DAYS * 86_400))
        rows.append((number, customer, page, chance.choice(ACTIONS[page]), moment))
    return sorted(rows, key=lambda row: str(row[4]))


def subscribers(chance: random.Random) -> list[Row]:
    rows = []
    active = {region: weight * 50 for region, weight in zip(REGIONS, REGION_WEIGHTS, strict=True)}
    for day in range(90):
        for region in REGIONS:
            joined, left = chance.randint(0, 40), chance.randint(0, 25)
            active[region] += joined - left
            rows.append((FIRST_DAY + timedelta(days=day), region, active[region], joined, left))
    return rows


def campaigns(chance: random.Random) -> list[Row]:
    rows = []
    for number in range(1, 51):
        channel = chance.choice(CHANNELS)
        start = FIRST_DAY + timedelta(days=chance.randrange(DAYS - 60))
        end = start + timedelta(days=chance.randint(7, 60))
        budget = chance.randint(5, 200) * 100
        rows.append(
            (
                f"C{number:03}",
                f"{channel.title()} {start:%b} #{number}",
                channel,
                start,
                end,
                budget,
            )
        )
    return rows


def write(name: str, header: str, rows: Iterable[Row]) -> None:
    with (DATA / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(", "))
        writer.writerows(rows)


def seed(rows_of: dict[str, list[Row]]) -> None:
    """A script that makes the shop's tables anew, in one transaction."""
    lines = [
        "-- Fills the shop's database; written by scripts/make_data.py.",
        "SET client_min_messages = warning;",
        "BEGIN;",
    ]
    for name, columns in TABLES.items():
        values = ",\n".join(f"  ({', '.join(map(literal, row))})" for row in rows_of[name])
        lines += [
            f"DROP TABLE IF EXISTS public.{name};",
            f"CREATE TABLE public.{name} ({columns});",
            f"INSERT INTO public.{name} VALUES\n{values};",
        ]
    SEED_FILE.parent.mkdir(exist_ok=True)
    SEED_FILE.write_text("\n".join([*lines, "COMMIT;"]) + "\n", encoding="utf-8")


def literal(value: object) -> str:
    text = str(value).replace("'", "''")
    return text if isinstance(value, int) else f"'{text}'"


def main() -> None:
    DATA.mkdir(exist_ok=True)
    chance = random.Random(SEED)
    catalogue, people = products(chance), customers(chance)
    sold = orders(chance, catalogue)
    seed({"products": catalogue, "customers": people, "orders": sold})
    write("products", "product_id, name, category, price", catalogue)
    write("customers", "customer_id, name, email, region, created_at", people)
    write(
        "orders",
        "order_id, customer_id, product_id, amount, order_date, status",
        sold,
    )
    write("traffic_events", "event_id, customer_id, page, action, timestamp", traffic(chance))
    write(
        "marketing_campaigns",
        "campaign_id, name, channel, start_date, end_date, budget",
        campaigns(chance),
    )
    write(
        "subscriber_daily",
        "date, region, active_subscribers, joined, churned",
        subscribers(random.Random(SEED + 1)),
    )


if __name__ == "__main__":
    main()
