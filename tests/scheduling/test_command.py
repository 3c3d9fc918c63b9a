"""The command that schedules: one of each environment, which ends as it is told to."""

import shutil
import signal
import subprocess
import sys

import pytest

from tests.scheduling.test_scheduler import FILES

pytestmark = pytest.mark.inside


@pytest.fixture
def started(seeknal_project):
    """The process of a scheduler that has run what is due, with its project."""
    project = seeknal_project(FILES)
    words = [sys.executable, "-m", "seeknal", "scheduler", "-C", str(project.path)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        said(process, "ended")
        yield project, process
        process.kill()


def said(process, word):
    """What it says up to a line with a word."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if word in line:
            break
    return "".join(lines)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_scheduler_ends_as_it_is_told_to(started, number, code):
    project, process = started
    alive = project.run("scheduler", "status")

    process.send_signal(number)
    last = said(process, "stopped")

    assert "stopped" in last
    assert process.wait(10) == code
    assert alive.exit_code == 0
    assert project.run("scheduler", "status").exit_code == 1


def test_a_second_scheduler_of_an_environment_is_refused(started):
    project, _ = started

    second = project.run("scheduler")

    assert second.exit_code == 1
    assert "a scheduler of prod is at work already: scheduler (pid" in second.stderr
    assert "seeknal scheduler status" in second.stderr


def test_a_scheduler_whose_folder_is_removed_begins_anew(started):
    project, process = started

    shutil.rmtree(project.path / "target")
    lines = said(process, "ended")

    assert "the folder target was removed: beginning anew" in lines
    assert project.rows("transform.hourly") == [(1,)]
