"""The lineage_inspect example: ten nodes from lake to lake, with nothing to set up."""

import duckdb
import pytest
from tests.examples import Filled, copy_of, document, neighbours, script

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


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    return Filled("lineage_inspect", tmp_path_factory.mktemp("filled"), "seed.py")


@pytest.fixture
def lineage(filled):
    """A copy of the example whose sources were filled."""
    return filled.anew()


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


AROUND = {
    "source.cell_sites": (set(), {"transform.traffic_enriched"}),
    "source.subscriber_daily": (set(), {"transform.clean_subscribers"}),
    "source.traffic_daily": (set(), {"transform.traffic_enriched"}),
    "transform.clean_subscribers": ({"source.subscriber_daily"}, {"transform.active_traffic"}),
    "transform.traffic_enriched": (
        {"source.traffic_daily", "source.cell_sites"},
        {"transform.active_traffic"},
    ),
    "transform.active_traffic": (
        {"transform.traffic_enriched", "transform.clean_subscribers"},
        {
            "feature_group.subscriber_features",
            "transform.daily_kpi",
            "transform.revenue_by_region",
        },
    ),
    "feature_group.subscriber_features": ({"transform.active_traffic"}, set()),
    "transform.daily_kpi": ({"transform.active_traffic"}, {"exposure.kpi_report"}),
    "transform.revenue_by_region": ({"transform.active_traffic"}, {"exposure.kpi_report"}),
    "exposure.kpi_report": ({"transform.daily_kpi", "transform.revenue_by_region"}, set()),
}
"""What each node reads, and what reads it."""
PYTHON = {"source.cell_sites", "transform.traffic_enriched", "transform.daily_kpi"}
REACHED = {
    "transform.traffic_enriched": (
        ["date", "subscriber_id", "site_id", "data_mb", "voice_minutes", "revenue"],
        ["region", "technology"],
    ),
    "transform.active_traffic": (
        ["date", "subscriber_id", "site_id", "data_mb", "revenue"],
        ["region", "technology", "plan", "tenure_days"],
    ),
    "feature_group.subscriber_features": (
        ["subscriber_id", "last_day", "total_revenue", "total_data_mb", "active_days"],
        ["tenure_days"],
    ),
    "transform.daily_kpi": (["date", "revenue", "subscribers"], ["region"]),
    "transform.revenue_by_region": (
        ["total_revenue", "total_data_mb", "subscribers"],
        ["region", "technology"],
    ),
    "exposure.kpi_report": (
        [
            "daily_kpi.date",
            "daily_kpi.revenue",
            "daily_kpi.subscribers",
            "revenue_by_region.total_revenue",
            "revenue_by_region.total_data_mb",
            "revenue_by_region.subscribers",
        ],
        ["daily_kpi.region", "revenue_by_region.region", "revenue_by_region.technology"],
    ),
}
"""What source.traffic_daily reaches by value, and by influence."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A copy that has run, for tests that only look at it."""
    made = copy_of("lineage_inspect", tmp_path_factory.mktemp("finished"))
    script(made, "seed.py")
    made.run("run").assert_ok()
    return made


def test_the_whole_graph_has_every_node_and_edge(finished):
    found = document(finished)

    languages = {node["id"]: node["language"] for node in found["nodes"]}
    assert set(languages) == set(AROUND)
    assert {node for node, language in languages.items() if language == "python"} == PYTHON
    edges = {(edge["from"], edge["to"]) for edge in found["edges"]}
    assert edges == {(parent, node) for node, (parents, _) in AROUND.items() for parent in parents}
    assert {node["lineage"]["unknown"] for node in found["nodes"]} == {None}


@pytest.mark.parametrize("node", AROUND)
def test_the_graph_a_step_around_a_node_is_right(finished, node):
    found = document(finished, node, "--upstream", "1", "--downstream", "1")

    assert neighbours(found, node) == AROUND[node]


def test_a_column_is_followed_through_yaml_and_python_nodes_to_its_source(finished):
    arguments = ("lineage", "transform.revenue_by_region", "--column", "total_revenue")

    printed = finished.run(*arguments).assert_ok().stdout

    assert printed.splitlines()[2:7] == [
        "comes from",
        "    value      transform.active_traffic.revenue",
        "        value      transform.traffic_enriched.revenue",
        "            value      source.traffic_daily.revenue",
        "            rows       source.cell_sites.site_id",
    ]
    assert "    value      exposure.kpi_report.revenue_by_region.total_revenue" in printed


def test_impact_of_a_source_lists_nodes_columns_exposures_and_targets(finished):
    found = finished.run("impact", "source.traffic_daily", "--format", "json").assert_ok().json()

    columns = {entry["node"]: (entry["value"], entry["influence"]) for entry in found["affected"]}
    assert columns == REACHED
    assert found["exposures"] == ["exposure.kpi_report"]
    assert {(target["type"], target["label"]) for target in found["targets"]} == {
        *(
            ("iceberg", f"atlas.lineage_test.{name}")
            for name in TABLES
            if "subscribers" not in name
        ),
        ("file", "outputs/daily_kpi.csv"),
        ("file", "outputs/revenue_by_region.csv"),
    }
