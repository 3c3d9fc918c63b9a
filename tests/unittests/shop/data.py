"""The shop's files: the same rows each time, with NULLs, ties, and keys that lead nowhere."""

from __future__ import annotations

from pathlib import Path

_TABLES = {
    "customers": """
        SELECT i AS customer_id, 'Customer ' || i AS name, 'c' || i || '@shop.test' AS email,
            ['ID', 'DE', 'FR', 'BR', 'ID'][1 + {0:5}] AS country,
            CASE {1:4} WHEN 0 THEN 'gold' WHEN 1 THEN 'silver' WHEN 2 THEN 'basic' END AS segment,
            DATE '2024-01-01' + CAST({2:400} AS INTEGER) AS signed_up_on,
            CASE WHEN {3:3} = 0 AND i > 10 THEN 1 + {4:10} END AS referred_by
        FROM range(1, 121) AS r(i)
    """,
    "products": """
        SELECT i AS product_id, 'Product ' || chr(CAST(65 + i % 26 AS INTEGER)) || i AS name,
            CASE {0:6} WHEN 0 THEN 'tea' WHEN 1 THEN 'tea' WHEN 2 THEN 'coffee' WHEN 3 THEN 'cups'
                WHEN 4 THEN 'books' END AS category,
            CAST((100 + {1:90} * 25) / 100 AS DECIMAL(10, 2)) AS price,
            CASE WHEN {2:5} = 0 THEN DATE '2025-02-01' + CAST({3:90} AS INTEGER) END
                AS discontinued_on
        FROM range(1, 41) AS r(i)
    """,
    "orders": """
        SELECT i AS order_id, 1 + {0:124} AS customer_id,
            CASE WHEN {1:8} = 0 THEN 1 + {2:120} ELSE 1 + {0:124} END AS paid_by,
            TIMESTAMP '2025-01-01 08:00:00' + INTERVAL 1 DAY * {3:120}
                + INTERVAL 1 HOUR * {4:12} AS ordered_at,
            ['paid', 'paid', 'paid', 'shipped', 'shipped', 'cancelled', 'open'][1 + {5:7}]
                AS status,
            CASE {6:5} WHEN 0 THEN 'WELCOME' WHEN 1 THEN 'SPRING' WHEN 2 THEN 'SPRING' END
                AS coupon,
            CASE WHEN {7:6} > 0 THEN CAST({8:9} AS DECIMAL(10, 2)) END AS shipping
        FROM range(1, 901) AS r(i)
    """,
    "items": """
        SELECT 1 + {0:880} AS order_id, i AS line, 1 + {1:42} AS product_id,
            CAST(1 + {2:5} AS INTEGER) AS quantity,
            CAST((100 + {3:80} * 25) / 100 AS DECIMAL(10, 2)) AS unit_price,
            CASE {4:4} WHEN 0 THEN 0.1 WHEN 1 THEN 0.25 WHEN 2 THEN 0.0 END::DECIMAL(4, 2)
                AS discount
        FROM range(1, 2001) AS r(i)
    """,
    "refunds": """
        SELECT i AS refund_id, 1 + {0:930} AS order_id,
            DATE '2025-01-05' + CAST({1:130} AS INTEGER) AS refunded_on,
            CASE WHEN {2:7} > 0 THEN CAST(2 + {3:30} AS DECIMAL(10, 2)) END AS amount,
            ['late', 'broken', NULL, 'other'][1 + {4:4}] AS reason
        FROM range(1, 161) AS r(i)
    """,
    "visits": """
        SELECT i AS visit_id, CASE WHEN {0:6} > 0 THEN 1 + {1:118} END AS customer_id,
            TIMESTAMP '2025-03-01 00:00:00' + INTERVAL 1 MINUTE * {2:28800} AS started_at,
            CAST({3:12} AS INTEGER) AS pages,
            CASE {4:4} WHEN 0 THEN 'mail' WHEN 1 THEN 'search' WHEN 2 THEN 'social' END AS channel,
            {5:3} = 0 AS mobile
        FROM range(1, 1201) AS r(i)
    """,
}


def fill(folder: Path) -> None:
    """Write a CSV file for each source."""
    import re

    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    for name, query in _TABLES.items():
        drawn = re.sub(
            r"\{(\d+):(\d+)\}",
            lambda found: f"CAST(hash('{name}{found[1]}-' || i) % {found[2]} AS BIGINT)",  # noqa: B023
            query,
        )
        rows = duckdb.sql(f"{drawn} ORDER BY ALL")
        rows.write_csv(str(folder / f"{name}.csv"), header=True)
