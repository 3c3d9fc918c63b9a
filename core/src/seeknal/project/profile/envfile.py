"""Environment variables, with those of ``.env`` below the real ones."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from seeknal.project.profile.confidential import note_variables
from seeknal.project.text_files import read_text
from seeknal.values.errors import ProjectError
from seeknal.values.patterns import Pattern
from seeknal.values.problems import Problems

_LINE = Pattern(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")


def environment(root: Path) -> Mapping[str, str]:
    """The process's environment over what ``.env`` beside the project file says."""
    return {**read_env_file(root / ".env"), **os.environ}


def read_env_file(path: Path) -> dict[str, str]:
    """``NAME=value`` lines; ``#`` begins a comment, quotes keep spaces.

    Raises ProjectError for a file that cannot be read: its variables would be taken for unset.
    """
    if not os.path.lexists(path):
        return {}
    problems = Problems()
    text = read_text(path, path.name, problems)
    if text is None:
        raise ProjectError(problems)
    lines = text.splitlines()
    matches = (_LINE.fullmatch(line) for line in lines if not line.lstrip().startswith("#"))
    found = {match[1]: _unquoted(match[2]) for match in matches if match}
    note_variables(found)
    return found


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value.split(" #", 1)[0].rstrip()
