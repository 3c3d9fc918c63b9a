"""Where a project's own files lie."""

from __future__ import annotations

import os
from pathlib import Path

from seeknal.values.errors import UsageError

PROJECT_FILE = "seeknal_project.yml"
PROFILES = "profiles.yml"


def root_above(folder: Path) -> Path | None:
    """The project that a folder lies in, where it lies in one."""
    return next((one for one in (folder, *folder.parents) if (one / PROJECT_FILE).is_file()), None)


def files_below(folder: Path, *endings: str) -> list[Path]:
    """What lies below ``folder`` with one of the ``endings``, in capitals too, in order of path.

    What begins with a dot, and what lies in a folder that does, is nobody's.
    """
    if not folder.is_dir():
        return []
    found = (path for path in folder.rglob("*") if not endings or path.suffix.lower() in endings)
    return sorted(path for path in found if not _is_hidden(path.relative_to(folder)))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def find_profile(root: Path, explicit: Path | None) -> Path | None:
    """The profile in force: ``--profile``, SEEKNAL_PROFILE, the project's, then the user's."""
    chosen = explicit or (Path(value) if (value := os.environ.get("SEEKNAL_PROFILE")) else None)
    if chosen is not None:
        if not os.path.lexists(chosen):
            raise UsageError(f"profile {str(chosen)!r} does not exist", code="SK0606")
        return chosen
    places = (root / PROFILES, Path.home() / ".seeknal" / PROFILES)
    # What is there and is no file is wrong: another profile must not step in for it.
    return next((path for path in places if os.path.lexists(path)), None)
