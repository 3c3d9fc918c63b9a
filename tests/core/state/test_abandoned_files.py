"""What a killed process was writing goes with the next one; what a living one writes stays."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from seeknal.host.files import (
    is_abandoned,
    put_text,
    scratch_folder,
    temporary_name,
    write_text,
)

pytestmark = [pytest.mark.once, pytest.mark.inside]

NODE = "kind: transform\nname: a\nsql: SELECT range AS x FROM range(10)\n"


@pytest.fixture
def dead():
    """The id of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.fixture
def project(seeknal_project):
    made = seeknal_project({"seeknal/a.yml": NODE})
    made.run("run").assert_ok()
    return made


PLACES = ["", "cache", "intermediate", "history", "generations", "cache/transform"]


@pytest.mark.parametrize("place", PLACES)
def test_the_janitor_removes_what_a_dead_process_was_writing(project, dead, place):
    folder = project.path / "target" / place
    folder.mkdir(parents=True, exist_ok=True)
    left, living = (folder / f".state.json.tmp.{pid}" for pid in (dead, os.getppid()))
    left.write_text("half")
    living.write_text("half")

    project.run("janitor").assert_ok()

    assert not left.exists()
    assert living.exists()


def test_the_next_run_removes_what_a_killed_one_was_writing_of_the_catalog(project, dead):
    folder = project.path / "target/catalog/tables"
    (folder / f".transform.a.json.tmp.{dead}").write_text("half")
    (folder.parent / f".current.json.tmp.{dead}").write_text("half")
    project.write({"seeknal/a.yml": NODE.replace("range(10)", "range(11)")})

    project.run("run").assert_ok()

    assert [path.name for path in folder.iterdir()] == ["transform.a.json"]
    assert not list(folder.parent.glob(".*"))


@pytest.mark.parametrize("write", [write_text, put_text])
def test_a_file_that_was_half_written_goes_when_it_is_written_again(tmp_path, dead, write):
    for name in (f".a.csv.tmp.{dead}", f".a.csv.tmp.{os.getppid()}", f".b.csv.tmp.{dead}"):
        (tmp_path / name).write_text("half")

    write(tmp_path / "a.csv", "whole")

    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"a.csv", f".a.csv.tmp.{os.getppid()}", f".b.csv.tmp.{dead}"}


def test_a_scratch_folder_takes_those_of_the_dead_away(tmp_path, dead, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in (f"seeknal-{dead}-x", f"seeknal-{os.getppid()}-x", "seeknal-other", f"x-{dead}-x"):
        (tmp_path / name).mkdir()

    with scratch_folder() as folder:
        during = {path.name for path in tmp_path.iterdir()}

    assert folder.name in during
    assert {path.name for path in tmp_path.iterdir()} == {
        f"seeknal-{os.getppid()}-x",
        "seeknal-other",
        f"x-{dead}-x",
    }


def test_only_names_of_ours_are_abandoned(dead):
    assert is_abandoned(Path(f".x.tmp.{dead}"))
    assert not is_abandoned(temporary_name(Path("x")))
    assert not any(is_abandoned(Path(name)) for name in (f"x.tmp.{dead}", ".x.tmp.y", ".tmp.1"))


@pytest.mark.slow
@pytest.mark.parametrize("moment", [number / 20 for number in range(4, 40)])
def test_nothing_is_left_of_a_command_that_was_killed(seeknal_project, tmp_path, moment):
    nodes = "---\n".join(NODE.replace("name: a", f"name: a{number}") for number in range(40))
    output = "materializations: [{type: file, path: out/x.csv}]\n"
    project = seeknal_project({"seeknal/a.yml": nodes + output})
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    for command in (["run"], ["lineage", "--no-open"], ["sql", "FROM a1", "--output", "q.csv"]):
        started = subprocess.Popen(
            [sys.executable, "-m", "seeknal", *command],
            cwd=project.path,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moment)
        started.send_signal(signal.SIGKILL)
        started.wait()

    for command in (["run"], ["lineage", "--no-open"], ["sql", "FROM a1", "--output", "q.csv"]):
        subprocess.run(
            [sys.executable, "-m", "seeknal", *command],
            cwd=project.path,
            env=environment,
            check=True,
            capture_output=True,
        )
    subprocess.run(
        [sys.executable, "-m", "seeknal", "janitor"], cwd=project.path, env=environment, check=True
    )

    left = [path for path in project.path.rglob("*") if ".tmp." in path.name]
    assert left == []
    assert list(tmp_path.iterdir()) == []
