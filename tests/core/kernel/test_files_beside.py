"""What a plugin's command learns of files that it would write, and of another program's."""

import pytest

from seeknal.cli.invocation import Invocation
from seeknal.values.errors import ProjectError


@pytest.fixture
def command(seeknal_project):
    """The invocation in a project of one source, and its folder."""
    made = seeknal_project(
        {
            "data/a.csv": "id\n1\n",
            "seeknal/a.yml": "{kind: source, name: a, source: csv, table: data/a.csv}\n",
        }
    )
    invocation = Invocation()
    invocation.folder = made.path
    return invocation, made


def below(project):
    return sorted((project.path / "seeknal").rglob("*"))


def test_files_are_checked_as_if_they_stood_in_the_project_and_nothing_is_written(command):
    invocation, project = command
    before = below(project)
    good = "{kind: transform, name: b, sql: \"SELECT id FROM ref('source.a')\"}\n"

    right = invocation.problems_with({"seeknal/b.yml": good})
    wrong = invocation.problems_with({"seeknal/b.yml": good.replace("source.a", "source.b")})

    assert list(right) == []
    assert [str(problem.location) for problem in wrong] == ["seeknal/b.yml:1:48"]
    assert below(project) == before


def test_a_file_that_is_there_is_looked_at_as_it_would_be(command):
    invocation, _ = command

    (problem,) = invocation.problems_with({"seeknal/a.yml": "{kind: sourc, name: a}\n"})

    assert problem.code == "SK0214"


def test_what_would_be_wrong_is_forgotten(command):
    invocation, _ = command
    invocation.problems_with({"seeknal/b.yml": "{kind: sourc, name: b}\n"})

    assert list(invocation.project().nodes) == ["source.a"]


def test_a_foreign_file_is_read_with_its_places(command):
    invocation, project = command
    project.write({"other/x.yml": "a: yes\n---\nb: [1, on]\n"})

    (first, _), (second, marks) = invocation.read_foreign_yaml(project.path / "other/x.yml")

    assert (first, second) == ({"a": "yes"}, {"b": [1, "on"]})
    assert str(marks.value("b", 1)) == "other/x.yml:3:8"


def test_a_foreign_file_that_is_no_yaml_is_told_with_its_place(command, tmp_path):
    invocation, _ = command
    file = tmp_path / "x.yml"
    file.write_text("a: [\n")

    with pytest.raises(ProjectError) as caught:
        invocation.read_foreign_yaml(file)

    assert str(caught.value.problems[0].location).startswith(f"{file.resolve()}:")
