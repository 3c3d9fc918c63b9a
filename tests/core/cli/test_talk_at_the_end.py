"""A secret that a node writes in pieces, or while Python ends, is masked, and never on stdout."""

import json
import os
import subprocess
import sys

import pytest

from seeknal.cli.unfinished import Unfinished
from seeknal.values.secret import Secret

pytestmark = pytest.mark.once

VALUE = "kx7-Pq2zanzibar-Wm9"
HEAD = """import atexit, os, subprocess, sys, threading, time
from seeknal import transform

V = os.environ["API_TOKEN"]
"""
NODE = """

@transform(name="{name}")
def {name}(ctx):
    {body}
    return [{{"x": 1}}]
"""
PIECES = {
    "flushed": (
        'sys.stderr.write("auth " + V[:9]); sys.stderr.flush(); sys.stderr.write(V[9:] + "\\n")'
    ),
    "characters": 'any(print(c, end="", flush=True) for c in V); print()',
    "never ended": 'any(print(c, end="", flush=True) for c in V)',
    "descriptor 1": (
        'any(os.write(1, c.encode()) and time.sleep(0.4 if c in "-7" else 0) for c in V)'
    ),
    "descriptor 2 for long": (
        "os.write(2, V[:9].encode()); time.sleep(2.5); os.write(2, V[9:].encode() + b'.')"
    ),
    "a program": ('subprocess.run(["sh", "-c", "printf %s $0; sleep 0.5; echo $1", V[:9], V[9:]])'),
    "a program on our stream": 'subprocess.run(["echo", V], stdout=sys.stderr, stderr=sys.stdout)',
    "bytes": "sys.stdout.buffer.write(V.encode()); sys.stdout.buffer.flush()",
    "the stream's descriptor": "os.write(sys.stdout.fileno(), V.encode())",
    "a thread of its own": (
        't = threading.Thread(target=lambda: [print(c, end="", flush=True) for c in V]); '
        "t.start(); t.join()"
    ),
    "the first stream": (
        "sys.__stdout__.write(V[:9]); sys.__stdout__.flush(); print(V[9:], file=sys.__stdout__)"
    ),
}
ENDS = {
    "at exit": 'atexit.register(print, "atexit " + V)',
    "at exit in pieces": 'atexit.register(lambda: [print(c, end="", flush=True) for c in V])',
    "at exit, a program": 'atexit.register(os.system, "echo " + V)',
    "at exit, a descriptor": "atexit.register(os.write, 1, V.encode())",
}
DELETED = """
class Last:
    def __init__(self, held=None):
        self.write, self.print, self.value, self.low, self.held = (
            sys.stderr.write, print, V, os.write, self)
    def __del__(self):
        self.write("deleted " + self.value[:9])
        sys.stderr.flush()
        self.write(self.value[9:] + "\\n")
        self.print("printed", self.value)
        self.low(1, self.value.encode())
        self.low(2, self.value.encode())

import builtins
builtins.last = LAST = Last()
"""


def said(folder, source):
    (folder / "seeknal/pipelines").mkdir(parents=True)
    (folder / "seeknal_project.yml").write_text("name: x\n")
    (folder / "seeknal/pipelines/p.py").write_text(source)
    command = [sys.executable, "-m", "seeknal", "run", "--workers", "1", "--format", "json"]
    environment = os.environ | {"API_TOKEN": VALUE}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["nodes"][0]["status"]) == (0, "success"), done
    return done.stderr


def assert_masked(text):
    shown = [VALUE[at : at + 5] for at in range(len(VALUE) - 4) if VALUE[at : at + 5] in text]
    assert shown == [], text


def nodes(bodies):
    return "".join(NODE.format(name=f"n{at}", body=body) for at, body in enumerate(bodies))


def test_a_secret_written_in_pieces_is_masked(tmp_path):
    stderr = said(tmp_path, HEAD + nodes(PIECES.values()))

    assert_masked(stderr)
    assert stderr.count("***") == len(PIECES), stderr


def test_a_secret_written_at_exit_is_masked(tmp_path):
    stderr = said(tmp_path, HEAD + nodes(ENDS.values()))

    assert_masked(stderr)
    assert stderr.count("***") == len(ENDS), stderr


def test_a_secret_written_by_what_goes_last_is_masked(tmp_path):
    stderr = said(tmp_path, HEAD + DELETED + nodes(["pass"]))

    assert_masked(stderr)
    assert set(stderr.splitlines()) == {"deleted ***", "printed ***"}


def test_a_line_waits_for_its_end_and_a_beginning_of_a_secret_stays_held():
    Secret("first\nsecond-half")
    line = Unfinished()

    pieces = ["one\n", "tw", "o first\n"]
    shown = [*map(line.add, pieces), line.shown(), line.add("second-half\n")]

    assert shown == ["one\n", "", "two ", "", "***\n"]
    assert line.rest() == ""
