"""What is taken over from dbt gives the values of SQL that was written by hand."""

import pytest
from tests.semantic.importing.conftest import FORMS

pytestmark = pytest.mark.inside

MONTHS = "range(DATE '2026-01-01', DATE '2026-05-01', INTERVAL 1 MONTH) AS m(month)"
DAYS = "range(DATE '2026-01-01', DATE '2026-05-01', INTERVAL 1 DAY) AS d(day)"
REVENUE = f"""
    SELECT month, coalesce(sum(amount), 0) AS v FROM {MONTHS}
    LEFT JOIN orders ON date_trunc('month', ordered_at) = month AND status <> 'refunded' GROUP BY 1
"""
RIGHT = {
    ("revenue", "metric_time__month"): REVENUE,
    ("orders", "customer__country"): """
        SELECT country, count(*) FROM orders LEFT JOIN customers USING (customer_id) GROUP BY 1
    """,
    ("orders", "is_bulk"): "SELECT quantity > 10, count(*) FROM orders GROUP BY 1",
    ("orders", "metric_time__season"): """
        SELECT 'S' || quarter(ordered_at), count(*) FROM orders GROUP BY 1
    """,
    ("top_quarter", ""): "SELECT quantile_disc(amount, 0.75) FROM orders",
    ("foreign_revenue", ""): """
        SELECT sum(amount) FROM orders JOIN customers USING (customer_id)
        WHERE country IN ('ID', 'DE') AND ordered_at >= DATE '2026-02-01'
    """,
    ("revenue_of_regulars", ""): """
        SELECT sum(amount) FROM orders WHERE customer_id IN
            (SELECT customer_id FROM orders GROUP BY 1 HAVING count(*) > 1)
    """,
    ("refund_share", ""): "SELECT avg(CASE status WHEN 'refunded' THEN 1 ELSE 0 END) FROM orders",
    ("growth", "metric_time__month"): f"""
        SELECT now.month, (now.v - before.v)::DOUBLE * 100 / nullif(before.v, 0)
        FROM ({REVENUE}) AS now
        LEFT JOIN ({REVENUE}) AS before ON before.month = now.month - INTERVAL 1 MONTH
    """,
    ("net", ""): "SELECT sum(amount) FILTER (status <> 'refunded') - count(*) FROM orders",
    ("so_far", "metric_time__month"): f"""
        SELECT month, (SELECT sum(amount) FROM orders
            WHERE date_trunc('month', ordered_at) <= month) FROM {MONTHS}
    """,
    ("last_30_days", "metric_time__day"): f"""
        SELECT day, sum(amount) FROM {DAYS}
        JOIN orders ON ordered_at <= day AND ordered_at > day - INTERVAL 30 DAY GROUP BY 1
    """,
    ("month_to_date", "metric_time__day"): f"""
        SELECT day, sum(amount) FROM {DAYS}
        JOIN orders ON ordered_at BETWEEN date_trunc('month', day) AND day GROUP BY 1
    """,
    ("sign_up_to_order", ""): """
        SELECT avg(CASE WHEN EXISTS (FROM orders WHERE orders.customer_id = customers.customer_id
            AND ordered_at >= signed_up_at AND ordered_at < signed_up_at + INTERVAL 7 DAY)
            THEN 1 ELSE 0 END) FROM customers
    """,
    ("held", "owner"): """
        SELECT owner_id, sum(balance) FROM balances WHERE day =
            (SELECT max(day) FROM balances AS b WHERE b.owner_id = balances.owner_id) GROUP BY 1
    """,
}


def plain(value):
    """Days as days, numbers as they are told apart by nobody."""
    if value is None or isinstance(value, bool):
        return str(value)
    try:
        return f"{float(value):.9g}"
    except (TypeError, ValueError):
        return str(value)[:10]


def sorted_rows(rows):
    return sorted([plain(value) for value in row] for row in rows)


@pytest.mark.parametrize(("metric", "dimension"), RIGHT, ids=lambda name: name or "alone")
def test_a_metric_of_dbt_is_what_sql_by_hand_gives(imported, by_hand, metric, dimension):
    asked = ["query", "--metrics", metric, "--format", "json"]
    asked += ["--dimensions", dimension] if dimension else []

    found = imported.run(*asked).assert_ok().json()

    rows = [list(row.values()) for row in found]
    assert sorted_rows(rows) == sorted_rows(by_hand(imported, RIGHT[metric, dimension]))


def test_a_saved_query_of_dbt_is_answered(imported, by_hand):
    found = imported.run("query", "--saved-query", "monthly", "--format", "json").assert_ok().json()

    totals = by_hand(imported, "SELECT sum(amount), count(*) FROM orders WHERE status = 'paid'")
    assert sorted({row["metric_time__month"][:10] for row in found if row["orders"]}) == [
        "2026-01-01",
        "2026-02-01",
        "2026-04-01",
    ]
    assert plain(sum(float(row["revenue"]) for row in found)) == plain(totals[0][0])
    assert sum(row["orders"] or 0 for row in found) == totals[0][1]


def test_what_is_written_has_no_problems(imported):
    validated = imported.run("validate").assert_ok()

    assert "no problems" in validated.stdout


@pytest.mark.parametrize("form", FORMS)
def test_nothing_of_what_has_an_equal_is_left_out(project, form):
    made = project(FORMS[form])

    asked = ("metrics", "import", "dbt", "--from-dialect", "duckdb", "--format", "json")
    said = made.run(*asked).assert_ok().json()

    assert said["left_out"] == []
    assert [entry["file"] for entry in said["written"]] == ["seeknal/semantic/semantic.yml"]
