"""A value of nothing, such as an unset variable of a shell, is refused: it means no node."""

import pytest

NODE = "kind: transform\nname: a\nsql: SELECT 1 AS x\n"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["run", "-s", ""], "--select"),
        (["run", "--select="], "--select"),
        (["run", "-s", "a", "-s", " "], "--select"),
        (["run", "--types", ""], "--types"),
        (["run", "--tags", ","], "--tags"),
        (["run", "--exclude", ""], "--exclude"),
        (["run", "--refresh", ""], "--refresh"),
        (["run", "--refresh="], "--refresh"),
        (["run", "--profile", ""], "--profile"),
        (["run", "--target", ""], "--target"),
        (["-C", "", "run"], "--project"),
        (["run", "-C", ""], "--project"),
        (["audit", ""], "NODES"),
        (["list", ""], "NODES"),
        (["list", "--kind", ""], "--kind"),
        (["lineage", "a", "--column", ""], "--column"),
        (["inspect", ""], "NODE"),
        (["apply", "--plan", ""], "--plan"),
        (["plan", "--out", ""], "--out"),
        (["history", "--node", ""], "--node"),
    ],
)
def test_an_empty_value_is_refused(seeknal_project, words, named):
    project = seeknal_project({"seeknal/a.yml": NODE})

    outcome = project.run(*words)

    assert outcome.exit_code == 2
    assert f"error[SK0250]: {named} is given an empty value" in outcome.stderr
    assert not (project.path / "target" / "intermediate").exists()


@pytest.mark.parametrize("words", [["run", "--refresh"], ["run", "--refresh", "--full"], ["list"]])
def test_a_value_that_is_left_out_is_none(seeknal_project, words):
    project = seeknal_project({"seeknal/a.yml": NODE})

    assert project.run(*words).exit_code == 0
