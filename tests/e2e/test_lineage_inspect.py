"""The lineage_inspect example: ten nodes from lake to lake, with nothing to set up."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from seeknal.testing import TestProject

EXAMPLE = Path(__file__).parents[2] / "examples" / "lineage_inspect"
LEFT_BY_RUNS = shutil.ignore_patterns("target", "outputs", ".seeknal", "__pycache__")
SHAPES = {
    "source.cell_sites": (20, 5),
    "source.subscriber_daily": (200, 5),
    "source.traffic_daily": (7200, 6),
    "transform.traffic_enriched": (7200, 8),
    "transform.clean_subscribers": (159, 4),
    "transform.active_traffic": (5724, 9),
    "transform.revenue_by_region": (10, 5),
    "transform.daily_kpi": (450, 4),
    "feature_group.subscriber_features": (159, 6),
}
TABLES = (
    "silver_traffic_enriched",
    "silver_clean_subscribers",
    "silver_active_traffic",
    "gold_revenue_by_region",
    "gold_daily_kpi",
    "fg_subscriber_features",
)


@pytest.fixture
def lineage(tmp_path):
    """A copy of the example whose sources were filled."""
    made = TestProject(Path(shutil.copytree(EXAMPLE, tmp_path / "lineage", ignore=LEFT_BY_RUNS)))
    script(made, "seed.py")
    return made


def script(project, name):
    command = [sys.executable, f"scripts/{name}"]
    done = subprocess.run(command, cwd=project.path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def lake(project, name):
    """A table of the project's lake, opened with PyIceberg alone."""
    from pyiceberg.catalog import load_catalog

    folder = project.path / ".seeknal" / "iceberg"
    where = {"uri": f"sqlite:///{folder / 'catalog.db'}", "warehouse": folder.as_uri()}
    return load_catalog("atlas", type="sql", **where).load_table(("lineage_test", name))


def test_its_tables_are_those_of_duckdb_alone(lineage):
    lineage.run("run").assert_ok()

    assert script(lineage, "check.py").count("none different") == 6


def test_every_node_is_listed_with_its_rows_and_columns(lineage):
    lineage.run("run").assert_ok()

    listed = lineage.run("inspect", "--list", "--format", "json").assert_ok().json()

    found = {entry["node"]: (entry["rows"], len(entry["columns"] or ())) for entry in listed}
    assert len(found) == 10
    assert {node: found[node] for node in SHAPES} == SHAPES


@pytest.mark.parametrize("node", ["transform.active_traffic", "transform.daily_kpi"])
def test_yaml_and_python_nodes_are_looked_at_alike(lineage, node):
    lineage.run("run").assert_ok()

    ten = lineage.run("inspect", node).assert_ok()
    three = lineage.run("inspect", node, "--limit", "3").assert_ok()
    schema = lineage.run("inspect", node, "--schema").assert_ok()

    heading = 2
    assert len(ten.stdout.splitlines()) == heading + 10
    assert len(three.stdout.splitlines()) == heading + 3
    assert len(schema.stdout.splitlines()) == heading + SHAPES[node][1]


def test_a_second_run_opens_no_source_and_makes_no_snapshot(lineage):
    lineage.run("run").assert_ok()
    before = {name: lake(lineage, name).current_snapshot().snapshot_id for name in TABLES}

    outcome = lineage.run("run").assert_ok()

    assert "10 nodes: 0 run, 10 reused, 0 failed" in outcome.stdout
    assert {name: lake(lineage, name).current_snapshot().snapshot_id for name in TABLES} == before


def test_every_mode_gives_the_same_tables_when_all_runs_again(lineage):
    lineage.run("run").assert_ok()
    before = {name: content(lake(lineage, name)) for name in TABLES}

    lineage.run("run", "--full").assert_ok()

    assert {name: content(lake(lineage, name)) for name in TABLES} == before


def content(table):
    return sorted(str(row) for row in table.scan().to_arrow().to_pylist())


def test_the_report_holds_what_the_nodes_hold(lineage):
    lineage.run("run").assert_ok()

    for name in ("daily_kpi", "revenue_by_region"):
        file = lineage.path / "outputs" / f"{name}.csv"
        rows = duckdb.sql(f"SELECT count(*) FROM read_csv('{file}')").fetchall()
        assert rows == [(SHAPES[f"transform.{name}"][0],)]
