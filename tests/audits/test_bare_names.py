"""Audits that are written as a name alone."""

import pytest

pytestmark = pytest.mark.versions

NODE = """
    kind: source
    name: orders
    source: csv
    table: data/orders.csv
    audits: {0}
"""


@pytest.fixture
def orders(seeknal_project):
    def orders(audits):
        files = {"data/orders.csv": "id\n1\n", "seeknal/orders.yml": NODE.format(audits)}
        return seeknal_project(files)

    return orders


def test_a_name_alone_is_an_audit_that_needs_no_parameters(orders):
    project = orders("[anomaly]")

    project.run("validate").assert_ok()
    done = project.run("run", "--format", "json").assert_ok().json()

    assert [entry["type"] for node in done["nodes"] for entry in node["audits"]] == ["anomaly"]


def test_a_name_alone_that_needs_parameters_says_how_they_are_written(orders):
    project = orders("[unique]")

    [problem] = project.run("validate", "--format", "json").json()["problems"]

    assert problem["message"] == "missing parameter 'columns'"
    assert problem["help"] == (
        "an audit with parameters is a mapping: - {type: unique, columns: [...]};"
        " the key: one column or several together"
    )
    assert (problem["line"], problem["column"]) == (5, 10)


def test_an_unknown_name_alone_is_told_with_its_nearest(orders):
    project = orders("[uniqe]")

    [problem] = project.run("validate", "--format", "json").json()["problems"]

    assert problem["message"] == "unknown audit type 'uniqe'"
    assert problem["help"].startswith("did you mean unique")
