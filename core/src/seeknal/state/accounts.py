"""What targets that accumulate hold and are owed: below ``.seeknal``, for nothing can rebuild it.

The state in ``target`` says it too, as part of each snapshot, and says it first; the newer of
both is true. So removing ``target`` loses no batch, and makes none be delivered twice.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from seeknal.files import replacing
from seeknal.model import Account, Artifact, NodeId
from seeknal.state.aside import copy_aside
from seeknal.state.codec import decode_account
from seeknal.state.document import read_document, write_document
from seeknal.state.faults import reading, writing
from seeknal.state.journal import Journal, read_journal
from seeknal.state.migrations import refuse_newer
from seeknal.state.sealed import Entry

FOLDER = Path(".seeknal") / "deliveries"
_FILE, _JOURNAL = "accounts.json", "accounts.journal"

Encoded = Mapping[str, Any]
Key = tuple[str, NodeId]
"""An environment and a node."""


@frozen(kw_only=True)
class Kept:
    """One account as it is stored; ``version`` counts its changes."""

    version: int
    content: Encoded

    @property
    def account(self) -> Account:
        return decode_account(self.content)


def accumulated(encoded: Encoded) -> dict[str, Any]:
    """What of an encoded snapshot's deliveries outlives its outputs."""
    found: dict[str, Any] = {}
    if entries := [entry for entry in encoded.get("deliveries", ()) if entry.get("number")]:
        found["deliveries"] = entries
    if encoded.get("backlog"):
        found["backlog"] = encoded["backlog"]
    return found


def read_accounts(root: Path) -> tuple[dict[Key, Kept], tuple[str, ...]]:
    """Every account, and a line for each file that is damaged. Writes nothing."""
    folder = root / FOLDER
    path = folder / _FILE
    with reading(path):
        try:
            document = read_document(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            document = None
        journal = read_journal(folder / _JOURNAL)
    notes = []
    entries: list[Entry] = []
    if document is not None:
        refuse_newer(document.version, f"{FOLDER}/{_FILE}")
        entries += document.entries
        if document.form != "intact":
            notes.append(_FILE)
    refuse_newer(journal.version or 0, f"{FOLDER}/{_JOURNAL}")
    entries += journal.entries
    if journal.damaged:
        notes.append(_JOURNAL)
    return _latest(entries), tuple(notes)


def _latest(entries: Iterable[Entry]) -> dict[Key, Kept]:
    found: dict[Key, Kept] = {}
    for entry in entries:
        if "drop" in entry:
            found = {key: kept for key, kept in found.items() if key[0] != entry["drop"]}
            continue
        kept = Kept(version=entry["version"], content=accumulated(entry))
        found[(entry["environment"], NodeId(entry["node"]))] = kept
    return found


class Accounts:
    """The accounts while the project's one writer changes them. Thread-safe."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / FOLDER
        self._known, damaged = read_accounts(root)
        self._lock = threading.RLock()
        self.notes = [
            f"{FOLDER}/{name} is damaged: {len(self._known)} accounts were saved"
            f" (kept as {copy_aside(self._folder / name, 'corrupt').name})"
            for name in damaged
        ]
        if damaged or (self._folder / _JOURNAL).exists():
            self._fold()
        self._journal = Journal(self._folder / _JOURNAL)

    def get(self, environment: str, node: NodeId) -> Kept | None:
        with self._lock:
            return self._known.get((environment, node))

    def all(self) -> dict[Key, Kept]:
        """The accounts as they are now."""
        with self._lock:
            return dict(self._known)

    def version(self, environment: str, node: NodeId, content: Encoded) -> int:
        """The version that an account of this content has, or will have."""
        known = self.get(environment, node)
        if known is None:
            return 1 if content else 0
        return known.version + (known.content != content)

    def put(self, environment: str, node: NodeId, content: Encoded, version: int) -> None:
        """Keep an account, durably when this returns; nothing happens when it is kept already."""
        with self._lock:
            known = self._known.get((environment, node))
            if version == (known.version if known else 0):
                return
            entry = {"environment": environment, "node": node, "version": version, **content}
            self._append(entry)
            self._known[(environment, node)] = Kept(version=version, content=content)

    def drop(self, environment: str) -> None:
        """Forget the accounts of an environment that goes."""
        with self._lock:
            if any(name == environment for name, _ in self._known):
                self._append({"drop": environment})
                self._known = {
                    key: kept for key, kept in self._known.items() if key[0] != environment
                }

    def close(self) -> None:
        self._journal.close()

    def _append(self, entry: Entry) -> None:
        with writing(self._folder / _JOURNAL):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._journal.append(entry)

    def _fold(self) -> None:
        with writing(self._folder / _FILE):
            entries = (
                {"environment": name, "node": node, "version": kept.version, **kept.content}
                for (name, node), kept in self._known.items()
            )
            with replacing(self._folder / _FILE) as temporary:
                temporary.write_bytes(write_document(entries))
            # What it says twice it says alike: a crash in between is harmless.
            (self._folder / _JOURNAL).unlink(missing_ok=True)


def referenced(accounts: Iterable[Account]) -> Iterator[Artifact]:
    """Every batch that accounts refer to."""
    for account in accounts:
        for owed in account.backlog:
            yield owed.artifact
        for delivery in account.deliveries.values():
            yield from delivery.held
