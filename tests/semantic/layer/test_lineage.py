"""Semantic nodes are part of the pipeline: what they read, column by column, and what does not."""

import pytest
from tests.semantic.layer.conftest import MODELS, ORDERS

pytestmark = pytest.mark.inside

CUSTOMER_METRICS = """
---
{kind: metric, name: german, type: simple, measure: revenue, filter: "customer__country = 'DE'"}
---
kind: metric
name: by_good
type: simple
measure: revenue
filter: "metric('order_count', 'customer') > 1"
"""
REPORT = """
kind: transform
name: report
sql: FROM {{ metric_query(metrics=['total_revenue'], dimensions=['region']) }}
"""


@pytest.fixture
def known(shop):
    """The shop with further metrics, a saved query, a spine and a transform that asks."""
    made = shop(
        **{
            "seeknal|metrics|more.yml": CUSTOMER_METRICS.removeprefix("\n---\n"),
            "seeknal|transforms|report.yml": REPORT,
            "seeknal|saved.yml": "kind: saved_query\nname: by_region\n"
            "metrics: [mtd_revenue]\ndimensions: [region, ordered_at__month]\n",
        }
    )
    made.run("run").assert_ok()
    return made


def lineage_of(project, node):
    page = project.run("lineage", "--format", "json").assert_ok().json()
    return next(entry for entry in page["nodes"] if entry["id"] == node)["lineage"]


def columns(found):
    return {
        column["name"]: (
            {".".join(ref) for ref in column["values"]},
            {".".join(ref) for ref in column["influences"]},
        )
        for column in found["columns"]
    }


def reached(project, what):
    found = project.run("impact", what, "--format", "json").assert_ok().json()
    return {entry["node"] for entry in found["affected"]}


def test_a_metric_has_one_column_of_its_own_name(known):
    found = columns(lineage_of(known, "metric.total_revenue"))

    assert found == {
        "total_revenue": ({"semantic_model.orders.revenue"}, {"semantic_model.orders.status"})
    }


def test_a_models_members_come_of_the_columns_in_their_expressions(known):
    found = columns(lineage_of(known, "semantic_model.orders"))

    assert found["revenue"] == ({"source.order_rows.amount"}, set())
    assert found["customer"] == ({"source.order_rows.customer_id"}, set())
    assert found["order_count"] == (set(), set())
    assert found["status"] == ({"source.order_rows.status"}, set())


def test_a_metric_of_metrics_comes_of_these(known):
    growth = columns(lineage_of(known, "metric.revenue_growth_mom"))
    ratio = columns(lineage_of(known, "metric.revenue_per_customer"))

    values, influences = growth["revenue_growth_mom"]
    assert values == {"metric.total_revenue.total_revenue"}
    assert "semantic_model.orders.ordered_at" in influences
    assert ratio["revenue_per_customer"][0] == {
        "semantic_model.orders.revenue",
        "semantic_model.orders.unique_customers",
    }


def test_a_filter_by_a_join_reads_both_sides_of_it(known):
    _, influences = columns(lineage_of(known, "metric.german"))["german"]

    assert influences == {
        "semantic_model.orders.customer",
        "semantic_model.customers.customer",
        "semantic_model.customers.country",
    }


def test_a_metric_in_a_filter_is_read(known):
    _, influences = columns(lineage_of(known, "metric.by_good"))["by_good"]

    assert influences == {"semantic_model.orders.order_count", "semantic_model.orders.customer"}


def test_a_saved_query_has_the_columns_of_its_answer(known):
    found = columns(lineage_of(known, "saved_query.by_region"))

    assert list(found) == ["region", "ordered_at__month", "mtd_revenue"]
    assert found["region"][0] == {"semantic_model.orders.region"}
    assert found["mtd_revenue"][0] == {"metric.mtd_revenue.mtd_revenue"}


