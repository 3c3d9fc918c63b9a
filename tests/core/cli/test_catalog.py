"""``catalog``: stored tables by layer, domain and word, and how their rows came about."""

import pytest

FILES = {
    "seeknal_project.yml": "name: test\nprovenance: true\n",
    "data/people.csv": "id,name\n1,ada\n2,bob\n",
    "seeknal/people.yml": """
        kind: source
        name: people
        source: csv
        layer: bronze
        table: data/people.csv
        columns: {name: what one is called}
    """,
    "seeknal/counted.yml": """
        kind: transform
        name: counted
        layer: gold
        domain: staff
        description: How many there are.
        transform: SELECT count(*) AS heads FROM ref('source.people')
    """,
}


@pytest.fixture
def made(seeknal_project):
    project = seeknal_project(FILES)
    project.run("run").assert_ok()
    return project


def answer(made, *arguments):
    return made.run("catalog", *arguments, "--format", "json").assert_ok().json()


def names(found):
    return [entry["node"] for entry in found]


def test_list_shows_all_tables_or_those_of_a_layer_and_a_domain(made):
    everything = answer(made, "list")
    gold = answer(made, "list", "--layer", "gold")
    staff = answer(made, "list", "--domain", "staff")
    none = made.run("catalog", "list", "--layer", "silver").assert_ok()

    assert names(everything) == ["source.people", "transform.counted"]
    assert names(gold) == names(staff) == ["transform.counted"]
    assert "no table is stored" in none.stderr + none.stdout


def test_list_and_show_are_tables_for_people(made):
    listed = made.run("catalog", "list").assert_ok().stdout
    shown = made.run("catalog", "show", "counted").assert_ok().stdout

    assert "transform.counted" in listed
    assert "How many there are." in listed
    assert "heads" in shown
    assert "source.people" in shown


@pytest.mark.parametrize(
    ("word", "found", "where"),
    [
        ("count", "transform.counted", ["name"]),
        ("HOW MANY", "transform.counted", ["description"]),
        ("called", "source.people", ["column name"]),
        ("heads", "transform.counted", ["column heads"]),
    ],
)
def test_search_finds_names_descriptions_and_columns(made, word, found, where):
    hits = answer(made, "search", word)

    assert names(hits) == [found]
    assert hits[0]["found_in"] == where


def test_a_table_that_is_not_there_is_told_with_what_is_near(made):
    unknown = made.run("catalog", "show", "countd")
    made.write({"seeknal/late.yml": "kind: transform\nname: late\ntransform: SELECT 1 AS a\n"})
    late = made.run("catalog", "show", "late")

    assert unknown.exit_code == 2
    assert "counted" in unknown.stderr
    assert late.exit_code == 2
    assert "seeknal run" in late.stderr


def test_lineage_lists_transitions_of_a_run_and_of_a_node(made):
    run = made.run("run", "--full", "--format", "json").assert_ok().json()["run_id"]

    of_run = answer(made, "lineage", "--batch", run)
    of_node = answer(made, "lineage", "--node", "counted")

    assert {step["run_id"] for step in of_run} == {run}
    assert {step["node"] for step in of_run} == {"source.people", "transform.counted"}
    assert [step["node"] for step in of_node] == ["transform.counted"] * 2
    assert made.run("catalog", "lineage", "--batch", "nowhere").exit_code == 2
    assert "people" in made.run("catalog", "lineage").assert_ok().stdout


def test_what_is_wrong_in_files_leaves_the_catalog_readable(made):
    made.write({"seeknal/counted.yml": "kind: transfrom\nname: counted\n"})

    found = made.run("catalog", "list", "--format", "json").assert_ok()

    assert names(found.json()) == ["source.people", "transform.counted"]


def test_sql_reads_the_catalog_as_tables(made):
    def rows(query):
        return made.run("sql", query, "--format", "json").assert_ok().json()

    tables = rows("SELECT node, layer, rows FROM seeknal_catalog ORDER BY node")
    columns = rows('SELECT node, "column", nulls, max FROM seeknal_columns WHERE "column" = \'id\'')
    steps = rows(
        "SELECT node, from_layers, to_layer, rows_in, rows FROM seeknal_transitions"
        " WHERE rows_in IS NOT NULL"
    )

    assert tables == [
        {"node": "source.people", "layer": "bronze", "rows": 2},
        {"node": "transform.counted", "layer": "gold", "rows": 1},
    ]
    assert columns == [{"node": "source.people", "column": "id", "nulls": 0, "max": "2"}]
    assert steps == [
        {
            "node": "transform.counted",
            "from_layers": ["bronze"],
            "to_layer": "gold",
            "rows_in": 2,
            "rows": 1,
        }
    ]


def test_sql_has_those_tables_before_anything_has_run(seeknal_project):
    made = seeknal_project({})

    found = made.run("sql", "SELECT * FROM seeknal_catalog", "--format", "json").assert_ok()

    assert found.json() == []


def test_a_database_file_keeps_them(made):
    import duckdb

    made.run("sql", "SELECT 1", "--db", "views.duckdb").assert_ok()

    with duckdb.connect(str(made.path / "views.duckdb"), read_only=True) as other:
        assert other.execute("SELECT count(*) FROM seeknal_catalog").fetchall() == [(2,)]
        assert other.execute("SELECT heads FROM transform.counted").fetchall() == [(2,)]
