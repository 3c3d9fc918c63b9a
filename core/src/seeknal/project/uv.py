"""Running our own code with the packages that a file's PEP 723 header asks for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seeknal.errors import NodeError
from seeknal.files import scratch_folder
from seeknal.installing import install_command
from seeknal.secret import scrub

CHILD = Path(__file__).parent.parent / "run" / "_child.py"
NEEDED = ("duckdb>=1.5", "attrs>=23.2")
"""What the child itself needs beside the file's own packages."""
SHOWN_LINES = 15

_running: dict[int, set[subprocess.Popen[bytes]]] = {}
_lock = threading.Lock()


def run_with_uv(
    file: Path, header: str, job: Mapping[str, Any], root: Path, workdir: Path | None = None
) -> dict[str, Any]:
    """The child's answer to ``job``. Raises NodeError when it could not give one."""
    with scratch_folder(workdir) as folder:
        question, answer = folder / "job.json", folder / "answer.json"
        package = str(Path(__file__).parent.parent)
        question.write_text(
            json.dumps({**job, "seeknal": package, "answer": str(answer)}), encoding="utf-8"
        )
        code, talk = _run(_command(file, header, question), root)
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
    # uv dies of the signal; the Python that it started sees that its input ends.
    child.kill()
    if child.stdin is not None:
        child.stdin.close()


def _command(file: Path, header: str, question: Path) -> list[str]:
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
    for package in NEEDED:
        command += ["--with", package]
    # -I: neither PYTHONPATH nor the current folder leak in.
    return [*command, "python", "-I", str(CHILD), str(question)]


def _run(command: list[str], root: Path) -> tuple[int, str]:
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    # The child ends itself when its standard input closes, as it does when we die.
    child = subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    ident = threading.get_ident()
    with _lock:
        _running.setdefault(ident, set()).add(child)
    try:
        assert child.stdout is not None
        talk = _tail(child.stdout)
        return child.wait(), talk
    finally:
        with _lock:
            _running[ident].discard(child)
        _end(child)
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def _tail(stream: Any) -> str:
    """The last of what the child said; a talkative one does not fill our memory."""
    kept = b""
    while piece := stream.read1(65536):
        kept = (kept + piece)[-65536:]
    return kept.decode("utf-8", "replace")


def _no_answer(file: Path, root: Path, code: int, talk: str) -> NodeError:
    lines = scrub(talk).strip().splitlines()[-SHOWN_LINES:]
    name = file.relative_to(root) if file.is_relative_to(root) else file.name
    if code < 0:
        return NodeError(f"the process of {name} was ended by signal {-code}", code="SK0523")
    return NodeError(
        "\n".join([f"{name} could not be run with uv (exit code {code})", *lines]),
        code="SK0522",
        help="check the '# /// script' header: package names, versions, requires-python",
    )
