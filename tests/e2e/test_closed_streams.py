"""Output that cannot be written ends a command as it ends other good Unix programs."""

import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = ("run", "sql 'FROM range(5000)' --format csv --limit 0")
NODE = "kind: transform\nname: a\nsql: SELECT 1 AS x\n"
FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("project")
    (made / "seeknal").mkdir()
    (made / "seeknal_project.yml").write_text("name: x\n")
    (made / "seeknal/a.yml").write_text(NODE)
    return made


def ended(folder, redirected, command):
    """The exit code of a command in a shell, and what it said where that could be read."""
    told = folder / "told.txt"
    told.write_text("")
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{sys.executable} -m seeknal {command} {redirected}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr + told.read_text()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "redirected",
    [">&- 2>told.txt", "2>&- >/dev/null", ">&- 2>&-", "<&- >/dev/null", "2>/dev/null | true"],
)
def test_nobody_who_reads_is_no_error(folder, redirected, command):
    code, said = ended(folder, redirected, command)

    assert code == 0
    assert "Traceback" not in said
    assert "error" not in said


@pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("command", COMMANDS)
def test_an_answer_that_cannot_be_written_is_an_error(folder, command):
    code, said = ended(folder, ">/dev/full 2>told.txt", command)

    assert code == 1
    assert "error[SK0134]: standard output cannot be written: No space left on device" in said
    assert "Traceback" not in said


@pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")
def test_messages_that_cannot_be_written_change_no_exit_code(folder):
    assert ended(folder, "2>/dev/full >/dev/null", "run")[0] == 0
    assert ended(folder, "2>/dev/full >/dev/full", "run --select nothing")[0] == 2
    assert ended(folder, ">&- 2>&-", "run --select nothing")[0] == 2


def test_a_closed_descriptor_is_not_that_of_a_file_that_is_opened_next(folder):
    (folder / "seeknal/a.yml").write_text(NODE.replace("1 AS x", "2 AS x"))

    code, _ = ended(folder, ">&- 2>&- <&-", "run")

    state = (folder / "target").rglob("*")
    assert code == 0
    assert not [path for path in state if path.is_file() and b"1 node:" in path.read_bytes()]
    assert ended(folder, "", "sql 'FROM a' --format csv")[1] == "x\n2\n"


@pytest.mark.parametrize("command", ["sql", "repl", "apply dev", "env delete dev"])
def test_a_closed_input_is_one_with_nothing_in_it(folder, command):
    assert ended(folder, "<&-", command) == ended(folder, "</dev/null", command)
