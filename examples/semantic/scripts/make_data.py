"""Makes the example's CSV files: the same each time.

Run it from the example's folder: ``seeknal python scripts/make_data.py``.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
SEED = 20260215
FIRST_DAY, DAYS = date(2025, 1, 1), 365
REGIONS = ("Jakarta", "Bandung", "Surabaya", "Medan")
PRODUCTS = (
    ("P01", "Filter coffee", "coffee", "4.50"),
    ("P02", "Espresso beans", "coffee", "12.90"),
    ("P03", "Green tea", "tea", "6.20"),
    ("P04", "Jasmine tea", "tea", "7.80"),
    ("P05", "Teapot", "ware", "24.00"),
    ("P06", "Cup", "ware", "3.75"),
)


def main() -> None:
    chance = random.Random(SEED)
    customers = [
        (number, chance.choice((*REGIONS, "")), FIRST_DAY + timedelta(chance.randrange(300)))
        for number in range(1, 41)
    ]
    orders = []
    for number in range(1, 301):
        customer, _, signed_up = chance.choice(customers)
        day = signed_up + timedelta(min(chance.randrange(120), (last_day() - signed_up).days))
        # Nobody orders in the holidays, which leaves days without any row.
        if date(2025, 8, 1) <= day <= date(2025, 8, 10):
            continue
        product, _, _, price = chance.choice(PRODUCTS)
        quantity = chance.randint(1, 6)
        status = chance.choices(("paid", "refunded", "cancelled"), (85, 10, 5))[0]
        amount = Decimal(price) * quantity
        orders.append((f"O{number:03}", customer, product, day, status, quantity, amount))
    stock = [
        (product, counted, chance.randrange(20, 200))
        for counted in (FIRST_DAY + timedelta(week * 7) for week in range(DAYS // 7))
        for product, *_ in PRODUCTS
        # The last product is counted every other week.
        if product != "P06" or counted.isocalendar().week % 2
    ]
    write("customers", ("customer_id", "region", "signed_up_on"), customers)
    write("products", ("product_id", "name", "category", "price"), PRODUCTS)
    header = ("order_id", "customer_id", "product_id", "ordered_on", "status", "quantity", "amount")
    write("orders", header, orders)
    write("stock", ("product_id", "counted_on", "units"), stock)


def last_day() -> date:
    return FIRST_DAY + timedelta(DAYS - 1)


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with (DATA / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
