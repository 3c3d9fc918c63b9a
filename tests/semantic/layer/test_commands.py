"""``seeknal metrics``: what there is, what it is made of, and what is wrong."""

import json

import pytest
from tests.semantic.layer.conftest import CUSTOMERS, METRIC, METRICS


def test_metrics_are_listed_with_the_measures_that_are_metrics_themselves(shop):
    outcome = shop().run("metrics", "list", "--format", "json")

    found = {entry["metric"]: (entry["type"], entry["models"]) for entry in outcome.json()}
    assert found == {
        "mtd_revenue": ("cumulative", "orders"),
        "revenue_growth_mom": ("derived", "orders"),
        "revenue_per_customer": ("ratio", "orders"),
        "total_revenue": ("simple", "orders"),
        "avg_order_value": ("measure", "orders"),
        "customer_count": ("measure", "customers"),
        "order_count": ("measure", "orders"),
        "revenue": ("measure", "orders"),
        "unique_customers": ("measure", "orders"),
    }


def test_a_metric_is_shown_with_what_it_is_made_of(shop):
    shown = shop().run("metrics", "show", "revenue_growth_mom")

    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.splitlines() == [
        "revenue_growth_mom: derived, seeknal/metrics/all.yml:11",
        "  expr: (current - previous) / previous",
        "  inputs:",
        "    total_revenue, alias: current",
        "    total_revenue, alias: previous, offset: 1 month",
        "  models: orders",
        "  dimensions: metric_time, ordered_at, region, order_id, customer, customer__country",
    ]


def test_a_metric_as_json_is_json_and_nothing_else(shop):
    shown = shop().run("metrics", "show", "total_revenue", "--format", "json")

    found = json.loads(shown.stdout)
    assert found["measure"] == {
        "measure": "revenue",
        "model": "orders",
        "agg": "sum",
        "expr": "amount",
        "time": "ordered_at",
    }
    assert found["filters"] == ["status != 'refunded'"]


def test_a_measure_of_several_models_is_not_listed_for_it_is_no_metric(shop):
    two = CUSTOMERS.replace("measures:", "measures:\n  - {name: avg_order_value, expr: '1'}")

    outcome = shop(**{"seeknal/semantic_models/customers.yml": two}).run(
        "metrics", "list", "--format", "json"
    )

    names = [entry["metric"] for entry in outcome.json()]
    assert "customer_count" in names
    assert "avg_order_value" not in names


@pytest.mark.parametrize(
    ("name", "told"), [("total_revenu", "did you mean total_revenue"), ("x", "metrics: ")]
)
def test_a_metric_that_there_is_not_gets_the_nearest(shop, name, told):
    outcome = shop().run("metrics", "show", name)

    assert outcome.exit_code == 2
    assert "SK1501" in outcome.stderr
    assert told in outcome.stderr


def test_validate_says_what_there_is(shop):
    outcome = shop().run("metrics", "validate")

    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.stdout == "4 metrics, 2 models, 0 saved queries, 0 time spines: no problems\n"


def test_validate_tells_all_that_is_wrong(shop):
    wrong = METRICS.replace("measure: revenue", "measure: revenu")

    outcome = shop(**{METRIC: wrong}).run("metrics", "validate")

    assert outcome.exit_code == 2
    assert outcome.stderr.count("SK1501") == 2
