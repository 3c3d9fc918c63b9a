"""Ctrl-C: the first says at once what is waited for, the second ends the run as it is."""

import os
import signal
import textwrap
import time

import pytest
from tests.terminal import CTRL_C, Terminal

pytestmark = pytest.mark.once

FIRST, AGAIN = "stopping: waiting for transform.slow", "Ctrl-C again ends at once"
BEFORE = 5
"""Seconds within which the first word has to come, on however slow a machine."""

QUERY = "SELECT sum(a.range * b.range) AS s FROM range(10000000) a, range(10000000) b"
BODIES = {
    "loop": "while True:\n    pass",
    "stubborn": "while True:\n    try:\n        time.sleep(0.01)\n    except BaseException: pass",
    "sleep": "time.sleep(600)",
    "c call": "sum(range(10**13))",
    "regex": "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
    "lock": "import threading\nthreading.Lock().__enter__()\nlock = threading.Lock()\n"
    "lock.acquire()\nlock.acquire()",
    "query": f"ctx.duckdb.sql({QUERY!r}).fetchall()",
    "own connection": f"import duckdb\nduckdb.connect().sql({QUERY!r}).fetchall()",
    "child": "import subprocess\n"
    "subprocess.run(['sh', '-c', 'trap : INT TERM; while :; do sleep 1; done'])",
    "executor": "from concurrent.futures import ThreadPoolExecutor\n"
    "with ThreadPoolExecutor() as pool:\n    pool.submit(time.sleep, 600).result()",
}
HOGS = ("c call", "regex")
"""They let no other code of Python run."""

HEAD = """\
import os, time
from pathlib import Path
from seeknal import transform

@transform(name="slow", inputs=["source.a"])
def slow(ctx):
    Path("started").write_text(str(os.getpid()))
"""
FILES = {
    "seeknal_project.yml": "name: p\n",
    "data/a.csv": "x\n1\n",
    "seeknal/a.yml": """
        kind: source
        name: a
        source: csv
        table: data/a.csv
        ---
        kind: transform
        name: after
        inputs: [{ref: transform.slow}]
        transform: SELECT * FROM ref('transform.slow')
    """,
}


def slow(body):
    text = HEAD + textwrap.indent(body, "    ") + "\n    return [{'a': 1}]\n"
    return {**FILES, "seeknal/pipelines/slow.py": text}


@pytest.fixture
def terminal(seeknal_project):
    opened = []

    def start(files, *arguments):
        project = seeknal_project(files)
        found = Terminal(project.path, *arguments)
        found.project = project
        opened.append(found)
        return found

    yield start
    for found in opened:
        found.close()


def wait_for_file(path):
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.01)
    time.sleep(0.3)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("kind", BODIES)
def test_the_first_says_at_once_what_is_waited_for(terminal, kind):
    run = terminal(slow(BODIES[kind]), "run")
    wait_for_file(run.project.path / "started")

    run.press(CTRL_C)
    took = run.wait_for(FIRST, BEFORE)

    print(f"{kind}: {took:.3f} s")
    assert "nodes:" not in run.raw
    assert AGAIN in run.raw
    assert run.raw.count(FIRST) == 1


@pytest.mark.parametrize("kind", BODIES)
def test_the_second_ends_the_run_with_its_summary(terminal, kind):
    run = terminal(slow(BODIES[kind]), "run")
    wait_for_file(run.project.path / "started")
    pid = int((run.project.path / "started").read_text())
    run.press(CTRL_C)
    run.wait_for(FIRST, BEFORE)
    time.sleep(0.3)

    run.press(CTRL_C)
    code = run.end(20)

    assert code == 130
    assert "3 nodes: 1 run, 0 reused, 0 failed, 1 skipped, 1 interrupted" in run.raw
    assert "Traceback" not in run.raw
    assert not alive(pid)


def test_what_was_done_before_the_second_is_kept_and_known(terminal):
    run = terminal(slow(BODIES["sleep"]), "run")
    wait_for_file(run.project.path / "started")
    run.press(CTRL_C)
    run.wait_for(FIRST, BEFORE)
    time.sleep(0.3)
    run.press(CTRL_C)
    run.end(20)
    run.project.write({"seeknal/pipelines/slow.py": HEAD + "    return [{'a': 1}]\n"})

    records = run.project.run("history", "--format", "json").json()
    again = run.project.run("run", "--format", "json").assert_ok().json()

    assert [record["status"] for record in records] == ["interrupted"]
    statuses = {node["node"]: node["status"] for node in again["nodes"]}
    assert statuses == {
        "source.a": "reused",
        "transform.slow": "success",
        "transform.after": "success",
    }
    assert list((run.project.path / "target").rglob("*.tmp*")) == []


def test_children_of_a_node_are_gone_after_the_second(terminal):
    body = (
        "import subprocess\n"
        "child = subprocess.Popen(['sh', '-c', 'trap : INT TERM; while :; do sleep 1; done'])\n"
        "Path('child').write_text(str(child.pid))\nchild.wait()"
    )
    run = terminal(slow(body), "run")
    wait_for_file(run.project.path / "child")
    pid = int((run.project.path / "child").read_text())
    run.press(CTRL_C)
    run.wait_for(FIRST, BEFORE)
    time.sleep(0.3)

    run.press(CTRL_C)
    run.end(20)

    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def test_a_query_is_stopped_by_the_first(terminal):
    files = {**FILES, "seeknal/slow.yml": f"{{kind: transform, name: slow, sql: '{QUERY}'}}\n"}
    run = terminal(files, "run")
    # Which of its tenths of a second the line shows is the machine's affair.
    run.wait_for("transform.slow ")
    time.sleep(0.5)

    run.press(CTRL_C)
    run.wait_for(FIRST, BEFORE)
    code = run.end(20)

    assert code == 130
    assert "1 interrupted" in run.raw
    assert "transform.slow was interrupted" in run.raw
    assert "transform.slow failed" not in run.raw


def test_a_query_that_is_asked_is_stopped_without_more_ado(seeknal_project):
    project = seeknal_project({name: text for name, text in FILES.items() if "data" in name})
    project.write({"seeknal/a.yml": "{kind: source, name: a, source: csv, table: data/a.csv}\n"})
    project.run("run").assert_ok()
    with Terminal(project.path, "sql", QUERY) as asked:
        time.sleep(4)

        asked.press(CTRL_C)
        code = asked.end(20)

    assert code == 130
    assert "".join(asked.lines).removeprefix("^C") == "interrupted"


def test_signals_to_a_run_without_a_terminal_are_answered_alike(seeknal_project):
    project = seeknal_project(slow(BODIES["c call"]))
    with Terminal(project.path, "run", "--format", "json") as run:
        wait_for_file(project.path / "started")

        os.kill(run.process.pid, signal.SIGTERM)
        run.wait_for(FIRST, BEFORE)

    assert AGAIN in run.raw
