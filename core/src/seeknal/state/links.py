"""The stable name of a current artifact: a clone of it, a symlink to it, or a copy."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from seeknal.files import temporary_name

_FICLONE = 0x40049409
"""Linux's ioctl that lets two files share their blocks until one of them is written to."""

_uncloneable: set[int] = set()
"""Devices that were seen to share no blocks: asking again for each artifact would cost."""


def is_current(link: Path, artifact: Path) -> bool:
    """Whether ``link`` already stands for ``artifact``."""
    try:
        status = link.lstat()
        if link.is_symlink():
            return os.readlink(link) == _relative(link, artifact)
        wanted = artifact.stat()
    except FileNotFoundError:
        return False
    return (status.st_size, status.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns)


def new_symlink(link: str, target: str) -> bool:
    """Make ``link`` a symlink to ``target``; False where it is there already, or cannot be."""
    try:
        os.symlink(target, link)
    except OSError:
        return False
    return True


def move_symlink(link: str, target: str, temporary: str) -> bool:
    """Let a symlink lead to ``target``; False where ``link`` is something else, or cannot be one.

    ``temporary`` is a free name in its folder.
    """
    try:
        if os.readlink(link) == target:
            return True
        os.symlink(target, temporary)
        os.replace(temporary, link)
    except OSError:
        return False
    return True


def replace_link(link: Path, artifact: Path) -> None:
    """Let ``link`` stand for ``artifact``; whoever opens it meanwhile gets the old or the new.

    Never a hard link: through it a user could change the immutable file.
    """
    temporary = temporary_name(link)
    try:
        if not _clone(artifact, temporary) and not _symlink(link, artifact, temporary):
            shutil.copy2(artifact, temporary)
        temporary.replace(link)
    finally:
        temporary.unlink(missing_ok=True)


def _clone(artifact: Path, temporary: Path) -> bool:
    device = temporary.parent.stat().st_dev
    if sys.platform != "linux" or device in _uncloneable:
        return False
    from fcntl import ioctl

    try:
        with artifact.open("rb") as source, temporary.open("wb") as copy:
            ioctl(copy.fileno(), _FICLONE, source.fileno())
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        _uncloneable.add(device)
        return False
    # Equal times are how a clone is recognised as current.
    shutil.copystat(artifact, temporary)
    return True


def _symlink(link: Path, artifact: Path, temporary: Path) -> bool:
    with suppress(OSError):
        temporary.symlink_to(_relative(link, artifact))
        return True
    return False


def _relative(link: Path, artifact: Path) -> str:
    return os.path.relpath(artifact, link.parent)
