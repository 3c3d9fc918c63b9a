"""The medallion example: files to dashboards, and the same results as DuckDB alone."""

import filecmp
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from tests.e2e.conftest import executed, steps

from seeknal.testing import TestProject

EXAMPLE = Path(__file__).parents[2] / "examples" / "medallion"
LEFT_BY_RUNS = shutil.ignore_patterns("target", "outputs", ".seeknal", "__pycache__")


@pytest.fixture
def medallion(tmp_path):
    """A copy of the example that nobody has run."""
    return TestProject(Path(shutil.copytree(EXAMPLE, tmp_path / "medallion", ignore=LEFT_BY_RUNS)))


def script(project, name):
    command = [sys.executable, f"scripts/{name}"]
    return subprocess.run(command, cwd=project.path, capture_output=True, text=True)


def kinds_of_references(project):
    """(language of the reader, language of what it reads) of every edge."""
    listed = project.run("list", "--format", "json").assert_ok().json()
    language = {node["node"]: "Python" if node["type"] == "python" else "YAML" for node in listed}
    return {
        (language[node["node"]], language[parent]) for node in listed for parent in node["inputs"]
    }


def test_its_results_are_those_of_duckdb_alone(medallion):
    medallion.run("run").assert_ok()

    checked = script(medallion, "check.py")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count("none different") == 5


def test_the_check_notices_a_wrong_row(medallion):
    medallion.run("run").assert_ok()
    data = medallion.path / "data" / "orders.csv"
    data.write_text(data.read_text() + "O99999,1,P001,1.00,2025-06-01,completed\n")

    checked = script(medallion, "check.py")

    assert checked.returncode == 1


def test_the_dashboard_gets_the_rows_that_are_stored(medallion):
    medallion.run("run").assert_ok()

    for name in ("revenue_summary", "customer_lifetime_value"):
        file = medallion.path / "outputs" / f"{name}.csv"
        delivered = duckdb.sql(f"SELECT count(*) FROM read_csv('{file}')").fetchall()
        assert delivered == [(len(medallion.rows(f"transform.{name}")),)]


def test_an_unchanged_project_reuses_everything(medallion):
    first = medallion.run("run", "--format", "json").assert_ok()
    second = medallion.run("run", "--format", "json").assert_ok()

    assert executed(first) == set(steps(first))
    assert executed(second) == set()


def test_a_late_order_reaches_the_dashboard(medallion):
    medallion.run("run").assert_ok()
    before = (medallion.path / "outputs" / "revenue_summary.csv").read_text()
    data = medallion.path / "data" / "orders.csv"
    data.write_text(data.read_text() + "O99999,1,P001,1.00,2025-06-01,completed\n")

    outcome = medallion.run("run", "--format", "json").assert_ok()

    assert "transform.enrich_traffic" not in executed(outcome)
    assert (medallion.path / "outputs" / "revenue_summary.csv").read_text() != before


def test_yaml_and_python_nodes_refer_to_each_other(medallion):
    languages = ("YAML", "Python")

    assert kinds_of_references(medallion) == {
        (one, other) for one in languages for other in languages
    }


def test_its_data_is_what_its_script_makes(medallion):
    files = sorted(path.name for path in (EXAMPLE / "data").iterdir())

    script(medallion, "make_data.py")

    same = filecmp.cmpfiles(EXAMPLE / "data", medallion.path / "data", files, shallow=False)[0]
    assert sorted(same) == files


def test_init_writes_the_same_project(medallion, tmp_path):
    medallion.run("init", str(tmp_path / "mine"), "--example", "medallion").assert_ok()

    mine = tmp_path / "mine" / "data"
    names = [path.name for path in mine.iterdir()]
    assert filecmp.cmpfiles(EXAMPLE / "data", mine, names, shallow=False)[0] == names
