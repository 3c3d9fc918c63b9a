"""A file that says nothing, or cannot be read, is told with its name: no node is dropped unseen."""

import os
import re
import socket
import subprocess
import sys

import pytest

pytestmark = pytest.mark.inside

NODE = "kind: transform\nname: a\nsql: SELECT 1 AS x\n"


@pytest.mark.parametrize(
    "text", ["", " \n\t\n", "---\n", "---\n---\n", "null\n", "--- ~\n", "\ufeff"]
)
def test_an_emptied_file_drops_no_node(seeknal_project, text):
    project = seeknal_project({"seeknal/a.yml": NODE})
    project.run("run").assert_ok()
    project.write({"seeknal/a.yml": text.encode()})

    outcomes = [project.run(command) for command in ("validate", "plan", "run")]

    assert [outcome.exit_code for outcome in outcomes] == [2, 2, 2]
    assert all("error[SK0131]" in outcome.stderr for outcome in outcomes[1:])
    assert all("--> seeknal/a.yml" in outcome.stderr for outcome in outcomes[1:])
    assert project.rows("transform.a") == [(1,)]


@pytest.mark.parametrize("file", ["seeknal/pipelines/p.py", "seeknal/common/c.yml"])
def test_other_emptied_files_are_told_as_well(problems, file):
    (problem,) = problems({"seeknal/a.yml": NODE, file: ""})

    assert (problem.code, problem.location.file) == ("SK0131", file)
    assert ("helper that is meant to be empty" in problem.help) == file.endswith(".py")


def test_a_helper_that_holds_a_comment_is_no_problem(seeknal_project):
    project = seeknal_project({"seeknal/a.yml": NODE, "seeknal/pipelines/p.py": "# Later.\n"})

    project.run("validate").assert_ok()


@pytest.mark.parametrize("text", ["", " \n", "---\n", "null\n"])
def test_an_emptied_project_file_is_a_warning(seeknal_project, text):
    project = seeknal_project({"seeknal_project.yml": text, "seeknal/a.yml": NODE})

    outcomes = [project.run(command) for command in ("validate", "run")]

    assert [outcome.exit_code for outcome in outcomes] == [0, 0]
    assert all("this file is empty" in outcome.stderr + outcome.stdout for outcome in outcomes)
    assert all("seeknal_project.yml" in outcome.stderr + outcome.stdout for outcome in outcomes)


@pytest.mark.parametrize("text", ["# kind: transform\n# name: b\n", "---\n# later\n"])
def test_a_file_of_comments_is_a_warning(seeknal_project, text):
    project = seeknal_project({"seeknal/a.yml": NODE, "seeknal/b.yml": text})

    outcomes = [project.run("run"), project.run("run")]

    assert [outcome.exit_code for outcome in outcomes] == [0, 0]
    assert all("nothing but comments" in outcome.stderr for outcome in outcomes)
    assert all("seeknal/b.yml" in outcome.stderr for outcome in outcomes)


def folder(path):
    path.mkdir()


def link(path):
    path.symlink_to("nowhere.yml")


def loop(path):
    path.symlink_to(path.name)


def pipe(path):
    os.mkfifo(path)


def latin(path):
    path.write_bytes(b"# caf\xe9\n")


def huge(path):
    with path.open("wb") as file:
        file.truncate(1 << 40)


FILES = [
    "seeknal/x.yml",
    "seeknal/common/x.yml",
    "seeknal/macros/x.sql",
    "seeknal/x.sql",
    "seeknal/audits/x.sql",
    "seeknal/pipelines/x.py",
    "profiles.yml",
    ".env",
]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("make", [folder, link, loop, pipe, latin, huge])
def test_a_file_that_cannot_be_read_is_named_with_the_reason(seeknal_project, make, file):
    project = seeknal_project({"seeknal/a.yml": NODE})
    path = project.path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)

    outcome = project.run("run")

    assert outcome.exit_code == 2, outcome
    assert f"--> {file}" in outcome.stderr
    assert re.search(r"error\[SK0(101|501|502)\]", outcome.stderr)
    assert "defect" not in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_socket_is_no_file(problems, seeknal_project, monkeypatch):
    project = seeknal_project({"seeknal/a.yml": NODE})
    monkeypatch.chdir(project.path / "seeknal")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("x.yml")

        outcome = project.run("run")

    assert "it is a socket, not a file" in outcome.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes among files")
def test_a_seed_that_is_a_pipe_is_told_and_not_waited_for(seeknal_project):
    project = seeknal_project({"seeknal/a.yml": NODE})
    (project.path / "seeknal/seeds").mkdir()
    os.mkfifo(project.path / "seeknal/seeds/s.csv")

    done = subprocess.run(
        [sys.executable, "-m", "seeknal", "run"],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert "seeknal/seeds/s.csv" in done.stderr


def test_a_history_that_cannot_be_read_is_no_defect(seeknal_project):
    project = seeknal_project({"seeknal/a.yml": NODE})
    (project.path / "target/history/2025-01.ndjson").mkdir(parents=True)

    outcome = project.run("history")

    assert "error[SK0801]" in outcome.stderr
    assert "2025-01.ndjson" in outcome.stderr
