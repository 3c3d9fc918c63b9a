"""Ctrl-C while the command line itself is still imported: answered like any other."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.inside

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
LATER = ["seeknal.cli.listing", "seeknal.plan.session", "yaml"]


@pytest.mark.parametrize("module", [*MODULES, *LATER])
def test_it_is_answered_without_a_traceback(fresh, module):
    ended = run(fresh.path, module, "list")

    assert ended.returncode == 130
    assert (ended.stdout, ended.stderr.strip()) == ("", "interrupted")


MAKING = """
import os, sys
from signal import SIGINT

class Named:
    def __set_name__(self, owner, name):
        os.kill(os.getpid(), SIGINT)
        for _ in range(1000):
            pass

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "seeknal.cli.listing":
            sys.meta_path.remove(self)
            type("Made", (), {"named": Named()})
        return None

from seeknal.cli import main
sys.meta_path.insert(0, Finder())
sys.argv = ["seeknal", "list"]
sys.exit(main())
"""


def test_it_is_answered_while_a_class_is_made(fresh):
    ended = subprocess.run(
        [sys.executable, "-c", MAKING],
        cwd=fresh.path,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )

    assert ended.returncode == 130, ended.stderr
    assert ended.stderr.strip() == "interrupted"


STARTS = {
    "module": [sys.executable, "-m", "seeknal"],
    "isolated": [sys.executable, "-Im", "seeknal"],
    "script": [str(Path(sys.executable).parent / "seeknal")],
}
MOMENTS = [number * 0.025 for number in range(20)]


def pressed_after(folder, seconds, *command):
    """What becomes of a command that is interrupted so long after its start."""
    started = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    time.sleep(seconds)
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=60)
    return started.returncode, out, err


@pytest.mark.parametrize(
    ("start", "arguments"),
    [("module", ["list"]), ("isolated", ["--help"]), ("script", ["run", "--dry-run"])],
)
def test_no_moment_of_the_first_half_second_shows_a_traceback(fresh, start, arguments):
    ended = [pressed_after(fresh.path, moment, *STARTS[start], *arguments) for moment in MOMENTS]

    for code, _, err in ended:
        # Python's own start comes first, and is Python's to answer.
        assert "/seeknal/" not in err
        assert code in (0, 130) or "KeyboardInterrupt" in err or code == -signal.SIGINT
    assert any(code == 130 for code, _, _ in ended)


COMPILED = """
import os, sys
from signal import SIGINT
from seeknal.cli import main

class ExtensionFileLoader:
    def find_spec(self, name, path=None, target=None):
        if name == "seeknal.cli.listing":
            sys.meta_path.remove(self)
            os.kill(os.getpid(), SIGINT)
            sum(range(100))
            print("set up", file=sys.stderr)
        return None

sys.meta_path.insert(0, ExtensionFileLoader())
sys.argv = ["seeknal", "list"]
sys.exit(main())
"""


def test_a_compiled_module_sets_itself_up_before_the_command_ends(fresh):
    ended = subprocess.run(
        [sys.executable, "-c", COMPILED],
        cwd=fresh.path,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )

    assert ended.returncode == 130
    assert ended.stderr.split("\n\n") == ["set up", "interrupted\n"]


def test_it_says_nothing_once_the_command_has_ended(fresh):
    ended = run(fresh.path, "seeknal.cli.descriptors", "--help")

    assert "Usage" in ended.stdout or not ended.stdout
    assert ended.stderr == ""


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