def test_a_metric_is_followed_to_the_columns_of_sources(known):
    name = "metric.revenue_growth_mom.revenue_growth_mom"

    shown = known.run("lineage", name, "--format", "text").assert_ok().stdout

    assert "source.order_rows.amount" in shown
    assert "source.order_rows.status" in shown
    assert "source.order_rows.region" not in shown


@pytest.mark.parametrize(
    ("column", "metrics"),
    [
        (
            "source.order_rows.amount",
            {"total_revenue", "revenue_growth_mom", "mtd_revenue", "revenue_per_customer"}
            | {"german", "by_good"},
        ),
        ("source.order_rows.status", {"total_revenue", "revenue_growth_mom"}),
        ("source.customer_rows.country", {"german"}),
        ("source.order_rows.customer_id", {"revenue_per_customer", "german", "by_good"}),
        ("source.order_rows.order_id", set()),
        ("source.order_rows.ordered_at", {"mtd_revenue", "revenue_growth_mom"}),
    ],
)
def test_impact_names_the_metrics_that_a_column_reaches(known, column, metrics):
    found = {node for node in reached(known, column) if node.startswith("metric.")}

    assert found == {f"metric.{name}" for name in metrics}


def test_impact_lists_them_at_the_end(known):
    found = known.run("impact", "source.order_rows.status").assert_ok().stdout
    answer = known.run("impact", "source.order_rows.status", "--format", "json").json()

    assert "\nmetrics\n    metric.total_revenue\n    metric.revenue_growth_mom\n" in found
    assert answer["described"]["metric"] == ["metric.total_revenue", "metric.revenue_growth_mom"]


def test_impact_of_a_metric_reaches_who_asks_for_it(known):
    found = reached(known, "metric.total_revenue")

    assert {"metric.revenue_growth_mom", "transform.report"} <= found


def test_a_join_in_the_filter_of_a_measure_is_of_the_metrics_over_it(shop):
    measure = "{name: revenue, expr: amount, agg: sum, filter: \"customer__country = 'DE'\""
    model = ORDERS.replace("{name: revenue, expr: amount, agg: sum", measure)
    project = shop(**{MODELS.replace("/", "|"): model})
    project.run("run").assert_ok()

    found = reached(project, "source.customer_rows.country")

    assert {"metric.total_revenue", "metric.mtd_revenue"} <= found


def test_a_spine_is_read_by_what_it_fills(shop):
    spine = (
        "{kind: transform, name: days, sql: \"SELECT DATE '2026-01-01' + n::INT AS day FROM"
        ' range(9) t(n)"}\n---\n'
        "{kind: time_spine, name: days, model: transform.days, column: day}\n"
    )
    project = shop(**{"seeknal|spine.yml": spine})
    project.run("run").assert_ok()

    found = reached(project, "transform.days.day")

    assert {"metric.mtd_revenue", "metric.revenue_growth_mom"} <= found
    assert "metric.total_revenue" not in found


def test_another_expression_is_read_at_once(known):
    lineage_of(known, "metric.mtd_revenue")
    known.write({MODELS: ORDERS.replace("revenue, expr: amount", "revenue, expr: order_id")})

    assert "metric.mtd_revenue" in reached(known, "source.order_rows.order_id")
    assert "metric.mtd_revenue" not in reached(known, "source.order_rows.amount")


def test_the_page_has_them(known):
    page = known.run("lineage", "--format", "json").assert_ok().json()

    assert {"semantic_model", "metric", "saved_query"} <= {node["kind"] for node in page["nodes"]}
    edges = {(edge["from"], edge["to"]) for edge in page["edges"]}
    assert ("metric.total_revenue", "transform.report") in edges
    assert ("semantic_model.orders", "metric.total_revenue") in edges


def test_a_run_says_nothing_of_them(known):
    said = known.run("run").assert_ok()

    assert not any(word in said.stdout + said.stderr for word in ("metric.", "semantic_model."))
