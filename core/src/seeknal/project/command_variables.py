"""Variables of the command line that nothing in the project names: most likely a slip."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from seeknal.project.paths import PROJECT_FILE
from seeknal.project.templates.rendering import DATED, RUN_ID
from seeknal.values.errors import did_you_mean
from seeknal.values.location import Location
from seeknal.values.problems import Problem

_READ = (".yml", ".yaml", ".sql", ".py")


def unused_variables(
    root: Path, given: Mapping[str, object], declared: Mapping[str, object]
) -> list[Problem]:
    """A warning for each of ``given`` that is not declared and stands in no file as a word."""
    wanted = [name for name in given if name not in declared and name not in {*DATED, RUN_ID}]
    if not wanted:
        return []
    words = set(re.findall(r"\w+", _text_of(root)))
    return [
        Problem(
            code="SK0274",
            message=f"--var {name}: nothing in the project uses a variable of that name"
            + (f" ({near})" if (near := did_you_mean(name, declared)) else ""),
            location=Location(PROJECT_FILE),
            help="correct the name, or leave it out",
            severity="warn",
        )
        for name in wanted
        if name not in words
    ]


def _text_of(root: Path) -> str:
    found = []
    for path in sorted((root / "seeknal").rglob("*")):
        if path.suffix in _READ:
            try:
                found.append(path.read_text(encoding="utf-8", errors="replace"))
            except OSError:
                # Who reads it as a node tells what is wrong with it.
                continue
    return "\n".join(found)
