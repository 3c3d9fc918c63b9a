"""``connection test`` and ``validate --connections`` answer for catalogs."""

import pytest

SOURCE = "kind: source\nname: orders\nsource: csv\ntable: orders.csv\n"
TARGET = "materializations: [{type: iceberg, table: shop.orders}]\n"
FILES = {"orders.csv": "id\n1\n2\n", "seeknal/orders.yml": SOURCE + TARGET}
CATALOG = "materialization:\n  catalog: {type: rest, uri: 'http://127.0.0.1:1/'}\n"
NAMED = "connections:\n  lake: {type: iceberg, uri: 'http://127.0.0.1:1/', catalog: rest}\n"


def only(outcome):
    (entry,) = outcome.json()
    return entry["name"], entry["status"], entry["detail"]


def test_the_projects_own_catalog_is_tested_without_being_made(seeknal_project):
    project = seeknal_project(FILES)

    outcome = project.run("connection", "test", "iceberg", "--format", "json").assert_ok()

    assert only(outcome) == (
        "iceberg",
        "success",
        "the project's own catalog, .seeknal/iceberg: nothing was written to it yet",
    )
    assert not (project.path / ".seeknal").exists()


def test_what_is_in_the_catalog_is_said(seeknal_project):
    project = seeknal_project(FILES)
    project.run("run").assert_ok()

    outcome = project.run("connection", "test", "iceberg", "--format", "json").assert_ok()

    assert only(outcome)[2] == "the project's own catalog, .seeknal/iceberg: 1 table"


def test_a_connection_that_nobody_has_written_stands_in_no_file(seeknal_project):
    project = seeknal_project({**FILES, "profiles.yml": "connections: {}\n"})

    outcome = project.run("connection", "test", "iceberg", "--format", "json").assert_ok()

    assert outcome.json()[0]["file"] is None
    assert "profiles.yml" not in project.run("connection", "test", "iceberg").stdout


@pytest.mark.parametrize(("name", "profile"), [("iceberg", CATALOG), ("lake", NAMED)])
def test_a_catalog_that_does_not_answer_is_a_failure(seeknal_project, name, profile):
    project = seeknal_project({**FILES, "profiles.yml": profile})

    outcome = project.run("connection", "test", name, "--format", "json")

    assert outcome.exit_code == 1
    assert only(outcome)[:2] == (name, "failed")
    assert "the Iceberg catalog cannot be opened" in only(outcome)[2]


def test_the_profiles_catalog_is_listed_as_a_connection(seeknal_project):
    project = seeknal_project({**FILES, "profiles.yml": CATALOG})

    outcome = project.run("connection", "list", "--format", "json").assert_ok()

    assert only(outcome) == ("iceberg", "success", "")


def test_validation_of_connections_answers_for_the_catalog_that_nodes_use(seeknal_project):
    project = seeknal_project(FILES)

    outcome = project.run("validate", "--connections").assert_ok()

    assert "1 node, no problems" in outcome.stdout
    assert "the project's own catalog, .seeknal/iceberg" in outcome.stdout


def test_validation_of_connections_says_where_there_is_none(seeknal_project):
    project = seeknal_project({**FILES, "seeknal/orders.yml": SOURCE})

    outcome = project.run("validate", "--connections").assert_ok()

    assert "the project has no connections" in outcome.stdout


def test_tables_of_a_catalog_are_explored_in_the_repl(seeknal_project):
    project = seeknal_project(FILES)
    project.run("run").assert_ok()

    outcome = project.run(
        "repl", "--connection", "iceberg", "--exec", ".tables\n.schema shop.orders\n"
    ).assert_ok()

    assert outcome.stdout.split() == [
        "default.shop.orders", "column", "type", "------", "----", "id", "long",
    ]  # fmt: skip


def test_sql_on_a_catalog_is_answered_with_the_way_to_its_rows(seeknal_project):
    project = seeknal_project(FILES)
    project.run("run").assert_ok()

    outcome = project.run("sql", "SELECT 1", "--connection", "iceberg")

    assert outcome.exit_code == 1
    assert "an Iceberg catalog answers no SQL" in outcome.stderr
    assert "source: iceberg" in outcome.stderr
