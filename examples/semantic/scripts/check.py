"""Computes metrics again, by SQL that was written by hand over the CSV files, and compares.

Run it from the example's folder after ``seeknal run``: ``seeknal python scripts/check.py``. The
SQL says what each metric means; nothing of it comes from seeknal.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("customers", "orders", "products", "stock")
BY_MONTH = ["metric_time__month"]
REVENUE = """
    SELECT date_trunc('month', ordered_on) AS month, sum(amount) AS revenue
    FROM kept WHERE status <> 'refunded' GROUP BY 1
"""
GROWTH = f"""
    SELECT now.month, (now.revenue - before.revenue) / CAST(before.revenue AS DOUBLE) AS growth
    FROM ({REVENUE}) AS now
    LEFT JOIN ({REVENUE}) AS before ON before.month = now.month - INTERVAL 1 MONTH
"""
SOLD = "(FROM kept WHERE status <> 'refunded') AS sold"
ENDS = "(SELECT max(day) AS last FROM days GROUP BY date_trunc('month', day))"
CHECKS: dict[str, tuple[dict[str, Any], str]] = {
    "revenue": ({"metrics": ["revenue"], "dimensions": BY_MONTH}, REVENUE),
    "coffee_revenue": (
        {"metrics": ["coffee_revenue"], "dimensions": ["customer__region"]},
        """
        SELECT region, sum(amount) FROM kept
        LEFT JOIN products USING (product_id) LEFT JOIN customers USING (customer_id)
        WHERE status <> 'refunded' AND category = 'coffee' GROUP BY 1
        """,
    ),
    "revenue_of_regulars": (
        {"metrics": ["revenue_of_regulars"]},
        """
        SELECT sum(amount) FROM kept WHERE status <> 'refunded' AND customer_id IN
            (SELECT customer_id FROM kept GROUP BY 1 HAVING count(*) > 5)
        """,
    ),
    "daily_orders": (
        {
            "metrics": ["daily_orders"],
            "dimensions": ["metric_time__day"],
            "start": "2025-07-28",
            "end": "2025-08-12",
        },
        """
        SELECT day, (SELECT count(*) FROM kept WHERE ordered_on = day) FROM days
        WHERE day BETWEEN DATE '2025-07-28' AND DATE '2025-08-12'
        """,
    ),
    "large_order_amount": (
        {"metrics": ["large_order_amount"], "dimensions": ["size"]},
        """
        SELECT CASE WHEN quantity >= 4 THEN 'large' ELSE 'small' END,
               quantile_cont(CAST(amount AS DOUBLE), 0.9)
        FROM kept GROUP BY 1
        """,
    ),
    "revenue_per_buyer": (
        {"metrics": ["revenue_per_buyer"], "dimensions": ["metric_time__half"]},
        """
        SELECT CASE WHEN month(ordered_on) <= 6 THEN '2025 H1' ELSE '2025 H2' END,
               CAST(sum(amount) FILTER (status <> 'refunded') AS DOUBLE)
                   / count(DISTINCT customer_id)
        FROM kept GROUP BY 1
        """,
    ),
    "refund_rate": (
        {"metrics": ["refund_rate"], "dimensions": BY_MONTH},
        """
        SELECT date_trunc('month', ordered_on), avg(CASE WHEN status = 'refunded' THEN 1 ELSE 0 END)
        FROM kept GROUP BY 1
        """,
    ),
    "revenue_growth": ({"metrics": ["revenue_growth"], "dimensions": BY_MONTH}, GROWTH),
    "growth_change": (
        {"metrics": ["growth_change"], "dimensions": BY_MONTH},
        f"""
        SELECT now.month, now.growth - before.growth FROM ({GROWTH}) AS now
        LEFT JOIN ({GROWTH}) AS before ON before.month = now.month - INTERVAL 1 MONTH
        """,
    ),
    "revenue_against_january": (
        {"metrics": ["revenue_against_january"], "dimensions": BY_MONTH},
        f"""
        SELECT month,
               CAST(revenue AS DOUBLE) / (SELECT revenue FROM ({REVENUE}) ORDER BY month LIMIT 1)
        FROM ({REVENUE})
        """,
    ),
    "revenue_7_days": (
        {"metrics": ["revenue_7_days"], "dimensions": ["metric_time__day"]},
        f"""
        SELECT day, sum(amount) FROM days
        JOIN {SOLD} ON ordered_on BETWEEN day - INTERVAL 6 DAY AND day GROUP BY 1
        """,
    ),
    "buyers_30_days": (
        {"metrics": ["buyers_30_days"], "dimensions": ["metric_time__day"]},
        """
        SELECT day, count(DISTINCT customer_id) FROM days
        JOIN kept ON ordered_on BETWEEN day - INTERVAL 29 DAY AND day GROUP BY 1
        """,
    ),
    "revenue_this_month": (
        {"metrics": ["revenue_this_month"], "dimensions": ["metric_time__day"]},
        f"""
        SELECT day, sum(amount) FROM days
        JOIN {SOLD} ON ordered_on BETWEEN date_trunc('month', day) AND day GROUP BY 1
        """,
    ),
    "revenue_so_far": (
        {"metrics": ["revenue_so_far"], "dimensions": BY_MONTH},
        f"""
        SELECT date_trunc('month', last), (SELECT sum(amount) FROM {SOLD} WHERE ordered_on <= last)
        FROM {ENDS}
        """,
    ),
    "first_order_rate": (
        {"metrics": ["first_order_rate"], "dimensions": ["customer__region"]},
        """
        SELECT region, count(converted) / CAST(count(*) AS DOUBLE) FROM (
            SELECT region, (
                SELECT min(order_id) FROM kept WHERE kept.customer_id = customers.customer_id
                AND ordered_on >= signed_up_on AND ordered_on < signed_up_on + INTERVAL 30 DAY
            ) AS converted FROM customers
        ) GROUP BY 1
        """,
    ),
    "units_in_stock": (
        {"metrics": ["units_in_stock"], "dimensions": ["product__category"]},
        """
        SELECT category, sum(units) FROM stock JOIN products USING (product_id)
        WHERE counted_on =
            (SELECT max(counted_on) FROM stock AS other WHERE other.product_id = stock.product_id)
        GROUP BY 1
        """,
    ),
}


def main() -> int:
    shop = duckdb.connect()
    for name in SOURCES:
        shop.execute(f"CREATE VIEW {name} AS FROM '{ROOT / 'data' / name}.csv'")
    shop.execute("CREATE VIEW kept AS FROM orders WHERE status <> 'cancelled'")
    shop.execute(
        "CREATE VIEW days AS SELECT CAST(day AS DATE) AS day FROM generate_series("
        "DATE '2025-01-01', DATE '2025-12-31', INTERVAL 1 DAY) AS days(day)"
    )
    wrong = 0
    for (name, (_, sql)), answer in zip(CHECKS.items(), answers(), strict=True):
        expected, found = comparable(shop.sql(sql).fetchall()), comparable(answer)
        wrong += expected != found
        print(f"{name}: {len(expected)} rows, {'equal' if expected == found else 'DIFFERENT'}")
    return 1 if wrong else 0


def answers() -> Iterable[list[list[object]]]:
    """The rows of each query, which one process answers, a line each."""
    lines = "\n".join(json.dumps(query) for query, _ in CHECKS.values())
    command = [sys.executable, "-m", "seeknal", "query", "--queries", "-"]
    done = subprocess.run(command, cwd=ROOT, input=lines, stdout=subprocess.PIPE, text=True)
    for line in done.stdout.splitlines():
        said = json.loads(line)
        yield said["rows"] if said["status"] == "success" else [[said["message"]]]


def comparable(rows: Iterable[Sequence[object]]) -> list[str]:
    """Rows in an order of their own, numbers to nine digits, dates as they are written."""
    return sorted(str([plain(value) for value in row]) for row in rows)


def plain(value: object) -> object:
    if value is None:
        return None
    try:
        return f"{float(Decimal(str(value))):.9g}"
    except ArithmeticError:
        return str(value).removesuffix(" 00:00:00")


if __name__ == "__main__":
    sys.exit(main())
