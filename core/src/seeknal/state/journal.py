"""The journal: what happened since ``run_state.json`` was written, one sealed line each."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from attrs import frozen

from seeknal.host.files import sync
from seeknal.state.migrations import schema_version
from seeknal.state.sealed import Entry, seal, unseal

LAZINESS = 0.05
"""Seconds that a lazy entry may have to wait for the disk."""


@frozen(kw_only=True)
class JournalText:
    """What a journal holds. ``damaged`` counts bad lines; an unfinished last line is none.

    ``version`` is None where the line that says it is lost: then it is that of the state file
    beside it, for both are always brought to one version together.
    """

    version: int | None = None
    folds: int | None = None
    """How often the state file had been folded when the journal began: it follows that one."""
    entries: tuple[Entry, ...] = ()
    damaged: int = 0


def read_journal(path: Path) -> JournalText:
    """The journal's entries in the order in which they happened."""
    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return JournalText()
    # What stands after the last newline is a write that a crash cut short, or that goes on.
    lines = [unseal(line) for line in text.split("\n")[:-1]]
    entries = [entry for entry in lines if entry is not None]
    heads = [entry for entry in entries if "schema_version" in entry]
    return JournalText(
        version=max((head["schema_version"] for head in heads), default=None),
        folds=heads[0].get("folds") if heads else None,
        entries=tuple(entry for entry in entries if "schema_version" not in entry),
        damaged=lines.count(None),
    )


class Journal:
    """Appends entries durably; threads that append at the same time share one fsync.

    The file is created by the first append; it must not exist before.
    """

    def __init__(self, path: Path, folds: int | None = None) -> None:
        self._path = path
        self._folds = folds
        self._descriptor: int | None = None
        self._length = 0
        self._synced = -LAZINESS
        self._queueing = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: dict[int, str] = {}
        self._tickets = 0

    @property
    def length(self) -> int:
        """How many bytes it has by now."""
        return self._length

    def append(self, entry: Entry, *, lazily: bool = False) -> None:
        """Add ``entry``; it survives a power cut once this returns. Raises OSError.

        ``lazily``: it survives the death of this process at once, and a power cut a moment
        later, so that a thousand entries do not wait for the disk a thousand times.
        """
        if lazily and monotonic() - self._synced < LAZINESS:
            with self._writing:
                self._write([seal(entry)], durably=False)
            return
        line = seal(entry)
        with self._queueing:
            self._tickets += 1
            ticket = self._tickets
            self._waiting[ticket] = line
        with self._writing:
            # Another thread's fsync may have covered this line while we waited for our turn.
            if ticket in self._waiting:
                self._write_waiting(ticket)

    def _write_waiting(self, own: int) -> None:
        with self._queueing:
            lines = dict(self._waiting)
        try:
            self._write(list(lines.values()))
        except BaseException:
            # Each waiting thread tries for itself, so that each learns what became of its line.
            with self._queueing:
                del self._waiting[own]
            raise
        with self._queueing:
            for ticket in lines:
                del self._waiting[ticket]

    def _write(self, lines: Sequence[str], *, durably: bool = True) -> None:
        descriptor = self._open()
        data = "".join(f"{line}\n" for line in lines).encode()
        try:
            _write_all(descriptor, data)
            if durably:
                os.fsync(descriptor)
                self._synced = monotonic()
        except BaseException:
            self._cut_back(descriptor)
            raise
        self._length += len(data)

    def _cut_back(self, descriptor: int) -> None:
        """Half a line must not stand before the next one; where it has to, none follows it."""
        try:
            os.ftruncate(descriptor, self._length)
        except OSError:
            # From now on each append fails, for the file cannot be created a second time.
            self.close()
            raise

    def _open(self) -> int:
        if self._descriptor is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
            descriptor = os.open(self._path, flags, 0o644)
            try:
                head = {"schema_version": schema_version()}
                folds = {} if self._folds is None else {"folds": self._folds}
                header = f"{seal({**head, **folds})}\n".encode()
                _write_all(descriptor, header)
                sync(self._path.parent)
            except BaseException:
                os.close(descriptor)
                self._path.unlink()
                raise
            self._length = len(header)
            self._descriptor = descriptor
        return self._descriptor

    def close(self) -> None:
        """Release the file; it stays."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
