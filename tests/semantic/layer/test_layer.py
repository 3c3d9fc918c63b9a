"""The semantic layer that a project's files define, and that it is no step of a run."""

import subprocess
import sys

from tests.semantic.layer.conftest import METRIC, MODELS, ORDERS

from seeknal.kernel.plugins import load_plugins
from seeknal.plugin import Calendar, Duration
from seeknal.project.loader import load_project
from seeknal_semantic.building import semantic_layer
from seeknal_semantic.definitions import (
    CumulativeMetric,
    DerivedMetric,
    RatioMetric,
    SimpleMetric,
    measure_inputs,
)


def test_the_documented_models_and_metrics_become_a_layer(layer):
    found = layer()

    kinds = {name: type(metric) for name, metric in found.metrics.items()}
    assert kinds == {
        "total_revenue": SimpleMetric,
        "revenue_per_customer": RatioMetric,
        "mtd_revenue": CumulativeMetric,
        "revenue_growth_mom": DerivedMetric,
    }
    assert found.metrics["total_revenue"].filters == ("status != 'refunded'",)
    assert found.metrics["mtd_revenue"].grain_to_date == "month"
    assert [each.offset for each in found.metrics["revenue_growth_mom"].inputs] == [
        None,
        Duration(1, "month"),
    ]


def test_a_measure_is_a_metric_of_its_own_name(layer):
    metric = layer().metric("order_count")

    assert (metric.id, metric.input.measure.expr) == (None, "1")


def test_a_metric_knows_the_measures_that_it_is_made_of(layer):
    found = layer()

    named = [each.measure.name for each in measure_inputs(found.metric("revenue_growth_mom"))]

    assert named == ["revenue", "revenue"]


def test_measures_have_the_time_of_their_model_or_their_own(layer):
    text = ORDERS + "  - {name: shipped, expr: '1', agg_time_dimension: shipped_at}\n"
    text = text.replace("measures:", "  - {name: shipped_at, type: time}\nmeasures:")

    model = layer(**{MODELS: text}).models["orders"]

    assert model.measures["revenue"].time.name == "ordered_at"
    assert model.measures["shipped"].time.name == "shipped_at"


def test_metrics_of_seeknal_2_stand_inside_their_model(layer):
    text = ORDERS + "metrics:\n  - {name: paid, type: simple, measure: revenue}\n"

    found = layer(**{MODELS: text})

    assert found.metrics["paid"].input.model.name == "orders"
    assert str(found.metrics["paid"].location) == "seeknal/semantic_models/orders.yml:18:5"


def test_filters_of_seeknal_2_are_a_list_and_may_be_mappings(layer):
    text = ORDERS + "  - {name: paid, expr: amount, filters: [{sql: a = 1}, region = 'x']}\n"

    measure = layer(**{MODELS: text}).models["orders"].measures["paid"]

    assert measure.filters == ("a = 1", "region = 'x'")


def test_a_metric_says_whose_measure_it_means_where_two_models_have_it(layer):
    other = ORDERS.replace("name: orders", "name: returns").replace("order_id", "return_id")
    metric = "\n---\n{kind: metric, name: back, type: simple, measure: revenue, semantic_model: %s}"
    metrics = "".join(metric % name for name in ("returns",)).removeprefix("\n---\n")

    found = layer(**{"seeknal/returns.yml": other, METRIC: metrics})

    assert found.metrics["back"].input.model.name == "returns"
    assert found.metric("revenue") is None


def test_metrics_that_stand_inside_their_models_mean_their_own_measures(layer):
    inside = "metrics:\n  - {name: all_%s, type: simple, measure: revenue}\n"
    other = ORDERS.replace("name: orders", "name: returns").replace("order_id", "return_id")

    found = layer(
        **{
            MODELS: ORDERS + inside % "orders",
            "seeknal/returns.yml": other + inside % "returns",
            METRIC: None,
        }
    )

    models = [found.metrics[f"all_{name}"].input.model.name for name in ("orders", "returns")]
    assert models == ["orders", "returns"]


def test_the_calendar_is_the_projects(layer):
    settings = "name: shop\nweek_start: sunday\ntimezone: Asia/Jakarta\nfiscal_year_start: 4\n"

    found = layer(**{"seeknal_project.yml": settings}).calendar

    assert found == Calendar(week_start="sunday", timezone="Asia/Jakarta", fiscal_year_start=4)


def test_a_metric_reads_models_and_metrics_and_what_its_filters_join(read):
    metric = """
        kind: metric
        name: abroad
        type: derived
        expr: total_revenue - order_count
        inputs: [total_revenue, order_count]
        filter: customer__country <> 'ID' AND metric('mtd_revenue', 'customer') > 2
    """

    nodes = read(**{"seeknal/abroad.yml": metric}).nodes

    assert set(nodes["metric.abroad"].parents) == {
        "metric.total_revenue",
        "metric.mtd_revenue",
        "semantic_model.orders",
        "semantic_model.customers",
    }
    assert nodes["semantic_model.orders"].parents == ("source.order_rows",)


def test_a_run_has_no_step_and_no_line_for_the_layer(shop):
    project = shop()

    outcome = project.run("run")

    assert outcome.exit_code == 0, outcome.stderr
    said = outcome.stdout + outcome.stderr
    assert not any(word in said for word in ("metric", "semantic", "revenue"))
    again = project.run("run")
    assert "revenue" not in again.stdout + again.stderr


def test_the_nodes_of_the_layer_stand_in_list_and_lineage(shop):
    project = shop()

    listed = project.run("list", "--format", "json").json()
    lineage = project.run("lineage", "metric.revenue_growth_mom", "--format", "text")

    names = str(listed)
    assert all(f"metric.{name}" in names for name in ("total_revenue", "mtd_revenue"))
    assert lineage.exit_code == 0, lineage.stderr
    assert "source.order_rows" in lineage.stdout


def test_a_layer_that_is_right_is_valid(shop):
    outcome = shop().run("validate")

    assert outcome.exit_code == 0, outcome.stderr


def test_a_layer_from_the_cache_is_the_same_and_a_run_never_reads_it(shop):
    project = shop()
    first = load_project(project.path, load_plugins())

    again = load_project(project.path, load_plugins())

    assert again.nodes == first.nodes
    assert list(semantic_layer(again).metrics) == list(semantic_layer(first).metrics)
    code = (
        "import sys; from seeknal.cli import main; main(['run']);"
        "print([name for name in sys.modules if name.startswith('seeknal_semantic.')])"
    )
    project.run("run").assert_ok()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project.path, capture_output=True, text=True, check=True
    )
    names = ("plugin", "kinds")
    imported = [f"seeknal_semantic.{name}" for name in names]
    assert done.stdout.splitlines()[-1] == str(imported)
