"""A run that is killed at the moment when a node's output is put on record."""

import subprocess
import sys

_PROGRAM = """
import os, signal, sys
from seeknal.state.store import StateStore
record = StateStore.record
node, when = sys.argv[1:]

def killed(self, environment, snapshot, **more):
    if snapshot.node != node:
        return record(self, environment, snapshot, **more)
    if when == "after":
        record(self, environment, snapshot, **more)
    os.kill(os.getpid(), signal.SIGKILL)

StateStore.record = killed
from seeknal.cli import main
main(["run"])
"""


def run_killed(project, node, when):
    """``seeknal run`` in a process that dies ``before`` or ``after`` the record of that node."""
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, node, when], cwd=project, capture_output=True, check=False
    )
