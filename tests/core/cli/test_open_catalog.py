"""``open_project``: where rows are from, and the catalog."""

import time

import duckdb
import pytest

import seeknal
from seeknal.values.errors import UsageError

FOUR = ["_source_file", "_ingested_at", "_batch_id", "_layer"]


ANOTHER = """
kind: source
name: clean
source: csv
table: data/b.csv
"""


@pytest.fixture
def made(seeknal_project):
    project = seeknal_project(
        {
            "seeknal_project.yml": "name: test\nprovenance: true\n",
            "data/a.csv": "id,name\n1,ada\n2,bob\n",
            "data/b.csv": "id,name\n3,cy\n",
            "seeknal/nodes.yml": """
                kind: source
                name: people
                layer: bronze
                source: csv
                table: data/*.csv
                ---
                kind: transform
                name: clean
                layer: silver
                transform: FROM ref('source.people')
                ---
                kind: transform
                name: counted
                layer: gold
                transform: SELECT count(*) AS n FROM ref('transform.clean')
            """,
        }
    )
    project.run("run").assert_ok()
    return project


def test_rows_say_where_they_are_from_whatever_a_query_names(made):
    with seeknal.open_project(made.path) as project:
        found = project.sql("SELECT name FROM ref('clean') ORDER BY id", provenance=True)
        plain = project.sql("SELECT name FROM clean ORDER BY id")

        assert found.columns == ["name", *FOUR]
        assert plain.columns == ["name"]
        assert found.project("name, _source_file, _layer").fetchall() == [
            ("ada", "data/a.csv", "silver"),
            ("bob", "data/a.csv", "silver"),
            ("cy", "data/b.csv", "silver"),
        ]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM clean",
        "SELECT * FROM clean JOIN people USING (id)",
        "SELECT * FROM counted",
    ],
)
def test_rows_without_a_single_origin_are_refused(made, query):
    with seeknal.open_project(made.path) as project, pytest.raises(UsageError) as caught:
        project.sql(query, provenance=True)

    assert caught.value.code == "SK0360"
    assert ".provenance(" in caught.value.help


def test_provenance_of_a_node_is_told_by_source_file(made):
    with seeknal.open_project(made.path) as project:
        found = project.provenance("clean")

        assert found.columns == ["source_file", "rows", "first_ingested", "last_ingested"]
        # A moment with a zone needs a package more where DuckDB is old.
        moments = "epoch(first_ingested), epoch(last_ingested)"
        rows = found.project(f"source_file, rows, {moments}").fetchall()
    assert [row[:2] for row in rows] == [("data/a.csv", 2), ("data/b.csv", 1)]
    assert all(row[2] == row[3] and row[2] <= time.time() for row in rows)


def test_a_node_that_aggregated_it_away_says_so(made):
    with seeknal.open_project(made.path) as project, pytest.raises(UsageError) as caught:
        project.provenance("transform.counted")

    assert caught.value.code == "SK0361"


def test_the_catalog_is_read_by_name_layer_and_run(made):
    with seeknal.open_project(made.path) as project:
        table = project.catalog.table("clean")
        gold = project.catalog.tables(layer="gold")
        words = project.catalog.search("counted")
        steps = project.catalog.transitions()
        of_run = project.catalog.transitions(batch_id=table["batch_id"], node="clean")

    assert (table["table_name"], table["row_count"]) == ("transform.clean", 3)
    assert [entry["table_name"] for entry in gold] == ["transform.counted"]
    assert words == gold
    assert {step["node"] for step in steps} == {
        "source.people",
        "transform.clean",
        "transform.counted",
    }
    assert [(step["source_layers"], step["layer"]) for step in of_run] == [(["bronze"], "silver")]


def test_another_environment_has_its_own_catalog(made):
    made.run("run", "--env", "dev").assert_ok()

    with seeknal.open_project(made.path, env="dev") as project:
        found = project.catalog.table("clean")

    assert found["environment"] == "dev"


def test_a_database_file_has_tables_and_catalog(made):
    path = made.path / "views.duckdb"

    with seeknal.open_project(made.path, db_path=path) as project:
        project.sql("SELECT 1").fetchall()

    with duckdb.connect(str(path), read_only=True) as other:
        assert other.execute("SELECT n FROM transform.counted").fetchall() == [(3,)]
        assert other.execute("SELECT count(*) FROM seeknal_catalog").fetchall() == [(3,)]


@pytest.mark.parametrize("by", ["python", "command"])
def test_a_database_file_keeps_no_view_of_what_is_gone_or_has_become_ambiguous(made, by):
    path = made.path / "views.duckdb"

    def keep():
        if by == "command":
            made.run("sql", "SELECT 1", "--db", str(path)).assert_ok()
            return
        with seeknal.open_project(made.path, db_path=path) as project:
            project.sql("SELECT 1").fetchall()

    keep()
    with duckdb.connect(str(path)) as other:
        other.execute("CREATE VIEW main.mine AS SELECT 1 AS one")
        other.execute("CREATE TABLE transform.kept AS SELECT 2 AS two")
    nodes = (made.path / "seeknal/nodes.yml").read_text()
    kept, _, _ = nodes.rpartition("---")
    made.write({"seeknal/nodes.yml": kept + "---\n" + ANOTHER})
    made.run("run").assert_ok()

    keep()

    with duckdb.connect(str(path), read_only=True) as other:
        views = other.execute(
            "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
        ).fetchall()
        mine = [other.execute(f"FROM {name}").fetchall() for name in ("mine", "transform.kept")]
    assert [name for name in views if not name[1].startswith("seeknal_")] == [
        ("main", "mine"),
        ("main", "people"),
        ("source", "clean"),
        ("source", "people"),
        ("transform", "clean"),
    ]
    assert mine == [[(1,)], [(2,)]]


@pytest.mark.parametrize(
    ("query", "code", "told"),
    [
        ("SELECT * FROM transform.cleen", "SK0350", "no node 'transform.cleen'"),
        ("SELECT * FROM nosuch", "SK0360", "nosuch is no node"),
        ("SELECT * FROM counted", "SK0360", "counted keeps no provenance"),
    ],
)
def test_rows_of_no_origin_are_told_from_a_node_that_is_not_there(made, query, code, told):
    with (
        seeknal.open_project(made.path) as project,
        pytest.raises(UsageError, match=told) as caught,
    ):
        project.sql(query, provenance=True)

    assert caught.value.code == code


def test_what_is_damaged_in_the_catalogs_folder_is_mended_for_sql_and_list_alike(made):
    tables = made.path / "target/catalog/tables"
    (tables / "transform.counted.json").write_text('{"schema_version": 1, "table_na')
    (tables / "transform.clean.json").unlink()
    (tables / "transform.clean.json").mkdir()
    (tables / "notes.json").write_text("{}")
    (tables / "folder.json").mkdir()
    query = "SELECT node FROM seeknal_catalog ORDER BY ALL"

    asked = made.run("sql", query, "--format", "json").assert_ok().json()
    listed = made.run("catalog", "list", "--format", "json").assert_ok().json()
    again = made.run("run", "--full").assert_ok()

    nodes = ["source.people", "transform.clean", "transform.counted"]
    assert [row["node"] for row in asked] == nodes
    assert [entry["node"] for entry in listed] == nodes
    assert "warning" not in again.stderr
    assert not (tables / "notes.json").exists()
