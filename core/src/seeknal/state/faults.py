"""What the operating system refuses us in ``target``, as errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seeknal.values.errors import StateError


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise StateError when ``path`` is there but cannot be read: no state is another thing."""
    try:
        yield
    except OSError as error:
        raise StateError(
            f"{path} cannot be read: {error.strerror or error}",
            code="SK0801",
            help="check the permissions of the folder target, and the disk",
        ) from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise StateError when ``path`` cannot be written, with the room that its disk has."""
    try:
        yield
    except OSError as error:
        raise StateError(
            f"{path} cannot be written: {error.strerror or error} ({_room(path)})",
            code="SK0804",
            help="make room or fix the permissions of the folder target, then run again",
        ) from error


def _room(path: Path) -> str:
    import shutil

    folder = next(parent for parent in path.parents if parent.exists())
    return f"{shutil.disk_usage(folder).free / 2**20:,.0f} MiB free"
