"""The semantic example: every type of metric, and the same values as SQL written by hand."""

import filecmp
import importlib.util

import pytest

from seeknal.plugin import NodeId
from seeknal_semantic.building import semantic_layer
from tests.examples import EXAMPLES, call, copy_of, script

EXAMPLE = EXAMPLES / "semantic"


@pytest.fixture
def shop(tmp_path, built):
    """A copy of the example that has run."""
    return built(copy_of("semantic", tmp_path))


def checks():
    """What scripts/check.py asks for and compares."""
    spec = importlib.util.spec_from_file_location("check", EXAMPLE / "scripts" / "check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CHECKS


def the_layer():
    from seeknal.kernel.plugins import load_plugins
    from seeknal.project.loader import load_project

    return semantic_layer(load_project(EXAMPLE, load_plugins(), use_cache=False))


def test_its_metrics_are_those_of_sql_written_by_hand(shop):
    printed = script(shop, "check.py")

    assert printed.count(" rows, equal\n") == len(checks())


def test_the_check_notices_a_wrong_number(shop):
    data = shop.path / "data" / "orders.csv"
    data.write_text(data.read_text() + "O999,1,P01,2025-06-01,paid,1,1.00\n")

    checked = call(shop, "scripts/check.py")

    assert checked.returncode == 1
    assert "revenue: 12 rows, DIFFERENT" in checked.stdout


def test_every_metric_is_checked():
    layer = the_layer()

    levels = {"units_in_stock"}
    assert set(checks()) == {*layer.metrics, *levels}


def test_it_shows_every_type_of_metric_and_what_belongs_to_it():
    layer = the_layer()
    metrics = layer.metrics.values()
    inputs = [entry for metric in metrics for entry in getattr(metric, "inputs", ())]
    measures = [each for model in layer.models.values() for each in model.measures.values()]

    types = {type(metric).__name__.removesuffix("Metric").lower() for metric in metrics}
    assert types == {"simple", "ratio", "derived", "cumulative", "conversion"}
    assert any(entry.offset for entry in inputs)
    assert any(entry.offset_to_grain for entry in inputs)
    assert any(getattr(entry.metric, "inputs", ()) for entry in inputs)
    assert {"percentile", "median", "count_distinct", "count", "sum"} <= {e.agg for e in measures}
    assert any(each.non_additive for each in measures)
    assert set(layer.custom_grains) == {"half"}
    windows = [metric for metric in metrics if type(metric).__name__ == "CumulativeMetric"]
    assert any(each.window for each in windows)
    assert any(each.grain_to_date for each in windows)
    assert any(not each.window and not each.grain_to_date for each in windows)


@pytest.mark.parametrize(("name", "rows"), [("revenue_by_month", 12), ("best_categories", 5)])
def test_its_saved_queries_are_answered(shop, name, rows):
    outcome = shop.run("query", "--saved-query", name, "--format", "json").assert_ok()

    assert len(outcome.json()) == rows


def test_its_nodes_are_no_steps_of_a_run(shop):
    listed = shop.run("run", "--format", "json").assert_ok().json()

    kinds = {NodeId(step["node"]).kind for step in listed["nodes"]}
    assert kinds == {"source", "transform"}


def test_its_data_is_what_its_script_makes(shop):
    files = sorted(path.name for path in (EXAMPLE / "data").iterdir())

    script(shop, "make_data.py")

    same = filecmp.cmpfiles(EXAMPLE / "data", shop.path / "data", files, shallow=False)[0]
    assert sorted(same) == files


def test_init_writes_the_same_project(shop, tmp_path):
    shop.run("init", str(tmp_path / "mine"), "--example", "semantic").assert_ok()

    mine = tmp_path / "mine" / "data"
    names = [path.name for path in mine.iterdir()]
    assert filecmp.cmpfiles(EXAMPLE / "data", mine, names, shallow=False)[0] == names
