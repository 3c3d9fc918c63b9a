from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seeknal.state.lock import project_lock
from seeknal.values.errors import LockHeld, StateError

pytestmark = pytest.mark.inside

HOLDER = """
import sys, time
from pathlib import Path
from seeknal.state.lock import project_lock
with project_lock(Path(sys.argv[1]), command="run --full"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""

RACER = """
import os, sys
from pathlib import Path
from seeknal.state.lock import project_lock
target = Path(sys.argv[1])
for _ in range(40):
    with project_lock(target, command="race", timeout=30):
        inside = target / "inside"
        descriptor = os.open(inside, os.O_CREAT | os.O_EXCL)
        count = target / "count"
        count.write_text(str(int(count.read_text()) + 1))
        os.close(descriptor)
        inside.unlink()
"""


def hold(target: Path, seconds: float = 30) -> subprocess.Popen[str]:
    """A process that holds the lock by the time this returns."""
    command = [sys.executable, "-c", HOLDER, str(target), str(seconds)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_the_lock_tells_who_holds_it_and_clears_up(target: Path):
    with project_lock(target, command="run"):
        info = json.loads((target / ".lock.json").read_text())

    assert (info["pid"], info["command"]) == (os.getpid(), "run")
    assert set(info) == {"pid", "host", "command", "since"}
    assert [path.name for path in target.iterdir()] == [".lock"]


def test_a_second_writer_is_refused_at_once_and_told_who_is_writing(target: Path):
    holder = hold(target)

    with pytest.raises(LockHeld) as caught, project_lock(target, command="clean"):
        pass

    end(holder)
    assert f"run --full (pid {holder.pid} on {os.uname().nodename}, since " in caught.value.message
    assert (caught.value.code, caught.value.exit_code) == ("SK0802", 1)


def test_one_process_cannot_hold_the_lock_twice(target: Path):
    with (
        project_lock(target, command="run"),
        pytest.raises(LockHeld),
        project_lock(target, command="run"),
    ):
        pass

    with project_lock(target, command="run"):
        assert (target / ".lock.json").exists()


def test_a_waiting_writer_gets_the_lock_when_it_is_released(target: Path):
    holder = hold(target, seconds=0.3)

    with project_lock(target, command="run", timeout=20):
        info = json.loads((target / ".lock.json").read_text())

    holder.communicate()
    assert info["pid"] == os.getpid()


def test_a_waiting_writer_gives_up_after_its_time(target: Path):
    holder = hold(target)
    started = time.monotonic()

    with (
        pytest.raises(LockHeld, match=r"waited 0\.2 s"),
        project_lock(target, command="run", timeout=0.2),
    ):
        pass

    end(holder)
    assert 0.2 <= time.monotonic() - started < 5


def test_the_lock_of_a_killed_process_is_free(target: Path):
    holder = hold(target)

    end(holder)

    with project_lock(target, command="run"):
        assert json.loads((target / ".lock.json").read_text())["pid"] == os.getpid()


def test_two_processes_that_race_are_never_inside_together(target: Path):
    target.mkdir()
    (target / "count").write_text("0")

    command = [sys.executable, "-c", RACER, str(target)]
    racers = [subprocess.Popen(command) for _ in range(2)]

    assert [racer.wait(timeout=60) for racer in racers] == [0, 0]
    assert (target / "count").read_text() == "80"


def test_a_deleted_target_does_not_let_two_writers_in(target: Path):
    with project_lock(target, command="first"):
        shutil.rmtree(target)
        with (
            project_lock(target, command="second"),
            pytest.raises(LockHeld, match="second"),
            project_lock(target, command="third"),
        ):
            pass


@pytest.mark.parametrize("info", ["", "{", "[]", "{}", '{"pid": 1}', "\udcff"])
def test_an_unreadable_information_file_does_not_matter(target: Path, info: str):
    holder = hold(target)
    (target / ".lock.json").write_text(info, errors="surrogateescape")

    with (
        pytest.raises(LockHeld, match=r"another command is writing to this project$"),
        project_lock(target, command="run"),
    ):
        pass

    end(holder)


def test_a_target_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path):
    (tmp_path / "target").write_text("a file")

    with (
        pytest.raises(StateError, match="cannot be opened") as caught,
        project_lock(tmp_path / "target", command="run"),
    ):
        pass

    assert str(tmp_path / "target") in caught.value.message
