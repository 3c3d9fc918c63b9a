"""Whether paths that a project names stay below it."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

_WILD = frozenset("*?[")


def is_url(path: str) -> bool:
    """Whether ``path`` is no path of this machine."""
    return "://" in path


def leads_outside(root: Path, path: str) -> bool:
    """Whether ``path`` (a pattern too) leads out of ``root``, symbolic links followed."""
    if is_url(path):
        return False
    if "\0" in path:
        return True
    steady = takewhile(lambda part: not _WILD & set(part), Path(path).parts)
    return not root.joinpath(*steady).resolve().is_relative_to(root.resolve())
