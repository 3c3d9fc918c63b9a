"""Names for files that are set aside: kept for a look, no longer used."""

from __future__ import annotations

from pathlib import Path

from seeknal.host import clock
from seeknal.host.files import sync


def aside_name(path: Path, mark: str, suffix: str = "") -> Path:
    """A name beside ``path`` that nothing has: ``<name>.<mark>-<time><suffix>``."""
    moment = f"{clock.now():%Y%m%dT%H%M%S}"
    name = path.with_name(f"{path.name}.{mark}-{moment}{suffix}")
    number = 1
    while name.exists():
        number += 1
        name = path.with_name(f"{path.name}.{mark}-{moment}-{number}{suffix}")
    return name


def copy_aside(path: Path, mark: str, suffix: str = "") -> Path:
    """A durable copy of ``path`` beside it; ``path`` itself stays."""
    import shutil

    name = aside_name(path, mark, suffix)
    shutil.copyfile(path, name)
    sync(name)
    sync(name.parent)
    return name


def move_aside(path: Path, mark: str, suffix: str = "") -> Path:
    """Rename ``path`` so that nobody takes it for what it was."""
    name = aside_name(path, mark, suffix)
    path.rename(name)
    return name
