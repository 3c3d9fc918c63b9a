"""Files below ``seeknal/`` that lie where nothing reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seeknal.project.paths import files_below
from seeknal.project.python.syntax import decorators, functions, our_names
from seeknal.project.python.syntax_tree import syntax_tree
from seeknal.values.location import Location
from seeknal.values.problems import Problem

_BESIDE_SEEDS = (".yml", ".yaml", ".sql", ".py", ".md")
"""What is read, or told, as in any other folder, or is for people."""


def stray_problems(root: Path) -> Iterator[Problem]:
    """Python nodes outside of ``pipelines/``, and what is no CSV file in ``seeds/``."""
    base = root / "seeknal"
    for path in files_below(base, ".py"):
        if path.relative_to(base).parts[0] != "pipelines" and (line := _decorated(path)):
            yield Problem(
                code="SK0245",
                message="no node is made of this function: it does not lie in pipelines/",
                location=Location(path.relative_to(root).as_posix(), line),
                help=f"move it to seeknal/pipelines/{path.name}",
            )
    seeds = base / "seeds"
    for path in files_below(seeds):
        if path.parent == seeds and path.suffix.lower() == ".csv":
            continue
        if path.is_file() and path.suffix.lower() not in _BESIDE_SEEDS:
            yield Problem(
                code="SK0245",
                message="this file is no seed, and is not read",
                location=Location(path.relative_to(root).as_posix()),
                help="a seed is a .csv file directly in seeds/; a source of YAML reads other files",
                severity="warn",
            )


def _decorated(path: Path) -> int:
    """The line of the first decorator of ours in a file, or 0."""
    try:
        data = path.read_bytes()
        if b"seeknal" not in data:
            return 0
        tree = syntax_tree(data)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        # Nothing runs it, so nothing else is wrong with it.
        return 0
    names = our_names(tree)
    lines = [entry.line for found in functions(tree) for entry in decorators(found, names)]
    return min(lines, default=0)
