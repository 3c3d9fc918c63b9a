"""The examples, as somebody who takes a copy of one has them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from seeknal.testing import TestProject

EXAMPLES = Path(__file__).parents[1] / "examples"
LEFT_OUT = shutil.ignore_patterns("target", "outputs", ".seeknal", "__pycache__", "example.toml")


def copy_of(name: str, folder: Path) -> TestProject:
    """A copy below ``folder`` that nobody has run."""
    return TestProject(Path(shutil.copytree(EXAMPLES / name, folder / name, ignore=LEFT_OUT)))


class Filled:
    """An example's copy whose lake a script has filled; it can be had anew.

    Each time in the same folder, for a lake knows its files by where they were written.
    """

    def __init__(self, name: str, folder: Path, seed: str) -> None:
        self._project = copy_of(name, folder)
        script(self._project, seed)
        self._kept = shutil.copytree(self._project.path, folder / "kept")

    def anew(self) -> TestProject:
        shutil.rmtree(self._project.path)
        shutil.copytree(self._kept, self._project.path)
        return self._project


def script(project: TestProject, name: str, *arguments: str) -> str:
    """What a script of the example prints."""
    done = call(project, f"scripts/{name}", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def seeknal(project: TestProject, *arguments: str) -> str:
    """What the command prints, in a process of its own as a shell starts it."""
    done = call(project, "-m", "seeknal", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fill(project: TestProject) -> None:
    """Fill a copy's lake, and its own database if it has one, as its README says."""
    seeknal(project, "python", "scripts/seed.py")


def lineage_page(project: TestProject) -> Path:
    """The page that ``seeknal lineage --no-open`` writes of a copy that has run once."""
    seeknal(project, "run")
    seeknal(project, "lineage", "--no-open")
    return project.path / "target" / "lineage.html"


def call(project: TestProject, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=project.path, capture_output=True, text=True)


def document(project: TestProject, *arguments: str) -> dict[str, Any]:
    """The lineage of a project that has run, or of the part that is asked for."""
    found: dict[str, Any] = (
        project.run("lineage", "--format", "json", *arguments).assert_ok().json()
    )
    return found


def neighbours(document: dict[str, Any], node: str) -> tuple[set[str], set[str]]:
    """What ``node`` reads and what reads it; the document may hold no other node."""
    edges = [(edge["from"], edge["to"]) for edge in document["edges"]]
    parents = {parent for parent, child in edges if child == node}
    children = {child for parent, child in edges if parent == node}
    assert {entry["id"] for entry in document["nodes"]} == {node} | parents | children
    return parents, children
