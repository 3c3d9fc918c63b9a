"""Entries that outlive ``target``: a file below ``.seeknal/deliveries`` and a journal beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.host.files import replacing
from seeknal.state.aside import copy_aside
from seeknal.state.document import read_document, write_document
from seeknal.state.faults import reading, writing
from seeknal.state.journal import Journal, read_journal
from seeknal.state.migrations import refuse_newer

if TYPE_CHECKING:
    from seeknal.state.sealed import Entry

FOLDER = Path(".seeknal") / "deliveries"


def read_entries(root: Path, name: str) -> tuple[list[Entry], tuple[str, ...]]:
    """All entries under ``name``, oldest first, and the files that are damaged. Writes nothing."""
    folder = root / FOLDER
    file, journal_name = f"{name}.json", f"{name}.journal"
    with reading(folder / file):
        try:
            document = read_document((folder / file).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            document = None
        journal = read_journal(folder / journal_name)
    damaged = []
    entries: list[Entry] = []
    if document is not None:
        refuse_newer(document.version, f"{FOLDER}/{file}")
        entries += document.entries
        if document.form != "intact":
            damaged.append(file)
    refuse_newer(journal.version or 0, f"{FOLDER}/{journal_name}")
    entries += journal.entries
    if journal.damaged:
        damaged.append(journal_name)
    return entries, tuple(damaged)


class KeptEntries:
    """Where the project's one writer adds entries; ``entries`` are the fewest that say the same.

    What was damaged is set aside; ``aside`` names it and its copy.
    """

    def __init__(
        self, root: Path, name: str, damaged: Iterable[str], entries: Iterable[Entry]
    ) -> None:
        self._folder = root / FOLDER
        self._file, journal = self._folder / f"{name}.json", self._folder / f"{name}.journal"
        self.aside = [(file, copy_aside(self._folder / file, "corrupt").name) for file in damaged]
        if self.aside or journal.exists():
            self._fold(entries, journal)
        self._journal = Journal(journal)

    def append(self, entry: Entry, *, lazily: bool = False) -> None:
        """Add ``entry``, durably when this returns unless ``lazily``."""
        with writing(self._file):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._journal.append(entry, lazily=lazily)

    def close(self) -> None:
        self._journal.close()

    def _fold(self, entries: Iterable[Entry], journal: Path) -> None:
        with writing(self._file):
            with replacing(self._file) as temporary:
                temporary.write_bytes(write_document(entries))
            # What it says twice it says alike: a crash in between is harmless.
            journal.unlink(missing_ok=True)
