"""One file is one place, however its path is written."""

import pytest

pytestmark = pytest.mark.inside

NODE = (
    "kind: transform\nname: {name}\nsql: SELECT 1 AS id\n"
    "materializations: [{{type: file, path: {path}}}]\n"
)
SPELLINGS = ["./out/a.csv", "x/../out/a.csv", "out//a.csv", "link/a.csv"]


@pytest.fixture
def made(seeknal_project):
    """A project whose node has delivered to ``out/a.csv``, which ``link/`` leads to as well."""
    project = seeknal_project({"seeknal/a.yml": NODE.format(name="a", path="out/a.csv")})
    project.run("run").assert_ok()
    (project.path / "link").symlink_to("out")
    return project


@pytest.mark.parametrize("path", SPELLINGS)
def test_two_nodes_do_not_write_one_file(made, path):
    made.write({"seeknal/b.yml": NODE.format(name="b", path=path)})

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "SK1107" in outcome.stderr


@pytest.mark.parametrize("path", SPELLINGS)
def test_a_file_of_another_spelling_is_not_left_behind(made, path):
    made.write({"seeknal/a.yml": NODE.format(name="a", path=path)})
    made.run("run").assert_ok()

    dropped = made.run("janitor", "--targets", "--yes", "--format", "json").assert_ok().json()

    assert dropped["left_behind"] == []
    assert (made.path / "out/a.csv").read_text() == "id\n1\n"
