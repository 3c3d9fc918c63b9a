"""Where a project's own files lie."""

from __future__ import annotations

import os
from pathlib import Path

from seeknal.errors import UsageError

PROJECT_FILE = "seeknal_project.yml"
PROFILES = "profiles.yml"


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
