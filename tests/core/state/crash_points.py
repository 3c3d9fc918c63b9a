"""Kills a writer at one point after the other, and checks each time what is left.

Run as a script: ``crash_points.py FOLDER [EVERY]``. The points are the calls that touch a file,
each write also torn in half; with EVERY also each EVERY-th line of Python below them. Prints
the number of points and exits 0.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from seeknal.state.artifacts import Artifacts
from seeknal.state.history import History
from seeknal.state.lock import project_lock
from seeknal.state.store import State, open_state, read_state
from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Fingerprint, Snapshot

KEPT, CHANGED, DROPPED = (NodeId(f"transform.{name}") for name in ("kept", "changed", "dropped"))
EVENTS = (
    "open",
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.symlink",
    "os.link",
    "os.chmod",
    "os.truncate",
)

write, fsync = os.write, os.fsync


class LineKiller:
    """Ends this process at the ``point``-th line of Python."""

    def __init__(self, point: int) -> None:
        self.left = point
        sys.settrace(self.trace)

    def trace(self, frame: object, event: str, argument: object) -> object:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.trace


class Killer:
    """Ends this process at the ``point``-th call that touches a file."""

    def __init__(self, point: int, torn: bool) -> None:
        self.left = point
        self.torn = torn
        os.write = self.write
        os.fsync = self.fsync
        sys.addaudithook(self.hook)

    def count(self) -> bool:
        self.left -= 1
        return self.left == 0

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def write(self, descriptor: int, data: bytes) -> int:
        if self.count():
            if self.torn:
                write(descriptor, data[: len(data) // 2])
            self.die()
        return write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        if self.count():
            self.die()
        fsync(descriptor)

    def hook(self, event: str, arguments: object) -> None:
        if event in EVENTS and self.count():
            self.die()


def snapshot(target: Path, artifacts: Artifacts, node: NodeId, content: bytes) -> Snapshot:
    candidate = artifacts.candidate(node, "run")
    candidate.write_bytes(b"PAR1" + content + bytes(4) + b"PAR1")
    artifact = artifacts.publish(
        node, candidate, fingerprint="f", rows=1, columns=[Column("a", "INTEGER")]
    )
    artifacts.link_current(node, artifact)
    mark = Fingerprint(content="c", config="k", upstream="u")
    return Snapshot(
        node=node, fingerprint=mark, inputs={}, output_id=artifact.output_id, artifact=artifact
    )


def prepare(target: Path) -> None:
    """A folded state, a journal on top of it, and a candidate: what a killed run leaves."""
    artifacts = Artifacts(target)
    store = open_state(target)
    store.record("prod", snapshot(target, artifacts, KEPT, b"kept"))
    store.record("prod", snapshot(target, artifacts, CHANGED, b"old"))
    store.close()
    died = open_state(target)
    died.begin_generation("prod")
    died.record("prod", snapshot(target, artifacts, DROPPED, b"dropped"))
    artifacts.candidate(CHANGED, "dead").write_bytes(b"half")
    History(target).append([{"n": 1}])


def work(target: Path, acknowledge: int) -> None:
    with project_lock(target, command="run"):
        artifacts = Artifacts(target)
        artifacts.remove_leftovers()
        store = open_state(target)
        store.begin_generation("prod")
        store.record("prod", snapshot(target, artifacts, CHANGED, b"new"))
        write(acknowledge, b"recorded ")
        store.forget("prod", DROPPED)
        write(acknowledge, b"forgotten ")
        store.close()
        History(target).append([{"n": 2}])
        write(acknowledge, b"remembered ")


def run_until(target: Path, arm: Callable[[], object]) -> tuple[bool, list[str]]:
    """Work in a child that ``arm`` dooms; whether it died, and what it had acknowledged."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        arm()
        work(target, writer)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        acknowledged = pipe.read().split()
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status), acknowledged


def outputs(target: Path, state: State) -> dict[str, bytes]:
    """Each node's content, read from an artifact that was verified."""
    artifacts = Artifacts(target)
    found = {}
    for node, entry in state.environments["prod"].snapshots.items():
        assert entry.artifact is not None
        assert artifacts.verify(entry.artifact)[0] == "ok", node
        found[node.name] = artifacts.path(entry.artifact).read_bytes()[4:-8]
    return found


def check_crashed(target: Path, acknowledged: list[str]) -> None:
    state = read_state(target)
    assert state.notes == (), state.notes
    found = outputs(target, state)
    assert found.pop("kept") == b"kept"
    assert found.pop("changed") in ([b"new"] if "recorded" in acknowledged else [b"old", b"new"])
    assert found.pop("dropped", b"dropped") == b"dropped"
    assert not ("forgotten" in acknowledged and "dropped" in outputs(target, state))
    links = target / "intermediate"
    assert (links / "transform_changed.parquet").read_bytes()[4:-8] in (b"old", b"new")
    numbers = [record["n"] for record in History(target).read()]
    assert numbers in ([[2, 1]] if "remembered" in acknowledged else [[1], [2, 1]])


def check_repeated(target: Path) -> None:
    """After one more run everything is as after a run that nobody disturbed."""
    reader, writer = os.pipe()
    work(target, writer)
    os.close(reader)
    os.close(writer)
    state = read_state(target)
    assert state.notes == ()
    assert outputs(target, state) == {"kept": b"kept", "changed": b"new"}
    assert not list((target / "cache" / ".candidates").iterdir())
    names = {path.name for path in target.iterdir()}
    left = {".links", ".lock", "cache", "history", "intermediate", "run_state.json"}
    assert names == left, names
    assert {path.name for path in (target / "intermediate").iterdir()} == {
        "transform_kept.parquet",
        "transform_changed.parquet",
        "transform_dropped.parquet",
    }


def crash_at(folder: Path, arm: Callable[[], object]) -> bool:
    """One crash and one repetition on a fresh copy; False when the work came to its end."""
    target = folder / "copy" / "target"
    shutil.copytree(folder / "prepared", target, symlinks=True)
    died, acknowledged = run_until(target, arm)
    check_crashed(target, acknowledged)
    check_repeated(target)
    shutil.rmtree(target)
    return died


def main(folder: Path, every: int = 0) -> None:
    prepare(folder / "prepared")
    points = 0
    for torn in (False, True):
        numbers = count(1)
        while crash_at(folder, partial(Killer, next(numbers), torn)):
            points += 1
    if every:
        numbers = count(1, every)
        while crash_at(folder, partial(LineKiller, next(numbers))):
            points += 1
    print(points)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
