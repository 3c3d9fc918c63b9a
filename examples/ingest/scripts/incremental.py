"""Only new rows, three times; events.yml says what and where to.

Run it from the example's folder: ``seeknal python scripts/incremental.py``.
"""

from __future__ import annotations

from shop import psql

import seeknal

FIRST = """
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.events (id int, at timestamptz);
INSERT INTO shop.events VALUES (1, '2026-01-01 10:00Z'), (2, '2026-01-01 11:00Z');
"""
SECOND = """
-- One at the very moment of the mark, one that is late, and one that is new.
INSERT INTO shop.events VALUES
    (3, '2026-01-01 11:00Z'), (4, '2026-01-01 10:30Z'), (5, '2026-01-01 12:00Z');
"""


def main() -> None:
    for name, statements in (("first", FIRST), ("second", SECOND), ("third", None)):
        if statements:
            psql(statements)
        result = seeknal.ingest("events.yml")
        print(f"{name}: {result['rows_loaded']} rows, {result['parquet_files']} files")


if __name__ == "__main__":
    main()
