"""A name that changes in upper and lower case alone: the plan says what the run does."""

import json

import pytest

pytestmark = pytest.mark.inside


def node(name, sql, more=""):
    return {f"seeknal/{name}.yml": f"kind: transform\nname: {name}\n{more}transform: |\n  {sql}\n"}


READERS = {
    "star": "SELECT * FROM ref('transform.b')",
    "named": "SELECT a + 1 AS c FROM ref('transform.b')",
    "upper": "SELECT A FROM ref('transform.b')",
    "other": "SELECT z FROM ref('transform.b')",
    "counted": "SELECT count(*) AS n FROM ref('transform.b')",
    "ofstar": "SELECT a AS a FROM ref('transform.star')",
    "ofother": "SELECT z FROM ref('transform.other')",
    "ofv": "SELECT q FROM ref('transform.v')",
}


@pytest.fixture
def made(seeknal_project):
    files = node("b", "SELECT 1 AS a, 2 AS z")
    for name, sql in READERS.items():
        files |= node(name, sql)
    files |= node("v", "SELECT a AS q, z FROM ref('transform.b')", "materialized: view\n")
    project = seeknal_project(files)
    project.run("run").assert_ok()
    return project


@pytest.mark.parametrize(
    "edit",
    [
        "SELECT 1 AS A, 2 AS z",
        "SELECT 1 AS a, 2 AS Z",
        "SELECT 1 AS A, 2 AS Z",
        "SELECT A, z FROM (SELECT 1 AS A, 2 AS z)",
    ],
)
def test_the_run_builds_nothing_of_which_the_plan_said_that_it_is_spared(made, edit):
    made.write(node("b", edit))
    planned = made.run("plan", "--format", "json").assert_ok().json()
    spared = {change["node"] for change in planned["changes"] if change["action"] == "REUSE"}
    touched = {change["node"] for change in planned["changes"]}

    ran = made.run("run", "--format", "json").assert_ok().json()["nodes"]

    built = {step["node"] for step in ran if step["status"] == "success"}
    assert built & spared == set(), json.dumps(planned["changes"], indent=1)
    assert built <= touched


def test_the_plan_calls_it_a_renamed_column_that_its_readers_see(made):
    made.write(node("b", "SELECT 1 AS A, 2 AS z"))

    planned = made.run("plan").assert_ok()

    first = planned.stdout.splitlines()[0]
    assert first.split(maxsplit=3) == ["~", "transform.b", "BREAKING", "column renamed: a to A"]


def test_a_column_that_nobody_reads_breaks_nothing(seeknal_project):
    made = seeknal_project(
        {
            **node("b", "SELECT 1 AS a, 2 AS z"),
            **node("other", "SELECT z FROM ref('transform.b')"),
        }
    )
    made.run("run").assert_ok()
    made.write(node("b", "SELECT 1 AS A, 2 AS z"))

    planned = made.run("plan").assert_ok()

    first = planned.stdout.splitlines()[0]
    assert first.split(maxsplit=3) == ["~", "transform.b", "NON_BREAKING", "column renamed: a to A"]


def test_readers_show_the_new_name_after_the_run(made):
    made.write(node("b", "SELECT 1 AS A, 2 AS z"))

    made.run("run").assert_ok()

    shown = made.run("inspect", "transform.star", "--schema", "--format", "json").assert_ok()
    assert [column["name"] for column in shown.json()] == ["A", "z"]


def test_a_node_renamed_in_case_only_takes_the_place_of_the_other(seeknal_project):
    made = seeknal_project(node("b", "SELECT 1 AS a"))
    made.run("run").assert_ok()
    (made.path / "seeknal" / "b.yml").unlink()
    made.write(node("B", "SELECT 2 AS a"))

    planned = made.run("plan", "--format", "json").assert_ok().json()["changes"]
    made.run("run").assert_ok()

    assert {change["node"]: change["action"] for change in planned} == {
        "transform.B": "BUILD",
        "transform.b": "REMOVE",
    }
    shown = made.run("sql", "SELECT a FROM transform.b", "--format", "json").assert_ok()
    assert shown.json() == [{"a": 2}]
