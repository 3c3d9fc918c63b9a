"""A node of the project of which nothing is stored: what is asked of it says so, and why."""

import re

import pytest

from seeknal import open_project
from seeknal.values.errors import UsageError

pytestmark = pytest.mark.inside

FILES = {
    "data/a.csv": "id\n1\n",
    "seeknal/a.yml": "{kind: source, name: a, source: csv, table: data/a.csv}\n",
    "seeknal/bad.yml": """
        kind: transform
        name: bad
        sql: SELECT error('no') AS x FROM ref('source.a')
        ---
        kind: transform
        name: after
        sql: FROM ref('transform.bad')
    """,
}
LATE = "{kind: transform, name: late, sql: \"FROM ref('source.a')\"}\n"
NEVER = "transform.late has never run"
RUN_IT = "seeknal run --select +transform.late"


@pytest.fixture
def project(seeknal_project):
    """One node ran, one failed, one was skipped, and one came after the run."""
    made = seeknal_project(FILES)
    assert made.run("run").exit_code == 1
    made.write({"seeknal/late.yml": LATE})
    return made


@pytest.mark.parametrize(
    "table", ["ref('transform.late')", "ref('late')", "late", "transform.late", '"transform.late"']
)
@pytest.mark.parametrize("command", [("sql",), ("repl", "--exec")], ids=" ".join)
def test_a_query_says_of_a_node_that_it_has_never_run(project, command, table):
    outcome = project.run(*command, f"SELECT * FROM {table}")

    assert outcome.exit_code == 2
    assert f"error[SK0352]: {NEVER}" in outcome.stderr
    assert RUN_IT in outcome.stderr


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("ref('transform.bad')", "nothing is stored of transform.bad: it failed when it last ran"),
        ("bad", "nothing is stored of transform.bad: it failed when it last ran"),
        ("after", "nothing is stored of transform.after: it was skipped when it last ran"),
    ],
)
def test_a_query_says_of_a_node_how_its_last_run_ended(project, table, said):
    outcome = project.run("sql", f"FROM {table}")

    assert outcome.exit_code == 2
    assert said in outcome.stderr
    assert "seeknal history --node transform." in outcome.stderr


WHEN = r"it failed when it last ran, at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


@pytest.mark.parametrize("command", [("inspect", "bad"), ("sql", "FROM bad")])
def test_what_failed_is_said_to_have_failed_and_when(project, command):
    outcome = project.run(*command)

    assert re.search(WHEN, outcome.stdout + outcome.stderr)
    assert "has never run" not in outcome.stdout + outcome.stderr


def test_a_table_in_python_of_what_failed_says_so(project):
    with open_project(project.path) as opened, pytest.raises(UsageError) as caught:
        opened.table("bad")

    assert re.search(WHEN, caught.value.message)


def test_the_list_of_outputs_tells_what_failed_from_what_never_ran(project):
    listed = project.run("inspect", "--list", "--format", "json").assert_ok().json()

    statuses = {entry["node"]: entry["status"] for entry in listed}
    assert statuses["transform.bad"] == "failed"
    assert statuses["transform.after"] == "skipped"
    assert statuses["transform.late"] == "never run"


def test_a_query_in_python_says_so_too(project):
    with open_project(project.path) as opened, pytest.raises(UsageError) as caught:
        opened.sql("FROM ref('transform.late')")

    assert caught.value.message == NEVER


@pytest.mark.parametrize("query", ["FROM lte", "WITH late AS (FROM nope) FROM late"])
def test_a_table_that_is_no_node_is_told_as_one_that_is_not_there(project, query):
    outcome = project.run("sql", query)

    assert outcome.exit_code == 2
    assert "SK0481" in outcome.stderr


def test_a_table_of_a_project_with_wrong_files_is_told_as_one_that_is_not_there(project):
    project.write({"seeknal/wrong.yml": "kind: nope\nname: x\n"})

    outcome = project.run("sql", "FROM late")

    assert outcome.exit_code == 2
    assert "SK0481" in outcome.stderr
