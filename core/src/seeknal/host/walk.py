"""The files of a project that its code may read: all but what is kept, made or installed there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

_SKIPPED = {"target", "__pycache__", "node_modules", "site-packages"}


def project_files(root: Path) -> Iterator[str]:
    """Every file below ``root``, relative to it, in order."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if _is_looked_into(folder, name))
        inside = Path(folder).relative_to(root)
        for name in sorted(files):
            yield (inside / name).as_posix()


def _is_looked_into(folder: str, name: str) -> bool:
    if name.startswith(".") or name in _SKIPPED:
        return False
    return not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))


def python_files(root: Path) -> list[str]:
    return [name for name in project_files(root) if name.endswith(".py")]


def matching(pattern: str, root: Path, files: list[str]) -> list[str]:
    """The files whose path ends with ``pattern``, in which ``*`` stands for anything.

    What lies in a folder that is not looked into is found by its whole path alone.
    """
    wanted = pattern.replace("\\", "/").removeprefix("./")
    while wanted.startswith("../"):
        wanted = wanted[3:]
    if wanted.startswith("/"):
        return (
            [wanted]
            if "*" not in wanted and os.path.isfile(wanted)
            else _ending(wanted, [(root / name).as_posix() for name in files])
        )
    found = _ending(f"*/{wanted}", [f"{root.as_posix()}/{name}" for name in files])
    found = [name[len(root.as_posix()) + 1 :] for name in found]
    if "*" not in wanted and wanted not in found and (root / wanted).is_file():
        found.append(wanted)
    return found


def _ending(pattern: str, files: list[str]) -> list[str]:
    pattern = pattern.replace("[", "[[]").replace("**/", "*").replace("/**", "/*")
    return [name for name in files if fnmatchcase(name, pattern)]
