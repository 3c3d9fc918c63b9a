"""A project whose plugins are not installed is told once for each plugin, however often it asks."""

import pytest

from seeknal.kernel.installing import install_command

SOURCE = "kind: source\nname: s{0}\nsource: postgresql\ntable: a.b\nconnection: {1}\n"
AUDITED = """
kind: transform
name: t{0}
sql: SELECT 1 AS a
audits: [unique, {{type: not_null, columns: [a]}}]
materialization: {{type: iceberg, table: x.y}}
"""
PROFILES = "connections:\n  own: {type: postgresql, embedded: true}\n  far: {type: postgresql}\n"


@pytest.fixture
def bare(monkeypatch):
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits")


@pytest.fixture
def project(seeknal_project, bare):
    """A project that asks for three plugins: `postgres` 4 times, `audits` 6 and `iceberg` 3."""
    files = {f"seeknal/s{n}.yml": SOURCE.format(n, "far" if n else "own") for n in range(4)}
    files |= {f"seeknal/t{n}.yml": AUDITED.format(n) for n in range(3)}
    return seeknal_project({"profiles.yml": PROFILES, **files})


@pytest.mark.parametrize("command", ["validate", "plan", "run"])
def test_each_plugin_is_one_problem_with_its_places_and_what_to_install(project, command):
    outcome = project.run(command)

    blocks = outcome.stderr.split("\n\n")
    assert [block.split("\n")[0].partition(": ")[2] for block in blocks[:3]] == [
        "seeknal-postgres is not installed, and 4 places need it",
        "seeknal-audits is not installed, and 6 places need it",
        "seeknal-iceberg is not installed, and 3 places need it",
    ]
    assert "--> seeknal/s0.yml:3:9" in blocks[0]
    assert "... and 3 more: seeknal/s1.yml:3, seeknal/s2.yml:3, ..." in blocks[0]
    assert "... and 2 more: seeknal/t1.yml:5, seeknal/t2.yml:5" in blocks[2]
    assert outcome.stderr.count("pip install") == 3
    assert "13 problems; seeknal validate --verbose shows all" in outcome.stderr


def test_an_extra_that_a_connection_asks_for_is_installed_too(project):
    outcome = project.run("validate")

    assert f"help: {install_command('seeknal-postgres[embedded]')}\n" in outcome.stderr
    assert f"help: {install_command('seeknal-audits')}\n" in outcome.stderr


def test_a_single_place_says_it_with_the_extra_of_its_connection(seeknal_project, bare):
    files = {"profiles.yml": PROFILES, "seeknal/s.yml": SOURCE.format(1, "own")}

    outcome = seeknal_project(files).run("validate")

    assert "unknown source type 'postgresql'" in outcome.stderr
    assert install_command("seeknal-postgres[embedded]") in outcome.stderr


def test_a_connection_alone_is_told_its_extra(seeknal_project, bare):
    project = seeknal_project({"profiles.yml": PROFILES})

    own = project.run("connection", "test", "own", "--format", "json")
    far = project.run("connection", "test", "far", "--format", "json")

    assert install_command("seeknal-postgres[embedded]") in own.json()[0]["detail"]
    assert "embedded" not in far.json()[0]["detail"]


def test_verbose_and_json_show_every_place(project):
    told = project.run("validate", "--verbose").stderr
    answer = project.run("validate", "--format", "json").json()

    assert told.count("error[") == 13
    assert len(answer["problems"]) == 13
