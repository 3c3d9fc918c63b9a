"""Runs a page of the documentation as a reader would: writes its files, types its commands.

A fence that begins with ```` ```yaml file=PATH ```` is a file of the reader's project; one that
begins with ```` ```console ```` holds commands after ``$`` and what they print. ``...`` on a line
of its own stands for any lines, within a line for any text. ``console skip`` is shown and not run.

python tests/docs/pages.py PAGE...     write what the commands print now into the pages
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from seeknal.testing import TestProject

DOCS = Path(__file__).resolve().parents[2] / "docs"

_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
_VOLATILE = (
    (re.compile(r"\d+\.\d+ s\b"), "# s"),
    (re.compile(r"about \d+(\.\d)? (s|min|h)\b"), "about # s"),
    (re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}"), "BATCH"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"\d+(\.\d+)? (B|[KM]iB)\b"), "SIZE"),
    (re.compile(r"[0-9a-f]{16}-[0-9a-f]{16}\.parquet"), "ARTIFACT"),
    (re.compile(r"^target: \d+ files", re.MULTILINE), "target: N files"),
    (re.compile(r"-{3,}"), "---"),
    (re.compile(r"[ \t]+"), " "),
)


_NEEDS_A_SHELL = re.compile(r"[|;<>$`*?~#\\\\]")
_STARTS_PROGRAMS = ("python", "postgres")
"""Commands of seeknal whose output another program writes, or that leave one running."""


class Command(NamedTuple):
    """One command of a page, what the page says that it prints, and where that stands."""

    line: str
    expected: str
    span: tuple[int, int]


class Printed(NamedTuple):
    """What a command of a page printed."""

    command: Command
    output: str

    @property
    def differs(self) -> bool:
        return not alike(self.command.expected, self.output)


def fences(text: str) -> Iterator[re.Match[str]]:
    return _FENCE.finditer(text)


def commands(fence: re.Match[str]) -> Iterator[Command]:
    """The commands of a console fence."""
    starts = [found.start() for found in re.finditer(r"^\$ ", fence["body"], re.MULTILINE)]
    for start, end in pairwise([*starts, len(fence["body"])]):
        line, _, rest = fence["body"][start + 2 : end].partition("\n")
        begin = fence.start("body") + start + 2 + len(line) + 1
        yield Command(line, rest, (begin, begin + len(rest)))


def play(
    text: str,
    folder: Path,
    home: Path,
    environment: Mapping[str, str] | None = None,
    *,
    in_process: bool = False,
) -> Iterator[Printed]:
    """Do everything that the page ``text`` says, beginning in ``folder``.

    ``environment`` is that of the shell; else the command is that of this very Python.
    ``in_process``: what seeknal does alone is done here, without starting it each time.
    """
    here, shell = folder, environment or _environment()
    type_ = _typed_here if in_process else _typed
    try:
        for fence in fences(text):
            language, *words = fence["info"].split() or [""]
            named = [word.removeprefix("file=") for word in words if word.startswith("file=")]
            if named:
                path = here / named[0]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(fence["body"])
            elif language == "console" and "skip" not in words:
                for command in commands(fence):
                    output, here = type_(command.line, here, home, shell)
                    yield Printed(command, output.replace(f"{folder}/", ""))
    finally:
        if "seeknal postgres start" in text:
            _typed("seeknal postgres stop", here, home, shell)


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "100"}


def _typed(line: str, folder: Path, home: Path, environment: Mapping[str, str]) -> tuple[str, Path]:
    """What a shell prints for ``line``, and the folder that it is in afterwards."""
    script = f"{line}\nresult=$?\npwd > {home}/here\nexit $result\n"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**environment, "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout, Path((home / "here").read_text().strip())


def _typed_here(
    line: str, folder: Path, home: Path, environment: Mapping[str, str]
) -> tuple[str, Path]:
    """As `_typed`, in this process where nothing but seeknal is asked for."""
    steps = [shlex.split(step) for step in line.split(" && ")]
    if _NEEDS_A_SHELL.search(re.sub(r"""'[^']*'|"[^"]*\"""", "", line)) or not all(
        step[0] == "cd" or (step[0] == "seeknal" and step[1] not in _STARTS_PROGRAMS)
        for step in steps
    ):
        return _typed(line, folder, home, environment)
    output = ""
    with mock.patch.dict(os.environ, {**environment, "HOME": str(home)}), _no_input():
        for program, *words in steps:
            if program == "cd":
                folder = folder / words[0]
                continue
            done = TestProject(folder).run(*words)
            output += done.stdout + done.stderr
            if done.exit_code != 0:
                break
    return output, folder


@contextmanager
def _no_input() -> Iterator[None]:
    with open(os.devnull) as nothing, mock.patch.object(sys, "stdin", nothing):
        yield


def alike(expected: str, output: str) -> bool:
    """Whether ``output`` is what is expected, but for times, sizes and the order of lines.

    Nodes end in whatever order the machine gets them done.
    """
    wanted, found = _normal(expected), _normal(output)
    if not any("..." in line for line in wanted):
        return sorted(wanted) == sorted(found)
    patterns = [_pattern(line) for line in wanted if line != "..."]
    return all(any(map(pattern.fullmatch, found)) for pattern in patterns) and (
        "..." in wanted or len(wanted) == len(found)
    )


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, line.split("..."))))


def _normal(text: str) -> list[str]:
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    return [line.strip() for line in text.splitlines() if line.strip()]


def updated(text: str) -> str:
    """``text`` with what its commands print now, where that is not what it says."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        printed = list(play(text, Path(folder), Path(home)))
    for command, output in reversed(printed):
        if not alike(command.expected, output):
            begin, end = command.span
            text = text[:begin] + output.rstrip("\n") + "\n" * bool(output) + text[end:]
    return text


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(updated(page.read_text()))
