"""From a database to a warehouse: every table of a schema, with its types.

Run it from the example's folder: ``seeknal python scripts/database.py``.
"""

from __future__ import annotations

from shop import psql

import seeknal

TABLES = """
DROP SCHEMA IF EXISTS shop CASCADE;
CREATE SCHEMA shop;
CREATE TABLE shop.customers AS
    SELECT n AS id, 'Customer ' || n AS name, date '2026-01-01' + n AS since
    FROM generate_series(1, 40) AS s(n);
CREATE TABLE shop.products AS
    SELECT n AS id, (n * 1.5)::numeric(12,2) AS price, ARRAY['new', 'sale'] AS tags
    FROM generate_series(1, 10) AS s(n);
"""


def main() -> None:
    psql(TABLES)
    result = seeknal.ingest(
        connection="warehouse", tables=["shop.*"], into="warehouse:dw.*", mode="full"
    )
    for load in result["loads"]:
        print(f"{load['table']}: {load['rows_loaded']} rows")


if __name__ == "__main__":
    main()
