"""The documented definitions run as they are written, and equal SQL written by hand."""

import duckdb
import pytest

from tests.semantic.layer.conftest import METRICS, ORDERS

ROWS = """order_id,customer_id,ordered_at,region,amount,status
1,7,2026-01-05,north,10.50,paid
2,8,2026-01-20,south,4.00,refunded
3,7,2026-02-01,north,20.00,paid
4,9,2026-02-28,,7.25,paid
5,8,2026-04-30,south,1.25,paid
6,8,2026-04-30,south,3.00,refunded
"""
AS_WRITTEN = ORDERS.replace(
    "default_time_dimension: ordered_at\n",
    "default_time_dimension: ordered_at\n"
    "primary_entity: order                     # for a model without a key column\n",
).replace("ref('source.order_rows')", "ref('transform.order_summary')")
PROJECT = {
    "data/orders.csv": ROWS,
    "seeknal/rows.yml": "{kind: source, name: orders, source: csv, table: data/orders.csv,"
    ' columns: {amount: "DECIMAL(12,2)"}}\n'
    "---\n{kind: transform, name: order_summary, sql: \"SELECT * FROM ref('source.orders')\"}\n",
    "seeknal/semantic_models/orders.yml": AS_WRITTEN,
    "seeknal/metrics/all.yml": METRICS,
}
PERIODS = """
    months AS (SELECT DISTINCT date_trunc('month', ordered_at) AS month FROM orders),
    paid AS (
        SELECT date_trunc('month', ordered_at) AS month, sum(amount) AS v
        FROM orders WHERE status != 'refunded' GROUP BY 1
    )
"""
RIGHT = {
    ("total_revenue", "metric_time__month"): f"WITH {PERIODS} SELECT month, v FROM paid",
    ("revenue_per_customer", "metric_time__month"): """
        SELECT date_trunc('month', ordered_at), sum(amount) / count(DISTINCT customer_id)::DOUBLE
        FROM orders GROUP BY 1
    """,
    ("mtd_revenue", "metric_time__day"): """
        SELECT day, sum(amount) FROM range(DATE '2026-01-05', DATE '2026-05-01', INTERVAL 1 DAY)
            AS days(day)
        JOIN orders ON ordered_at BETWEEN date_trunc('month', day) AND day GROUP BY 1
    """,
    # Nothing was sold in March: what April grew by is not known, and March has lost everything.
    ("revenue_growth_mom", "metric_time__month"): f"""
        WITH {PERIODS}, shown AS (
            SELECT month FROM months UNION
            SELECT month + INTERVAL 1 MONTH FROM paid WHERE month < DATE '2026-04-01'
        )
        SELECT month, (now.v - before.v) / before.v::DOUBLE
        FROM shown LEFT JOIN paid AS now USING (month)
        LEFT JOIN paid AS before ON before.month = shown.month - INTERVAL 1 MONTH
    """,
}


@pytest.fixture
def project(seeknal_project, built):
    return built(seeknal_project(PROJECT))


def comparable(rows):
    """Dates as days, numbers as they are told apart by nobody."""
    return sorted(
        (str(day)[:10], None if value is None else round(float(value), 9)) for day, value in rows
    )


@pytest.mark.parametrize(("metric", "time"), RIGHT, ids=lambda name: name)
def test_a_documented_metric_is_what_sql_by_hand_gives(project, metric, time):
    by_hand = duckdb.connect()
    by_hand.execute(f"CREATE TABLE orders AS FROM '{project.path}/data/orders.csv'")

    asked = ("query", "--metrics", metric, "--dimensions", time, "--format", "json")
    found = project.run(*asked).assert_ok().json()

    rows = [(row[time], row[metric]) for row in found]
    assert comparable(rows) == comparable(by_hand.sql(RIGHT[metric, time]).fetchall())
    assert len(rows) > 2


@pytest.mark.parametrize("dimension", ["region", "order__region", "order_id__region"])
def test_what_a_row_is_may_be_named_by_its_key_and_by_its_primary_entity(project, dimension):
    asked = ("query", "--metrics", "total_revenue", "--dimensions", dimension, "--format", "json")

    found = project.run(*asked).assert_ok().json()

    by_region = {row[dimension]: float(row["total_revenue"]) for row in found}
    assert by_region == {"north": 30.5, "south": 1.25, None: 7.25}
