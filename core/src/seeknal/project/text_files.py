"""A project's text files: UTF-8, or a problem that says where they are not."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.values.location import Location
from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from seeknal.values.problems import Problems

LARGEST = 64 << 20
"""Bytes of a file that somebody may have written; more is data at the wrong place."""
_SORTS = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))


def read_text(path: Path, file: str, problems: Problems) -> str | None:
    """The text of ``path``, which messages call ``file``; None with a problem added."""
    try:
        data = read_regular(path)
    except OSError as error:
        _add(problems, f"cannot be read: {reason(path, error)}", Location(file))
        return None
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        message, line = not_utf8(data, error)
        _add(problems, message, Location(file, line), "save the file as UTF-8")
        return None


def not_utf8(data: bytes, error: UnicodeDecodeError) -> tuple[str, int]:
    """Which byte of a file is no text, and its line."""
    line = data.count(b"\n", 0, error.start) + 1
    return f"is not UTF-8 text: byte 0x{data[error.start]:02x}", line


def read_regular(path: Path) -> bytes:
    """The content of a file. Raises OSError for what is none: reading a pipe would never end."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        sort = next((name for test, name in _SORTS if test(status.st_mode)), "a device")
        raise OSError(errno.EINVAL, f"it is {sort}, not a file")
    if status.st_size > LARGEST:
        size = f"{status.st_size / 2**20:,.0f} MiB"
        raise OSError(errno.EFBIG, f"{size} are too much for a file of the project")
    return path.read_bytes()


def reason(path: Path, error: OSError) -> str:
    """Why a file cannot be read, in words."""
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return f"it is a link to {os.readlink(path)}, which does not exist"
    return error.strerror or str(error)


def nothing_in(text: str, file: str) -> Problem | None:
    """What is wrong with a YAML file that says nothing: a node that was there would be dropped."""
    lines = [line.strip() for line in text.splitlines()]
    comments = any(line.startswith("#") for line in lines)
    if any(line and not line.startswith("#") and line not in _NOTHING for line in lines):
        return None
    return Problem(
        code="SK0132" if comments else "SK0131",
        severity="warn" if comments else "error",
        message="there is nothing but comments in this file" if comments else "this file is empty",
        location=Location(file),
        help=None if comments else _RESTORE + (_HELPER if file.endswith(".py") else ""),
    )


def nothing_in_sql(text: str, file: str) -> Problem | None:
    """What is wrong with an SQL file that says nothing; a warning where it holds comments."""
    from seeknal.sql.tokens import tokenize

    if tokenize(text):
        return None
    return nothing_in("# comment" if text.strip() else "", file)


_RESTORE = "restore it from git or a backup; delete it when its nodes are to go"
_HELPER = "; write a comment into a helper that is meant to be empty"
_NOTHING = ("---", "...", "null", "~", "--- null", "--- ~")


def _add(problems: Problems, message: str, location: Location, help: str | None = None) -> None:
    problems.add("SK0101", message, location, help)
