"""Ctrl-C while the command line itself is still imported: answered like any other."""

import json
import signal
import subprocess
import sys

import pytest

PRESSED = """
import os, sys
from signal import SIGINT

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            for _ in range({times}):
                os.kill(os.getpid(), SIGINT)
        return None

from seeknal.cli import main
sys.meta_path.insert(0, Finder())
sys.modules.pop("signal")
sys.argv = ["seeknal", {arguments}]
sys.exit(main())
"""


def run(folder, module, *arguments, times=1, ignored=False):
    listed = ", ".join(map(repr, arguments))
    code = PRESSED.format(module=module, arguments=listed, times=times)
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        # What a shell starts in the background takes no notice of Ctrl-C otherwise.
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_IGN if ignored else signal.SIG_DFL
        ),
    )


MODULES = [
    "signal",
    "seeknal.cli.app",
    "click",
    "seeknal.values.errors",
    "seeknal.cli.streams",
    "seeknal.values.secret",
]
LATER = ["seeknal.cli.listing", "seeknal.plan.loading", "yaml"]


@pytest.mark.parametrize("module", [*MODULES, *LATER])
def test_it_is_answered_without_a_traceback(fresh, module):
    ended = run(fresh.path, module, "list")

    assert ended.returncode == 130
    assert (ended.stdout, ended.stderr.strip()) == ("", "interrupted")


@pytest.mark.parametrize("module", MODULES)
def test_programs_get_their_answer(fresh, module):
    ended = run(fresh.path, module, "run", "--format", "json")

    assert ended.returncode == 130
    assert json.loads(ended.stdout)["status"] == "interrupted"


def test_the_second_ends_it_at_once(fresh):
    ended = run(fresh.path, "click", "list", times=2)

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_who_is_to_hear_nothing_of_it_does_not(fresh):
    ended = run(fresh.path, "click", "list", "--format", "names", ignored=True)

    assert ended.returncode == 0
    assert "source.orders" in ended.stdout
