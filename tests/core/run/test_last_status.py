"""What is told of a node is how the last run that touched it ended."""

import pytest

GOOD = """
    kind: transform
    name: a
    sql: SELECT 1 AS x
    ---
    kind: transform
    name: b
    sql: FROM ref('transform.a')
"""
BAD = GOOD.replace("SELECT 1 AS x", "SELECT error('no')::INTEGER AS x")


@pytest.fixture
def healed(seeknal_project):
    """A project whose nodes were built, failed after an edit, and are as they were again."""
    project = seeknal_project({"seeknal/a.yml": GOOD})
    project.run("run").assert_ok()
    project.write({"seeknal/a.yml": BAD})
    assert project.run("run").exit_code == 1
    assert statuses(project) == {"transform.a": "failed", "transform.b": "skipped"}
    project.write({"seeknal/a.yml": GOOD})
    return project


def statuses(project, *options):
    document = project.run("lineage", "--format", "json", *options).json()
    return {node["id"]: node["status"] for node in document["nodes"]}


def last(project, node):
    return project.run("history", "--node", node, "--format", "json").json()[0]["status"]


def test_nodes_that_a_run_reused_are_well_again(healed):
    healed.run("run").assert_ok()

    assert statuses(healed) == {"transform.a": "success", "transform.b": "success"}
    assert (last(healed, "a"), last(healed, "b")) == ("reused", "reused")


def test_what_the_run_did_not_touch_stays_as_it_was(healed):
    healed.run("run", "--select", "a").assert_ok()
    healed.run("run", "--select", "a").assert_ok()

    assert statuses(healed) == {"transform.a": "success", "transform.b": "skipped"}


def test_a_healthy_node_leaves_no_line_for_each_run_that_reused_it(healed):
    for _ in range(3):
        healed.run("run").assert_ok()

    lines = healed.run("history", "--node", "a", "--format", "json").json()
    assert [line["status"] for line in lines] == ["reused", "failed", "success"]


def test_an_environment_has_statuses_of_its_own(healed):
    healed.run("run").assert_ok()
    healed.write({"seeknal/a.yml": BAD})
    healed.run("run", "--env", "dev")

    assert statuses(healed) == {"transform.a": "success", "transform.b": "success"}
    assert statuses(healed, "--env", "dev")["transform.a"] == "failed"

    healed.write({"seeknal/a.yml": GOOD})
    healed.run("run", "--env", "dev").assert_ok()

    assert statuses(healed, "--env", "dev")["transform.a"] == "success"


def test_a_promoted_node_is_well(seeknal_project):
    project = seeknal_project({"seeknal/a.yml": BAD})
    project.run("run")
    project.write({"seeknal/a.yml": GOOD})
    project.run("run", "--env", "dev").assert_ok()

    project.run("promote", "dev", "--yes").assert_ok()

    assert statuses(project) == {"transform.a": "success", "transform.b": "success"}


def test_records_of_older_versions_are_understood(healed):
    (path,) = (healed.path / "target" / "history").glob("*.ndjson")
    path.write_text(path.read_text().replace('"unwell":', '"other":'))

    healed.run("run").assert_ok()

    assert statuses(healed) == {"transform.a": "success", "transform.b": "success"}
