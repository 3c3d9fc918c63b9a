"""What a plugin waits for outside of DuckDB is cancelled by Ctrl-C and by `execution.timeout`."""

import os
import threading
import time

import pytest
from tests.installed import install_plugin
from tests.terminal import CTRL_C, Terminal

from seeknal.kernel import calls
from seeknal.kernel.calls import Calls
from seeknal.values.names import NodeId

PLUGIN = """
import threading
from pathlib import Path

from attrs import frozen

from seeknal.plugin import Scan, SourceType, hookimpl


@frozen(kw_only=True)
class Pond:
    patience: int = 60


@hookimpl
def source_types():
    return [SourceType(name="pond", options=Pond, summary="waits")]


@hookimpl
def load_source(source, context):
    if not isinstance(source.options, Pond):
        return None
    stopped = threading.Event()
    with context.cancelled_by(stopped.set):
        if stopped.wait(source.options.patience):
            Path("cancelled").touch()
            raise ValueError("cancelled")
    return Scan("SELECT 1 AS one")
"""
SOURCE = "kind: source\nname: {0}\nsource: pond\nparams: {{patience: {1}}}\n"
NODE = NodeId("source.a")


@pytest.fixture
def site(tmp_path_factory):
    """A folder with an installed plugin, for a command's ``PYTHONPATH``."""
    folder = tmp_path_factory.mktemp("site")
    install_plugin(folder, "seeknal_pond", PLUGIN)
    return os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", "")))


def test_the_first_ctrl_c_cancels_what_a_plugin_waits_for(seeknal_project, site):
    project = seeknal_project({"seeknal/a.yml": SOURCE.format("a", 60)})

    with Terminal(project.path, "run", PYTHONPATH=site) as run:
        run.wait_for("source.a")
        time.sleep(0.5)
        began = time.monotonic()
        run.press(CTRL_C)
        code = run.end(30)

    assert time.monotonic() - began < 3
    assert (code, (project.path / "cancelled").exists()) == (130, True)
    assert "1 interrupted" in run.raw


def test_a_time_out_cancels_it_for_its_own_node_alone(seeknal_project, site):
    project = seeknal_project(
        {
            "seeknal_project.yml": "name: x\nexecution: {timeout: 2s, max_workers: 2}\n",
            "seeknal/a.yml": SOURCE.format("a", 60),
            "seeknal/b.yml": SOURCE.format("b", 0),
        }
    )

    with Terminal(project.path, "run", columns=200, PYTHONPATH=site) as run:
        code = run.end(30)

    assert code == 1
    assert "1 run, 0 reused, 1 failed" in run.raw
    assert "took longer than execution.timeout (2 s)" in run.raw


def waited(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_is_tried_again_until_the_block_ends_and_never_after(monkeypatch):
    monkeypatch.setattr(calls, "PAUSE", 0.0)
    running, cancelled = Calls(), []

    with running.during(NODE, lambda: cancelled.append(1)):
        for count in (1, 2):
            waited(lambda count=count: running.cancel(NODE) or len(cancelled) >= count)
    ended = len(cancelled)
    running.cancel()
    time.sleep(0.1)

    assert len(cancelled) == ended


def test_asking_does_not_wait_but_the_end_of_the_block_does():
    running, order = Calls(), []
    begun = threading.Event()

    def cancel():
        begun.set()
        time.sleep(0.3)
        order.append("cancelled")

    with running.during(NODE, cancel):
        asked_at = time.monotonic()
        running.cancel(NODE)
        assert time.monotonic() - asked_at < 0.2
        assert begun.wait(5)
    order.append("ended")

    assert order == ["cancelled", "ended"]


def test_other_nodes_calls_go_on_and_a_failing_cancellation_harms_nobody():
    running, cancelled = Calls(), threading.Event()

    def refuse():
        raise OSError("gone")

    with running.during(NODE, refuse), running.during(NodeId("source.b"), cancelled.set):
        running.cancel(NODE)
        time.sleep(0.1)
        spared = not cancelled.is_set()
        running.cancel()
        reached = cancelled.wait(5)

    assert (spared, reached) == (True, True)
