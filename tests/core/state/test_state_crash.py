"""A writer that is killed: what it recorded and published holds, and the next one goes on."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seeknal.state.artifacts import Artifacts
from seeknal.state.lock import project_lock
from seeknal.state.store import open_state, read_state

pytestmark = pytest.mark.inside

WRITER = """
import sys
from pathlib import Path
from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Fingerprint, Snapshot
from seeknal.state.artifacts import Artifacts
from seeknal.state.lock import project_lock
from seeknal.state.store import open_state

target, start = Path(sys.argv[1]), int(sys.argv[2])
mark = Fingerprint(content="c", config="k", upstream="u")
with project_lock(target, command="run"):
    artifacts = Artifacts(target)
    artifacts.remove_leftovers()
    for number in range(start, start + 100_000):
        store = open_state(target) if number % 5 == 0 or number == start else store
        node = NodeId(f"transform.n{number % 7}")
        candidate = artifacts.candidate(node, f"run-{start}")
        candidate.write_bytes(b"PAR1" + str(number).encode() * 500 + (0).to_bytes(4) + b"PAR1")
        artifact = artifacts.publish(
            node, candidate, fingerprint="f", rows=number, columns=[Column("a", "INTEGER")]
        )
        artifacts.link_current(node, artifact)
        store.record("prod", Snapshot(
            node=node, fingerprint=mark, inputs={}, output_id=artifact.output_id,
            artifact=artifact,
        ))
        print(number, flush=True)
        if number % 5 == 4:
            store.close()
"""


def last_acknowledged(text: str) -> int | None:
    whole = text[: text.rfind("\n") + 1].split()
    return int(whole[-1]) if whole else None


def kill_after(target: Path, start: int, seconds: float) -> int | None:
    """Run the writer, kill it; gives the last number that it said was recorded."""
    command = [sys.executable, "-c", WRITER, str(target), str(start)]
    pipe = subprocess.PIPE
    # Without a buffer: communicate() does not see what one has read ahead.
    writer = subprocess.Popen(command, stdout=pipe, stderr=pipe, bufsize=0)
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(seconds)
    writer.send_signal(signal.SIGKILL)
    rest, errors = writer.communicate()
    assert errors == b""
    return last_acknowledged((first + rest).decode())


def check(target: Path, acknowledged: int) -> None:
    """Every record that was acknowledged is there, and its artifact is what it says."""
    artifacts = Artifacts(target)
    snapshots = read_state(target).environments["prod"].snapshots
    newest = max(snapshot.artifact.rows for snapshot in snapshots.values())
    assert acknowledged <= newest <= acknowledged + 1
    for node, snapshot in snapshots.items():
        number = int(node.removeprefix("transform.n"))
        assert snapshot.artifact.rows % 7 == number
        assert snapshot.artifact.rows > newest - 7
        assert artifacts.verify(snapshot.artifact)[0] == "ok"
        link = target / "intermediate" / f"{node.kind}_{node.name}.parquet"
        assert link.read_bytes()[:4] == b"PAR1"


def crash_repeatedly(target: Path, times: int) -> None:
    chance = random.Random(times)
    start = 0
    for _ in range(times):
        acknowledged = kill_after(target, start, chance.uniform(0.0, 0.08))
        assert acknowledged is not None
        check(target, acknowledged)
        assert read_state(target).notes == ()
        start = acknowledged + 1


def test_a_killed_writer_loses_nothing_that_it_acknowledged(target: Path):
    crash_repeatedly(target, 6)

    with project_lock(target, command="run"):
        store = open_state(target)
        store.close()
        artifacts = Artifacts(target)
        artifacts.remove_leftovers()
    assert store.state.notes == ()
    assert not list((target / "cache" / ".candidates").iterdir())
    assert sorted(path.name for path in target.iterdir()) == [
        ".links",
        ".lock",
        "cache",
        "intermediate",
        "run_state.json",
    ]


@pytest.mark.slow
def test_a_writer_that_is_killed_many_times_loses_nothing(target: Path):
    crash_repeatedly(target, 60)


def test_readers_follow_a_writer_in_another_process(target: Path):
    command = [sys.executable, "-c", WRITER, str(target), "0"]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    writer.stdout.readline()

    seen: list[int] = []
    deadline = time.monotonic() + 30
    while len(set(seen)) < 20 and time.monotonic() < deadline:
        state = read_state(target)
        assert state.notes == ()
        snapshots = state.environments["prod"].snapshots.values()
        seen.append(max(snapshot.artifact.rows for snapshot in snapshots))
    writer.kill()
    writer.communicate()

    assert seen == sorted(seen)
    assert len(set(seen)) >= 20


def crash_points(folder: Path, *arguments: str) -> int:
    """How many points of a writer's work were found to be safe to die at."""
    script = Path(__file__).with_name("crash_points.py")
    command = [sys.executable, str(script), str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return int(done.stdout)


def test_a_writer_that_is_killed_at_any_call_leaves_the_old_or_the_new(tmp_path: Path):
    points = crash_points(tmp_path, "97")

    assert points > 150


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_writer_that_is_killed_at_any_line_leaves_the_old_or_the_new(tmp_path: Path):
    points = crash_points(tmp_path, "1")

    assert points > 5000
