"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_TEMPORARY = r"\..+\.tmp\.(?P<pid>\d+)(?:\..*)?"
_SCRATCH = r"seeknal-(?P<pid>\d+)-.*"


def temporary_name(path: Path) -> Path:
    """Where ``path`` is written before it is published: same folder, marked with our pid."""
    return path.with_name(f".{path.name}.tmp.{os.getpid()}")


def is_abandoned(path: Path) -> bool:
    """Whether a temporary file or folder of ours has outlived the process that made it."""
    named = re.fullmatch(_TEMPORARY, path.name) or re.fullmatch(_SCRATCH, path.name)
    return named is not None and not _lives(int(named["pid"]))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        # Of another user: it is there.
        return True
    return True


@contextmanager
def scratch_folder(within: Path | None = None) -> Iterator[Path]:
    """A folder for the block, below the system's for temporary files or ``within``.

    What processes left there that were killed goes first.
    """
    import shutil
    import tempfile

    for path in abandoned_scratch():
        shutil.rmtree(path, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"seeknal-{os.getpid()}-", dir=within) as folder:
        yield Path(folder)


def abandoned_scratch() -> list[Path]:
    """The scratch folders of this user whose processes are dead."""
    import tempfile

    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        return [
            Path(entry.path)
            for entry in entries
            if entry.name.startswith("seeknal-")
            and is_abandoned(Path(entry.path))
            and entry.stat(follow_symlinks=False).st_uid == os.getuid()
        ]
    return []


def remove_abandoned(folder: Path, names: Collection[str]) -> None:
    """Remove what killed processes wrote of the files of these names and never published."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name, mark, _ = entry.name.removeprefix(".").rpartition(".tmp.")
            if mark and name in names and is_abandoned(Path(entry.path)):
                os.unlink(entry.path)


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
    """A temporary path to write to; published as ``path`` when the block succeeds.

    A pipe or a device is given what was written; nothing takes its place.
    """
    if takes_bytes(path):
        with scratch_folder() as folder:
            yield folder / "written"
            _pass_on(folder / "written", path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path.parent, {path.name})
    temporary = temporary_name(path)
    try:
        yield temporary
        publish_file(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def takes_bytes(path: Path) -> bool:
    """Whether something stands there that is neither file nor folder: a pipe, a device."""
    with suppress(OSError):
        mode = path.stat().st_mode
        return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
    return False


def _pass_on(temporary: Path, path: Path) -> None:
    import shutil

    with temporary.open("rb") as written, path.open("wb") as taker:
        shutil.copyfileobj(written, taker)


def write_text(path: Path, text: str) -> None:
    """Replace ``path``'s content with ``text``, atomically and durably."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def put_text(path: Path, text: str) -> None:
    """Replace ``path``'s content with ``text``, atomically; the disk is not asked to keep it.

    For what a power cut may damage, as it is written again. Raises OSError.
    """
    put_texts(path.parent, {path.name: text})


def put_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """The same for the files of a folder by their names, each at once."""
    remove_abandoned(folder, texts)
    for name, text in texts.items():
        path = folder / name
        temporary = temporary_name(path)
        try:
            temporary.write_text(text, encoding="utf-8")
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def keep_text(path: Path, text: str) -> None:
    """Replace the content of a file that only saves time, where its folder may be written to."""
    with suppress(OSError):
        write_text(path, text)


def kept_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file that only saves time; empty where none is or it is damaged."""
    import json

    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
