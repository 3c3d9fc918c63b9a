"""One writer per project: an OS lock that dies with its process."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import frozen

from seeknal.host import clock
from seeknal.host.files import put_text
from seeknal.state.sealed import parse_object
from seeknal.values.errors import LockHeld, StateError

_POLL = 0.05


@frozen
class Refusal:
    """What is said to whom a lock is not given, before who holds it, and what to do."""

    message: str
    help: str


WRITING = Refusal(
    "another command is writing to this project",
    "wait for it with --lock-timeout 60s; reading commands need not wait",
)


@frozen
class Lock:
    """A lock that this process holds."""

    _descriptor: int
    _path: Path

    def is_current(self) -> bool:
        """Whether the locked file still has its name: its folder may have been removed."""
        return _is_current(self._descriptor, self._path)


@contextmanager
def project_lock(
    target: Path, *, command: str, timeout: float = 0.0, refusal: Refusal = WRITING
) -> Iterator[Lock]:
    """Be the only writer of ``target`` while the block runs.

    Waits ``timeout`` seconds at most; then raises LockHeld, which says who holds it.
    """
    descriptor = _wait_for(target, timeout, refusal)
    try:
        _tell_others(target, command)
        yield Lock(descriptor, _lock_path(target))
    finally:
        with suppress(OSError):
            _info_path(target).unlink()
        os.close(descriptor)


def is_held(target: Path) -> bool:
    """Whether another process is the writer of ``target`` now.

    The lock is tried only where somebody says that he holds it: to try it keeps others from it for
    a moment.
    """
    import fcntl

    if not _info_path(target).exists():
        return False
    try:
        descriptor = os.open(_lock_path(target), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _wait_for(target: Path, timeout: float, refusal: Refusal) -> int:
    deadline = time.monotonic() + timeout
    while (descriptor := _acquire(target)) is None:
        if time.monotonic() >= deadline:
            raise _held(target, timeout, refusal)
        time.sleep(_POLL)
    return descriptor


def _acquire(target: Path) -> int | None:
    """A descriptor that holds the lock, or None when another has it."""
    path = _lock_path(target)
    try:
        target.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise StateError(
            f"{path} cannot be opened: {error.strerror}",
            code="SK0801",
            help="seeknal writes to the folder target: check its permissions and the disk",
        ) from error
    try:
        locked = _flock(descriptor, path) and _is_current(descriptor, path)
    except BaseException:
        os.close(descriptor)
        raise
    if locked:
        return descriptor
    os.close(descriptor)
    return None


def _flock(descriptor: int, path: Path) -> bool:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise StateError(
            f"{path} cannot be locked: {error.strerror}",
            code="SK0806",
            help="this file system has no locks: put the project on a local disk",
        ) from error
    return True


def _is_current(descriptor: int, path: Path) -> bool:
    """Whether the locked file still has its name: target may have been deleted meanwhile."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _tell_others(target: Path, command: str) -> None:
    info = {
        "pid": os.getpid(),
        "host": os.uname().nodename,
        "command": command,
        "since": clock.now().isoformat(timespec="seconds"),
    }
    # For people only: the lock holds without it.
    with suppress(OSError):
        put_text(_info_path(target), json.dumps(info))


def _held(target: Path, timeout: float, refusal: Refusal) -> LockHeld:
    waited = f" (waited {timeout:g} s)" if timeout else ""
    return LockHeld(f"{refusal.message}{_holder(target)}{waited}", help=refusal.help)


def _holder(target: Path) -> str:
    try:
        info = parse_object(_info_path(target).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    if info is None or not {"command", "pid", "host", "since"} <= set(info):
        return ""
    return ": {command} (pid {pid} on {host}, since {since})".format(**info)


def _lock_path(target: Path) -> Path:
    return target / ".lock"


def _info_path(target: Path) -> Path:
    return target / ".lock.json"
