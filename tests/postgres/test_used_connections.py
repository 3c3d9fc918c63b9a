"""What is wrong with a connection that a node uses is told before anything is connected to."""

import pytest

NODES = """
kind: source
name: s
source: postgresql
connection: lake
table: a.b
---
kind: transform
name: t
transform: SELECT 1 AS id
materializations:
  - {type: postgresql, connection: pg, table: a.b}
  - {type: postgresql, connection: lake, table: a.c}
  - {type: iceberg, connection: pg, table: a.d}
"""
PROFILE = """
connections:
  pg: {type: postgres, host: nowhere.invalid}
  lake: {type: iceberg}
"""


@pytest.fixture
def problems(seeknal_project):
    def problems(files):
        made = seeknal_project({"seeknal/n.yml": NODES, "profiles.yml": PROFILE, **files})
        return made.run("validate", "--format", "json").json()["problems"]

    return problems


def test_a_connection_of_another_type_is_told_at_its_use(problems):
    pytest.importorskip("seeknal_iceberg", reason="its connections are of another type")

    found = problems({})

    assert [(entry["code"], entry["line"], entry["column"]) for entry in found] == [
        ("SK0602", 4, 13),
        ("SK0602", 12, 36),
        ("SK0602", 13, 33),
    ]
    assert "'lake' is of type iceberg, which a postgresql source cannot use" in found[0]["message"]
    assert found[0]["help"] == "connections of type postgresql: pg"
    assert "'pg' is of type postgresql, which an iceberg target cannot use" in found[2]["message"]


def test_a_url_that_is_not_understood_is_told_at_its_line(problems):
    profile = """
        connections:
          pg:
            type: postgresql
            url: postgresql://me:p@ss:w/rd@nowhere.invalid/x
          lake: {type: postgresql, url: 'postgresql://nowhere.invalid/x'}
    """

    found = problems({"profiles.yml": profile, "seeknal/n.yml": NODES.rsplit("  - ", 1)[0]})

    (problem,) = found
    assert (problem["code"], problem["file"], problem["line"]) == ("SK1301", "profiles.yml", 4)
    assert "ss:w" not in str(problem)


def test_an_engine_needs_a_connection_of_its_type(problems):
    pytest.importorskip("seeknal_iceberg", reason="its connections are of another type")

    node = (
        "kind: transform\nname: t\nengine: postgresql\n"
        "params: {connection: lake}\ntransform: SELECT 1 AS id\n"
    )

    (problem,) = problems({"seeknal/n.yml": node})

    assert (problem["code"], problem["line"]) == ("SK0602", 4)
    assert "a postgresql engine cannot use" in problem["message"]
