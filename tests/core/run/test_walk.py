"""A run can be followed: it goes from the command to the state through few modules, once each."""

import sys
import threading
from itertools import groupby

import pytest

from seeknal.state.store import StateStore

FILES = {
    "a.csv": "id\n1\n",
    "seeknal/a.yml": "{kind: source, name: a, source: csv, table: a.csv}\n",
    "seeknal/b.yml": (
        "kind: transform\nname: b\nsql: SELECT id FROM ref('source.a')\n"
        "materialization: {type: file, path: out/b.csv}\n"
    ),
}
MOST = 12


def modules(frame):
    """The modules of seeknal on a stack, from the outermost call; one entry for each stretch."""
    names = []
    while frame is not None:
        names.append(frame.f_globals.get("__name__", ""))
        frame = frame.f_back
    ours = [name for name in reversed(names) if name.startswith("seeknal.")]
    return [name for name, _ in groupby(ours)]


@pytest.fixture
def walks(seeknal_project, monkeypatch):
    """The modules between the command and each record of the state."""
    found = []
    record = StateStore.record

    def recording(self, *arguments, **more):
        main = sys._current_frames()[threading.main_thread().ident]
        mine = sys._getframe(1)
        outer = [] if threading.current_thread() is threading.main_thread() else modules(main)
        waiting = outer.index("seeknal.run.dispatching") if outer else 0
        walk = [*outer[:waiting], *modules(mine)]
        found.append([*walk[walk.index("seeknal.cli.run") :], "seeknal.state.store"])
        return record(self, *arguments, **more)

    monkeypatch.setattr(StateStore, "record", recording)
    project = seeknal_project(FILES)

    def walks(*command):
        found.clear()
        project.run(*command).assert_ok()
        return list(found)

    return walks


@pytest.mark.parametrize("command", [("run",), ("run", "--full"), ("apply", "--yes")], ids=" ".join)
def test_each_record_is_few_modules_away_from_the_command(walks, command):
    found = walks(*command)

    assert found
    assert [walk for walk in found if len(walk) > MOST] == []


def test_no_module_is_come_back_to(walks):
    found = walks("run")

    assert [walk for walk in found if len(walk) != len(set(walk))] == []
