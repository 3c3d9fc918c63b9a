"""``seeknal ingest`` in a process that kills itself at a moment of its own choice."""

import signal
import subprocess
import sys

_PROGRAM = """
import os, signal, sys
from seeknal.ingesting import loading, state

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

def killing(function, number=1):
    def call(*given, **named):
        nonlocal number
        found = function(*given, **named)
        number -= 1
        if number == 0:
            kill()
        return found
    return call

moment = sys.argv.pop(1)
if moment == "planned":
    state.Kept.write = killing(state.Kept.write)
elif moment == "answered":
    from seeknal.ingesting import calls
    calls.Call.end = lambda self: kill()
else:
    name, _, number = moment.partition(" ")
    name = {"landed": "land", "loaded": "_send", "kept": "_finish"}[name]
    setattr(loading, name, killing(getattr(loading, name), int(number or 1)))
from seeknal.cli import main
sys.exit(main())
"""


def killed(place, moment, words):
    """Run a command line that is killed when ``moment`` has come, and give what it has said.

    ``loaded 2`` is when it has come for the second time.
    """
    command = [sys.executable, "-c", _PROGRAM, moment, *words]
    ended = subprocess.run(command, cwd=place.path, capture_output=True, check=False, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    return ended
