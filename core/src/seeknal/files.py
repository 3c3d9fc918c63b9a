"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def temporary_name(path: Path) -> Path:
    """Where ``path`` is written before it is published: same folder, marked with our pid."""
    return path.with_name(f".{path.name}.tmp.{os.getpid()}")


def publish_file(temporary: Path, path: Path) -> None:
    """Make ``temporary`` durable and give it the name ``path``, replacing what was there."""
    sync(temporary)
    os.replace(temporary, path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Ask the disk to keep a file's content, or a folder's entries."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path to write to; published as ``path`` when the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        yield temporary
        publish_file(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace ``path``'s content with ``text``, atomically and durably."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
