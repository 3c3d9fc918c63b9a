"""Computes the results again with DuckDB alone and compares them with the Iceberg tables.

Run it from the example's folder after ``seeknal run``: ``seeknal python scripts/check.py``. The
tables are read by PyIceberg, as any other engine would read them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from pyiceberg.catalog import load_catalog

ROOT = Path(__file__).resolve().parent.parent
LAKE = ROOT / ".seeknal" / "iceberg"
SOURCES = ("cell_sites", "subscriber_daily", "traffic_daily")
ACTIVE = """
    SELECT t.*, s.region, s.technology
    FROM traffic_daily t, cell_sites s, subscriber_daily c
    WHERE t.site_id = s.site_id AND t.subscriber_id = c.subscriber_id AND c.status = 'active'
"""
EXPECTED = {
    "silver_traffic_enriched": """
        SELECT t.*, s.region, s.technology FROM traffic_daily t, cell_sites s
        WHERE t.site_id = s.site_id
    """,
    "silver_clean_subscribers": """
        SELECT subscriber_id, plan, activated_on,
               date_diff('day', activated_on, DATE '2025-04-01') AS tenure_days
        FROM subscriber_daily WHERE status NOT IN ('churned', 'paused')
    """,
    "silver_active_traffic": f"""
        SELECT date, subscriber_id, site_id, region, revenue FROM ({ACTIVE})
    """,
    "gold_revenue_by_region": f"""
        SELECT region, technology, sum(revenue) AS total_revenue, sum(data_mb) AS total_data_mb
        FROM ({ACTIVE}) GROUP BY 1, 2
    """,
    "gold_daily_kpi": f"""
        SELECT date, region, sum(revenue) AS revenue, count(DISTINCT subscriber_id) AS subscribers
        FROM ({ACTIVE}) GROUP BY 1, 2
    """,
    "fg_subscriber_features": f"""
        SELECT subscriber_id, CAST(max(date) AS DATE) AS last_day,
               CAST(sum(revenue) AS DOUBLE) AS total_revenue, count(DISTINCT date) AS active_days
        FROM ({ACTIVE}) GROUP BY 1
    """,
}


def main() -> int:
    catalog = load_catalog(
        "atlas",
        type="sql",
        uri=f"sqlite:///{LAKE / 'catalog.db'}",
        warehouse=(LAKE / "warehouse").as_uri(),
    )
    lake = duckdb.connect()
    for name in SOURCES:
        lake.register(name, catalog.load_table(("ref_common_test", name)).scan().to_arrow())
    wrong = 0
    for name, query in EXPECTED.items():
        lake.register("found", catalog.load_table(("lineage_test", name)).scan().to_arrow())
        columns = ", ".join(lake.sql(query).columns)
        only = [
            lake.sql(f"SELECT {columns} FROM {a} EXCEPT ALL SELECT {columns} FROM {b}")
            for a, b in ((f"({query})", "found"), ("found", f"({query})"))
        ]
        different = sum(len(rows) for rows in only)
        wrong += different
        count = len(lake.sql("FROM found"))
        print(f"lineage_test.{name}: {count:,} rows, {different or 'none'} different")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
