"""Running our own code with the packages that a file's PEP 723 header asks for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from seeknal.host.files import scratch_folder
from seeknal.host.groups import end_group
from seeknal.host.started import Awaited
from seeknal.kernel.installing import install_command
from seeknal.values.errors import NodeError
from seeknal.values.secret import scrub

_PACKAGE = Path(__file__).parents[2]
CHILD = _PACKAGE / "run" / "python" / "_child.py"
NEEDED = ("duckdb>=1.5.5", "attrs>=23.2")
"""What the child itself needs beside the file's own packages."""
FOR_A_FROZEN_CLOCK = ("time-machine>=2.16",)
SHOWN_LINES = 15
EVENT = b"\x1e"
"""What lines of the child begin with that are meant for us."""
_MOST = 1 << 16

_running: dict[int, set[subprocess.Popen[bytes]]] = {}
_lock = threading.Lock()


Told = Callable[[Mapping[str, Any]], None]


def run_with_uv(
    file: Path,
    header: str,
    job: Mapping[str, Any],
    root: Path,
    workdir: Path | None = None,
    told: Told | None = None,
) -> dict[str, Any]:
    """The child's answer to ``job``. Raises NodeError when it could not give one.

    ``told`` is given what the child tells meanwhile; what its code prints is printed then.
    """
    with scratch_folder(workdir) as folder:
        question, answer = folder / "job.json", folder / "answer.json"
        package = str(_PACKAGE)
        question.write_text(
            json.dumps({**job, "seeknal": package, "answer": str(answer)}), encoding="utf-8"
        )
        start = Awaited(f"start of uv for {_name(file, root)}")
        needed = NEEDED + (FOR_A_FROZEN_CLOCK if job.get("frozen") else ())
        code, talk = _run(_command(file, header, needed, question), root, _Talk(start, told))
        if not answer.is_file():
            raise _no_answer(file, root, code, talk)
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def stop(thread: int | None = None) -> None:
    """End the children that a thread waits for, or all of them."""
    with _lock:
        for ident, children in _running.items():
            if thread is None or ident == thread:
                for child in children:
                    _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    # Where uv has ended already, the Python that it started sees that its input ends.
    end_group(child)
    if child.stdin is not None:
        child.stdin.close()


def _command(file: Path, header: str, needed: Iterable[str], question: Path) -> list[str]:
    import tomllib

    uv = shutil.which("uv")
    if uv is None:
        raise NodeError(
            f"{file.name} has a '# /// script' header, which needs uv, and uv was not found",
            code="SK0521",
            help=f"install it ({install_command('uv')}),"
            " or remove the header to run in seeknal's own Python",
        )
    wanted = str(tomllib.loads(header).get("requires-python", "")).strip()
    command = [uv, "run", "--quiet", "--no-project", "--isolated"]
    command += ["--python", f"{wanted},>=3.11" if wanted else ">=3.11"]
    command += ["--with-requirements", str(file)]
    for package in needed:
        command += ["--with", package]
    # -I: neither PYTHONPATH nor the current folder leak in.
    return [*command, "python", "-I", str(CHILD), str(question)]


class _Talk:
    """What a child says: the last of it, what it tells us, and lines that are printed."""

    def __init__(self, start: Awaited, told: Told | None) -> None:
        self._start = start
        self._told = told
        self._is_ready = False
        self._line = b""
        self.kept = b""
        """A talkative child does not fill our memory."""

    def take(self, piece: bytes) -> None:
        *lines, self._line = (self._line + piece).split(b"\n")
        for line in lines:
            self._take_line(line)
        if len(self._line) > _MOST:
            self._take_line(self._line)
            self._line = b""

    def end(self) -> None:
        if self._line:
            self._take_line(self._line)

    def _take_line(self, line: bytes) -> None:
        said, mark, event = line.partition(EVENT)
        found = _event(event) if mark else None
        if found is None:
            self._say(line)
            return
        if said:
            self._say(said)
        if "ready" in found:
            self._is_ready = True
            self._start.over()
        elif self._told is not None:
            self._told(found)

    def _say(self, line: bytes) -> None:
        self.kept = (self.kept + line + b"\n")[-_MOST:]
        # What uv itself says is part of the error, if there is one.
        if self._is_ready and self._told is not None:
            print(line.decode("utf-8", "replace"))


def _event(text: bytes) -> dict[str, Any] | None:
    with suppress(ValueError):
        found = json.loads(text)
        return found if isinstance(found, dict) else None
    return None


def _run(command: list[str], root: Path, talk: _Talk) -> tuple[int, str]:
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    # The child ends itself when its standard input closes, as it does when we die.
    child = subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # What a terminal sends is for us to pass on.
        process_group=0,
    )
    ident = threading.get_ident()
    with _lock:
        _running.setdefault(ident, set()).add(child)
    try:
        assert child.stdout is not None
        while piece := child.stdout.read1(_MOST):  # type: ignore[attr-defined]
            talk.take(piece)
        talk.end()
        return child.wait(), talk.kept.decode("utf-8", "replace")
    finally:
        with _lock:
            _running[ident].discard(child)
        _end(child)
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def _name(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name


def _no_answer(file: Path, root: Path, code: int, talk: str) -> NodeError:
    lines = scrub(talk).strip().splitlines()[-SHOWN_LINES:]
    name = _name(file, root)
    if code < 0:
        return NodeError(f"the process of {name} was ended by signal {-code}", code="SK0523")
    return NodeError(
        "\n".join([f"{name} could not be run with uv (exit code {code})", *lines]),
        code="SK0522",
        help="check the '# /// script' header: package names, versions, requires-python",
    )
