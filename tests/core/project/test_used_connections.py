"""Connections that nodes use are held against what is written of them before anything runs."""

import pytest

SOURCE = "{kind: source, name: x, source: vault, table: t, connection: %s}\n"
TARGETS = """
kind: transform
name: t
sql: SELECT 1 AS a
materializations:
  - {type: vault, connection: v, table: one}
  - {type: vault, connection: w, table: two}
"""
LOCAL = "{kind: source, name: x, source: csv, table: a.csv}\n"


@pytest.fixture(autouse=True)
def _installed(vault):
    """A plugin with connections of type vault."""


def test_each_mistake_stands_at_its_line_once(problems):
    profile = """
        connections:
          v:
            type: vault
            hots: there
            port: many
          w: {type: valt}
    """

    found = problems(
        {
            "profiles.yml": profile,
            "seeknal/x.yml": SOURCE % "v",
            "seeknal/t.yml": TARGETS,
        }
    )

    assert [(entry.code, str(entry.location)) for entry in found] == [
        ("SK0201", "profiles.yml:4:5"),
        ("SK0203", "profiles.yml:5:11"),
        ("SK0607", "profiles.yml:6:13"),
    ]


def test_a_connection_that_no_node_uses_is_nobodys_problem(load):
    project = load(
        {
            "profiles.yml": "connections: {v: {type: vault, hots: there}}\n",
            "seeknal/x.yml": LOCAL,
        }
    )

    assert list(project.nodes) == ["source.x"]


@pytest.mark.parametrize(
    "written", ["port: '${NOT_SET}'", "port: '${VAULT_PORT}'", "password: '${NOT_SET}'"]
)
def test_what_variables_say_is_told_where_the_connection_is_used(load, monkeypatch, written):
    monkeypatch.setenv("VAULT_PORT", "many")

    project = load(
        {
            "profiles.yml": f"connections: {{v: {{type: vault, {written}}}}}\n",
            "seeknal/x.yml": SOURCE % "v",
        }
    )

    assert "source.x" in project.nodes


def test_a_mistake_beside_a_variable_is_told(problems):
    (problem,) = problems(
        {
            "profiles.yml": "connections: {v: {type: vault, password: '${NOT_SET}', hots: x}}\n",
            "seeknal/x.yml": SOURCE % "v",
        }
    )

    assert problem.code == "SK0201"
    assert "host" in problem.help


def test_connections_of_the_project_file_are_looked_at_too(problems):
    (problem,) = problems(
        {
            "seeknal_project.yml": "name: p\nconnections:\n  v: {type: vault, hots: x}\n",
            "seeknal/x.yml": SOURCE % "v",
        }
    )

    assert str(problem.location) == "seeknal_project.yml:3:20"


def test_a_misspelt_secret_is_not_shown(seeknal_project):
    made = seeknal_project(
        {
            "profiles.yml": "connections:\n"
            "  v: {type: vault, pasword: typed-secret, xyz: other-one}\n",
            "seeknal/x.yml": SOURCE % "v",
        }
    )

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "unknown option 'pasword'" in outcome.stderr
    assert "did you mean password" in outcome.stderr
    assert "typed-secret" not in outcome.stdout + outcome.stderr
    assert "other-one" not in outcome.stdout + outcome.stderr


def test_a_mended_profile_is_seen(seeknal_project):
    made = seeknal_project(
        {
            "profiles.yml": "connections: {v: {type: vault, hots: there}}\n",
            "seeknal/x.yml": SOURCE % "v",
        }
    )
    made.run("validate")
    made.write({"profiles.yml": "connections: {v: {type: vault, host: there}}\n"})

    made.run("validate").assert_ok()

    made.write({"profiles.yml": "connections: {v: {type: vault, hots: there}}\n"})
    assert made.run("validate").exit_code == 2
