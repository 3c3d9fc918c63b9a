"""An exposure whose type has keys of its own, and runs its SQL where it is delivered."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.core.kernel import conftest
from tests.installed import install_plugin

pytestmark = pytest.mark.inside

OUTLOOK = Path(conftest.__file__).parent / "seeknal_outlook.py"
VIEW = """
    kind: exposure
    name: large
    type: outlook_view
    connection: books
    table: large
    config: {columns: [sum]}
    sql: SELECT amount FROM ref('transform.orders') WHERE amount > 10
"""
FILES = {
    "profiles.yml": """
        connections:
          books: {type: outlook, path: books.db}
          other: {type: rest_api, base_url: "http://localhost:1"}
    """,
    "data/orders.csv": "id,amount\n1,5\n2,20\n",
    "seeknal/orders.yml": """
        kind: source
        name: raw
        source: csv
        table: data/orders.csv
        ---
        kind: transform
        name: orders
        sql: SELECT * FROM ref('source.raw')
        materialization: {type: outlook_table, connection: books, table: orders}
    """,
    "seeknal/large.yml": VIEW,
}


@pytest.fixture
def outlook(tmp_path_factory, monkeypatch, seeknal_project):
    """A project with the plugin, and what of its files is another."""
    site = tmp_path_factory.mktemp("site")
    install_plugin(site, "seeknal_outlook", OUTLOOK.read_text())
    monkeypatch.syspath_prepend(site)
    return lambda view=VIEW: seeknal_project({**FILES, "seeknal/large.yml": view})


def held(project, name):
    with closing(sqlite3.connect(project.path / "books.db")) as file:
        return file.execute(f'SELECT sum FROM "{name}" ORDER BY sum').fetchall()


def status(project, *words):
    answer = project.run("run", *words, "--format", "json").json()
    return {entry["node"]: entry["status"] for entry in answer["nodes"]}


def test_its_sql_runs_where_it_is_delivered_over_the_tables_of_its_inputs(outlook):
    project = outlook()

    project.run("run").assert_ok()

    assert held(project, "large") == [(20,)]


def test_it_is_delivered_again_for_new_rows_of_its_inputs_and_for_no_other(outlook):
    project = outlook()
    project.run("run").assert_ok()

    same = status(project)
    (project.path / "data/orders.csv").write_text("id,amount\n1,50\n2,20\n")
    new = status(project)

    assert same["exposure.large"] == "reused"
    assert new["exposure.large"] == "success"
    assert held(project, "large") == [(20,), (50,)]


def test_while_a_table_is_owed_rows_what_reads_it_there_fails_and_is_run_again(outlook):
    project = outlook()
    project.run("run").assert_ok()
    (project.path / "data/orders.csv").write_text("id,amount\n1,50\n2,20\n")

    with closing(sqlite3.connect(project.path / "books.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        failed = project.run("run")
    project.run("run").assert_ok()

    told = failed.stdout + failed.stderr
    assert (failed.exit_code, "SK0718" in told, "transform.orders" in told) == (1, True, True)
    assert held(project, "large") == [(20,), (50,)]


def test_another_option_of_it_delivers_it_again(outlook):
    project = outlook()
    project.run("run").assert_ok()
    file = project.path / "seeknal/large.yml"
    file.write_text(file.read_text().replace("table: large", "table: others"))

    status(project)

    assert held(project, "others") == [(20,)]


def test_an_environment_has_one_of_its_own_over_tables_where_they_are(outlook):
    project = outlook()
    project.run("run").assert_ok()
    file = project.path / "seeknal/large.yml"
    file.write_text(file.read_text().replace("> 10", "> 1"))

    project.run("run", "--env", "dev").assert_ok()

    assert held(project, "large__dev") == [(5,), (20,)]
    assert held(project, "large") == [(20,)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("config:", "confg:", ("SK0201", "confg", "config?")),
        ("columns:", "colums:", ("SK0201", "colums", "columns?")),
        ("table: large", "tabel: large", ("SK0201", "tabel", "table?")),
        ("connection: books", "connection: boks", ("SK0604", "boks", "books")),
        ("connection: books", "connection: other", ("SK0602", "rest_api", "books")),
        ("sql: SELECT", "description: SELECT", ("SK0286", "outlook_view", "sql:")),
        ("name: large", "name: large\n    engine: duckdb", ("SK0286", "outlook_view", "outlook")),
        ("SELECT amount", "SELECT amont", ("amont", "amount")),
    ],
)
def test_what_is_wrong_in_it_is_told_before_a_run(outlook, old, new, said):
    project = outlook(VIEW.replace(old, new))

    outcome = project.run("validate")

    told = outcome.stdout + outcome.stderr
    assert outcome.exit_code == 2
    assert [word for word in said if word not in told] == []


def test_it_is_no_target_of_rows(outlook):
    project = outlook(
        VIEW.replace("kind: exposure", "kind: transform")
        .replace("type: outlook_view", "depends_on: []")
        .replace("connection: books", "materializations: [{type: outlook_view, table: large}]")
        .replace("table: large\n    config: {columns: [sum]}", "tags: []")
    )

    outcome = project.run("validate")

    told = outcome.stdout + outcome.stderr
    assert (outcome.exit_code, "SK0286" in told) == (2, True)


def test_lineage_leads_to_it(outlook):
    project = outlook()

    impact = project.run("lineage", "transform.orders", "--format", "json")

    assert "exposure.large" in impact.stdout


def test_its_columns_are_traced_by_its_sql(outlook):
    project = outlook()

    shown = project.run("lineage", "exposure.large", "--format", "text")
    impact = project.run("impact", "source.raw.amount")
    others = project.run("impact", "source.raw.id")

    assert "amount  <- transform.orders.amount" in shown.stdout
    assert "exposure.large" in impact.stdout
    assert "exposure.large" not in others.stdout


def test_it_is_delivered_again_for_new_rows_that_it_does_not_show(outlook):
    project = outlook()
    project.run("run").assert_ok()
    (project.path / "data/orders.csv").write_text("id,amount\n7,5\n2,20\n")

    assert status(project)["exposure.large"] == "success"


def test_editors_know_its_keys_where_its_type_is_named_and_nowhere_else(outlook):
    project = outlook()

    schema = project.run("schema").json()

    exposure = next(each for each in schema["allOf"] if kinds_of(each, "kind") == ["exposure"])
    rules = exposure["then"]["allOf"]
    own = next(each for each in rules if kinds_of(each, "type") == ["outlook_view"])
    others = {key for each in rules for key in each.get("else", {}).get("properties", {})}
    assert set(own["then"]["properties"]) == {"connection", "table", "config"}
    assert others >= {"connection", "table", "config"}
    assert set(exposure["then"]["properties"]) > others


def kinds_of(rule, key):
    return rule["if"]["properties"].get(key, {}).get("enum")
