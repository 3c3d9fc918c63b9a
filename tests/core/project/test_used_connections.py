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


@pytest.mark.parametrize("written", ["port: '${NOT_SET}'", "password: '${NOT_SET}'"])
def test_a_variable_that_is_not_set_is_told_where_the_connection_is_used(load, written):
    project = load(
        {
            "profiles.yml": f"connections: {{v: {{type: vault, {written}}}}}\n",
            "seeknal/x.yml": SOURCE % "v",
        }
    )

    assert "source.x" in project.nodes


@pytest.mark.parametrize("port", ["${VAULT_PORT}", "${NOT_SET:many}"])
def test_what_variables_say_that_are_set_is_looked_at(problems, monkeypatch, port):
    monkeypatch.setenv("VAULT_PORT", "many")

    (problem,) = problems(
        {
            "profiles.yml": f"connections: {{v: {{type: vault, port: '{port}'}}}}\n",
            "seeknal/x.yml": SOURCE % "v",
        }
    )

    assert (problem.code, str(problem.location)) == ("SK0203", "profiles.yml:1:38")


def test_a_variable_that_gets_another_value_is_looked_at_again(seeknal_project, monkeypatch):
    made = seeknal_project(
        {
            "profiles.yml": "connections: {v: {type: vault, port: '${VAULT_PORT}'}}\n",
            "seeknal/x.yml": SOURCE % "v",
        }
    )
    monkeypatch.setenv("VAULT_PORT", "1")
    made.run("validate").assert_ok()

    monkeypatch.setenv("VAULT_PORT", "many")

    assert "SK0203" in made.run("validate").stderr


@pytest.mark.parametrize("key", ["port", "password", "pasword"])
def test_the_value_of_a_secret_variable_is_not_shown(seeknal_project, monkeypatch, key):
    made = seeknal_project(
        {
            "profiles.yml": "connections: {v: {type: vault, hots: x,"
            f" {key}: '${{VAULT_PASSWORD}}'}}}}\n",
            "seeknal/x.yml": SOURCE % "v",
        }
    )
    monkeypatch.setenv("VAULT_PASSWORD", "a-word-that-is-secret")

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "a-word-that-is-secret" not in outcome.stdout + outcome.stderr


def test_nothing_is_kept_of_a_secret_variable(seeknal_project, monkeypatch):
    made = seeknal_project(
        {
            "profiles.yml": "connections: {v: {type: vault, password: '${VAULT_WORD}'}}\n",
            "seeknal/x.yml": SOURCE % "v",
        }
    )
    monkeypatch.setenv("VAULT_WORD", "a-word-that-is-secret")

    made.run("list").assert_ok()

    kept = (made.path / "target/cache/project.json").read_text()
    assert "source.x" in kept
    assert "VAULT_WORD" not in kept


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
