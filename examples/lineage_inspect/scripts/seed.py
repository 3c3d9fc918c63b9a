"""Fills the lake: three Iceberg tables with rows that are the same each time.

Run it from the example's folder: ``seeknal python scripts/seed.py``. The catalog is the project's
own, below .seeknal/; PyIceberg alone writes it, so that seeknal finds tables that it did not make.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from pyiceberg.catalog import load_catalog

ROOT = Path(__file__).resolve().parent.parent
LAKE = ROOT / ".seeknal" / "iceberg"
NAMESPACE = "ref_common_test"
TABLES = {
    "cell_sites": """
        SELECT
            'S' || lpad(CAST(i AS VARCHAR), 3, '0') AS site_id,
            ['Jakarta', 'Bandung', 'Surabaya', 'Medan', 'Makassar'][1 + i % 5] AS region,
            ['4G', '5G'][1 + i * 7 % 2] AS technology,
            CAST(-6.2 + i * 0.01 AS DOUBLE) AS latitude,
            CAST(106.8 + i * 0.01 AS DOUBLE) AS longitude
        FROM range(20) AS r(i)
    """,
    "subscriber_daily": """
        SELECT
            CAST(i AS BIGINT) AS subscriber_id,
            'Subscriber ' || i AS name,
            ['prepaid', 'postpaid', 'family'][1 + i % 3] AS plan,
            CASE WHEN i % 8 = 0 THEN 'churned' WHEN i % 11 = 0 THEN 'paused' ELSE 'active' END
                AS status,
            CAST(DATE '2023-01-01' + CAST(i * 5 % 800 AS INTEGER) AS DATE) AS activated_on
        FROM range(1, 201) AS r(i)
    """,
    "traffic_daily": """
        SELECT
            CAST(DATE '2025-01-01' + CAST(d AS INTEGER) AS DATE) AS date,
            CAST(i AS BIGINT) AS subscriber_id,
            'S' || lpad(CAST((i * 7919 + d * 104729) // 13 % 20 AS VARCHAR), 3, '0') AS site_id,
            CAST((i * 37 + d * 101) % 2000 AS DOUBLE) / 4 AS data_mb,
            CAST((i * 13 + d * 7) % 90 AS INTEGER) AS voice_minutes,
            CAST((i * 17 + d * 29) % 5000 / 100 AS DECIMAL(12, 2)) AS revenue
        FROM range(1, 201) AS s(i), range(90) AS t(d)
        WHERE (i * 31 + d * 17) % 5 < 2
    """,
}


def main() -> None:
    (LAKE / "warehouse").mkdir(parents=True, exist_ok=True)
    catalog = load_catalog(
        "atlas",
        type="sql",
        uri=f"sqlite:///{LAKE / 'catalog.db'}",
        warehouse=(LAKE / "warehouse").as_uri(),
    )
    catalog.create_namespace_if_not_exists(NAMESPACE)
    for name, query in TABLES.items():
        rows = duckdb.sql(query).to_arrow_table()
        table = catalog.create_table_if_not_exists((NAMESPACE, name), rows.schema)
        write = table.append if table.current_snapshot() is None else table.overwrite
        write(rows)
        print(f"atlas.{NAMESPACE}.{name}: {rows.num_rows:,} rows")


if __name__ == "__main__":
    main()
