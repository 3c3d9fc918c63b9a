"""The stable name of a current artifact: a clone of it, a symlink to it, or a copy."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from seeknal.host.files import temporary_name

_FICLONE = 0x40049409
"""Linux's ioctl that lets two files share their blocks until one of them is written to."""

_uncloneable: set[int] = set()
"""Devices that were seen to share no blocks: asking again for each artifact would cost."""


def is_current(link: Path, artifact: Path, text: str) -> bool:
    """Whether ``link`` already stands for ``artifact``, as a symlink with ``text`` or a clone."""
    try:
        status = link.lstat()
        if link.is_symlink():
            return os.readlink(link) == text
        wanted = artifact.stat()
    except FileNotFoundError:
        return False
    return (status.st_size, status.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns)


def new_symlink(link: str, text: str, twin: str) -> bool:
    """Make ``link`` a symlink with ``text``; False where it is there already, or cannot be.

    ``twin`` is where the one symlink with this text is kept: a second name for it costs a tenth
    of a new one, for which the file system finds an inode and mostly a block.
    """
    try:
        if not _second_name(twin, text, link):
            os.symlink(text, link)
    except OSError:
        return False
    return True


def move_symlink(link: str, text: str, twin: str, temporary: str) -> bool:
    """Let a symlink have ``text``; False where ``link`` is something else, or cannot be one.

    ``temporary`` is a free name in its folder.
    """
    try:
        if os.readlink(link) == text:
            return True
        if not new_symlink(temporary, text, twin):
            return False
        os.replace(temporary, link)
    except OSError:
        return False
    return True


def _second_name(twin: str, text: str, link: str) -> bool:
    try:
        try:
            os.link(twin, link, follow_symlinks=False)
        except FileNotFoundError:
            os.symlink(text, twin)
            os.link(twin, link, follow_symlinks=False)
    except (OSError, NotImplementedError):
        return False
    return True


def replace_link(link: Path, artifact: Path, text: str, twin: str) -> None:
    """Let ``link`` stand for ``artifact``; whoever opens it meanwhile gets the old or the new.

    ``text`` is how a symlink there says it, and ``twin`` where that symlink is kept. Never a hard
    link of the artifact: through it a user could change the immutable file.
    """
    import shutil

    temporary = temporary_name(link)
    try:
        if not _clone(artifact, temporary) and not new_symlink(str(temporary), text, twin):
            shutil.copy2(artifact, temporary)
        temporary.replace(link)
    finally:
        temporary.unlink(missing_ok=True)


def _clone(artifact: Path, temporary: Path) -> bool:
    import shutil

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
