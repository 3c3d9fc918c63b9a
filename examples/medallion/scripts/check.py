"""Computes the results again with DuckDB alone, from the files the database was filled with.

Run it from the example's folder after ``seeknal run``: ``seeknal python scripts/check.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
STORED = ROOT / "target" / "intermediate"

COMPLETED = """
    SELECT o.order_id, o.customer_id, o.product_id, o.amount::DECIMAL(12,2) AS amount,
           o.order_date::DATE AS order_date, c.region
    FROM 'data/orders.csv' o, 'data/customers.csv' c
    WHERE o.customer_id = c.customer_id AND o.status = 'completed'
"""
REVENUE = f"""
    SELECT region, date_trunc('month', order_date)::DATE AS month, count(*) AS orders,
           sum(amount) AS revenue, count(DISTINCT category) AS categories
    FROM ({COMPLETED}) JOIN 'data/products.csv' USING (product_id)
    GROUP BY 1, 2
"""
LIFETIME_VALUE = f"""
    SELECT customer_id, c.region, count(o.order_id) AS orders,
           coalesce(sum(o.amount), 0) AS lifetime_value, max(o.order_date) AS last_order
    FROM 'data/customers.csv' c LEFT JOIN ({COMPLETED}) o USING (customer_id)
    GROUP BY 1, 2
"""
TRAFFIC = """
    SELECT event_id, customer_id, c.region, page, action,
           (SELECT count(*) FROM 'data/marketing_campaigns.csv' m
            WHERE t.timestamp::DATE >= m.start_date AND t.timestamp::DATE <= m.end_date)
               AS running_campaigns
    FROM 'data/traffic_events.csv' t JOIN 'data/customers.csv' c USING (customer_id)
    WHERE page <> 'account'
"""
ACTIVITY = f"""
    SELECT DISTINCT a.customer_id, a.order_date,
           (SELECT sum(b.amount) FROM ({COMPLETED}) b WHERE b.customer_id = a.customer_id
            AND b.order_date BETWEEN a.order_date - 29 AND a.order_date) AS amount_sum_30d
    FROM ({COMPLETED}) a
"""
EXPECTED = {
    "transform.clean_orders": COMPLETED,
    "transform.enrich_traffic": TRAFFIC,
    "transform.revenue_summary": REVENUE,
    "transform.customer_lifetime_value": LIFETIME_VALUE,
    "aggregation.customer_activity": ACTIVITY,
}


def differences(node: str, expected: str) -> tuple[int, int]:
    """(rows expected, rows that only one side has), over the columns that are expected."""
    stored = STORED / f"{node.replace('.', '_', 1)}.parquet"
    wanted = duckdb.sql(expected)
    columns = ", ".join(wanted.columns)
    found = duckdb.sql(f"SELECT {columns} FROM '{stored}'")
    missing, surplus = len(wanted.except_(found)), len(found.except_(wanted))
    return len(wanted), missing + surplus + abs(len(wanted) - len(found))


def main() -> int:
    wrong = 0
    for node, expected in EXPECTED.items():
        rows, different = differences(node, expected)
        wrong += different
        print(f"{node}: {rows} rows, {different or 'none'} different")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
