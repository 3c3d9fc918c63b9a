"""Fills the shop's tables in StarRocks, unless they are there already.

Whichever server STARROCKS_URL names: ``seeknal python scripts/seed.py``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

import pymysql

DATABASE = "shop"
CITIES = ("Bern", "Bolzano", "Lyon", "Turin")
STATUSES = ("paid", "paid", "paid", "cancelled", "refunded")
BEGIN = datetime(2026, 1, 1, 8)
TABLES = {
    "customers": "customer_id INT NOT NULL, name VARCHAR(40), city VARCHAR(20)",
    "orders": "order_id BIGINT NOT NULL, ordered_at DATETIME, customer_id INT,"
    " amount DECIMAL(10, 2), status VARCHAR(16)",
}


def customers() -> Iterator[tuple[object, ...]]:
    for n in range(1, 41):
        yield n, f"Customer {n}", None if n % 10 == 0 else CITIES[n % 4]


def orders() -> Iterator[tuple[object, ...]]:
    for n in range(1, 301):
        at = BEGIN + timedelta(hours=7 * n)
        yield n, at, 1 + n * 7 % 40, f"{n * 37 % 5000 / 100:.2f}", STATUSES[n % 5]


ROWS = {"customers": customers, "orders": orders}


def seed(url: str) -> None:
    found = urlsplit(url)
    try:
        server = pymysql.connect(
            host=found.hostname,
            port=found.port or 9030,
            user=unquote(found.username or "root"),
            password=unquote(found.password or ""),
        )
    except pymysql.Error as error:
        sys.exit(f"STARROCKS_URL leads to no StarRocks: {error.args[-1]}")
    with server, server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
        cursor.execute(f"USE {DATABASE}")
        cursor.execute("SHOW TABLES")
        there = {row[0] for row in cursor.fetchall()}
        for table, columns in TABLES.items():
            if table in there:
                continue
            key = columns.partition(" ")[0]
            cursor.execute(
                f"CREATE TABLE {table} ({columns}) DUPLICATE KEY({key})"
                f" DISTRIBUTED BY HASH({key}) PROPERTIES ('replication_num' = '1')"
            )
            rows = list(ROWS[table]())
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)


if __name__ == "__main__":
    sys.exit(seed(os.environ["STARROCKS_URL"]))
