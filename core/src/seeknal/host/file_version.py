"""Version tokens of files: they change when content does, and only then."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from hashlib import file_digest
from pathlib import Path

Token = list[list[object]]
"""Per file: path, size, mtime_ns, ctime_ns, inode, device, SHA-256."""


def version_of(paths: Sequence[Path], known: object, *, root: Path | None = None) -> Token | None:
    """The token of ``paths``, in order; None when one of them cannot be read.

    A file is hashed only when something that stat shows has moved since ``known``, in either
    direction: a touch hashes and finds nothing, a restored backup hashes and is seen. Paths
    below ``root`` are kept relative to it, so that a project may move.
    """
    before = _by_path(known)
    token: Token = []
    for path in paths:
        name = _name(path, root)
        try:
            token.append(_entry(path, name, before.get(name)))
        except OSError:
            return None
    return token


def same(one: object, other: object) -> bool:
    """Whether two tokens stand for the same files with the same content."""
    first, second = _by_path(one), _by_path(other)
    return (
        bool(first)
        and list(first) == list(second)
        and all(entry[-1] == second[path][-1] for path, entry in first.items())
    )


def names_in(token: object) -> tuple[str, ...]:
    """The files that a token names; none where it is no token of files."""
    return tuple(_by_path(token))


def _name(path: Path, root: Path | None) -> str:
    if root is None:
        return path.as_posix()
    text, base = str(path), os.path.join(root, "")
    if text.startswith(base):
        return Path(text[len(base) :]).as_posix()
    real = root.resolve()
    return (path.relative_to(real) if path.is_relative_to(real) else path).as_posix()


def _entry(path: Path, name: str, known: list[object] | None) -> list[object]:
    status = path.stat()
    seen = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev]
    if known is not None and known[1:-1] == seen:
        return known
    with path.open("rb") as file:
        return [name, *seen, file_digest(file, "sha256").hexdigest()]


def _by_path(token: object) -> Mapping[str, list[object]]:
    if not isinstance(token, list) or not all(_is_entry(entry) for entry in token):
        return {}
    return {str(entry[0]): list(entry) for entry in token}


def _is_entry(entry: object) -> bool:
    return isinstance(entry, list | tuple) and len(entry) == 7
