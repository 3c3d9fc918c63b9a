"""The two files of the state, read as one: ``run_state.json`` and the journal beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from seeknal.state.aside import copy_aside
from seeknal.state.document import Document, read_document
from seeknal.state.faults import reading
from seeknal.state.journal import JournalText, read_journal
from seeknal.state.ledger import Ledger
from seeknal.state.legacy import MARK, legacy_note
from seeknal.state.migrations import migrate, refuse_newer, schema_version

STATE_FILE = "run_state.json"
JOURNAL_FILE = "run_state.journal"
_ATTEMPTS = 20


@frozen(kw_only=True)
class StateFiles:
    """What the two files of the state held at one moment."""

    document: Document | None
    journal: JournalText

    def ledger(self) -> Ledger:
        document = self.document or Document(form="intact", version=schema_version())
        journal_version = self.journal.version or document.version
        ledger = Ledger(migrate(document.entries, document.version))
        if not self.was_folded(ledger.folds):
            for entry in migrate(self.journal.entries, journal_version):
                ledger.apply(entry)
        return ledger

    def was_folded(self, folds: int) -> bool:
        """Whether the file already holds what the journal says: a crash kept the journal."""
        began = self.journal.folds
        return began is not None and began < folds


def read_files(target: Path) -> StateFiles:
    """Both files of one moment, though a writer may be folding one into the other."""
    path = target / STATE_FILE
    with reading(path):
        for _ in range(_ATTEMPTS):
            before = _identity(path)
            data = path.read_bytes() if before else None
            journal = read_journal(target / JOURNAL_FILE)
            if _identity(path) == before:
                break
    document = None if data is None else read_document(data)
    if document is not None:
        refuse_newer(document.version, f"target/{STATE_FILE}")
    refuse_newer(journal.version or 0, f"target/{JOURNAL_FILE}")
    return StateFiles(document=document, journal=journal)


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def notes_of(files: StateFiles) -> list[str]:
    """One line for each file that is not used as it is."""
    return [note for note, *_ in _unused(files)]


def _unused(files: StateFiles) -> Iterator[tuple[str, str, str, str]]:
    """For each file that is not used as it is: a line, its name, and how its copy is marked."""
    document, journal = files.document, files.journal
    if document is not None and document.form == "legacy":
        yield legacy_note(STATE_FILE), STATE_FILE, MARK, ".bak"
    elif document is not None and document.form == "damaged":
        kept = sum("snapshot" in entry for entry in document.entries)
        note = f"target/{STATE_FILE} is damaged: {kept} snapshots were saved"
        yield f"{note}, other nodes run again", STATE_FILE, "corrupt", ""
    elif document is not None and document.version < schema_version():
        note = f"target/{STATE_FILE} is migrated from schema version {document.version}"
        yield note, STATE_FILE, f"v{document.version}", ".bak"
    if journal.damaged:
        note = f"target/{JOURNAL_FILE} is damaged: {journal.damaged} of its lines are left out"
        yield note, JOURNAL_FILE, "corrupt", ""


def set_aside(target: Path, files: StateFiles) -> Iterator[tuple[str, Path]]:
    """Keep a copy of each file that is not used as it is; gives a line on it, and the copy."""
    # Copied, not renamed: a crash before the new file is there must not lose what was saved.
    for note, name, mark, suffix in _unused(files):
        yield note, copy_aside(target / name, mark, suffix)
