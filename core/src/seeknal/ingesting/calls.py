"""A call of ``seeknal ingest``, which has ended when whoever asked has its answer.

Loads of all rows have no mark. Whether one that is asked for again is another one, or the same
whose answer never came, is known by the call that it was part of: below ``<lake>/.seeknal/calls``
is a file for each that has not ended, locked while it is at work.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from seeknal.ingesting.lake import STATE
from seeknal.state.faults import reading, writing
from seeknal.values.errors import LockHeld

_POLL = 0.05


class Call:
    """One call: ``begin`` it before the first load of all rows, and ``end`` or ``leave`` it."""

    def __init__(self, lake: Path, id: str) -> None:
        self.id = id
        self._path = _path(lake, id)
        self._descriptor: int | None = None

    def begin(self) -> None:
        """From now on it is known that it has not ended."""
        import fcntl

        if self._descriptor is not None:
            return
        with writing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def end(self) -> None:
        """Its answer is out: what it loaded is loaded again when it is asked for again."""
        if self._descriptor is not None:
            with writing(self._path):
                self._path.unlink(missing_ok=True)
        self.leave()

    def close(self, is_success: bool) -> None:
        """End it where that was a success, else leave it."""
        if is_success:
            self.end()
        self.leave()

    def leave(self) -> None:
        """It is not at work any more, and has not ended if it did not."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def has_ended(lake: Path, id: str, name: str, timeout: float) -> bool:
    """Whether a call has. Raises LockHeld while it still is at work after ``timeout``."""
    path = _path(lake, id)
    deadline = time.monotonic() + timeout
    while True:
        if _is_free(path):
            return not path.exists()
        if time.monotonic() >= deadline:
            raise LockHeld(
                f"the call that loads {name!r} is still at work",
                code="SK1612",
                help="wait for it with --lock-timeout 60s",
            )
        time.sleep(_POLL)


def cut_short(lake: Path) -> set[str]:
    """The calls that have not ended and are not at work any more."""
    folder = _path(lake, "x").parent
    there = folder.iterdir() if folder.is_dir() else ()
    return {path.name for path in there if _is_free(path)}


def forget(lake: Path, calls: set[str]) -> None:
    """Remove what is known of calls that nobody asks for any more."""
    for id in calls:
        with suppress(OSError):
            _path(lake, id).unlink(missing_ok=True)


def _is_free(path: Path) -> bool:
    """Whether nobody is at work with a call; others may ask the same at once."""
    import fcntl

    with reading(path):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _path(lake: Path, id: str) -> Path:
    return lake / STATE / "calls" / id
