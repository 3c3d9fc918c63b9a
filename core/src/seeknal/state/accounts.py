"""What targets hold and are owed that keep rows: below ``.seeknal``, for nothing can rebuild it.

The state in ``target`` says it too, as part of each snapshot, and says it first; the newer of
both is true. So removing ``target`` loses no batch, and makes none be delivered twice.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.state.codec import decode_account
from seeknal.state.kept import FOLDER, KeptEntries, read_entries
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.state.sealed import Entry
    from seeknal.values.deliveries import Account
    from seeknal.values.snapshot import Artifact

_NAME = "accounts"

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
    known = encoded.get("deliveries", ())
    if entries := [entry for entry in known if entry.get("number") or entry.get("extents")]:
        found["deliveries"] = entries
    if encoded.get("backlog"):
        found["backlog"] = encoded["backlog"]
    return found


def read_accounts(root: Path) -> tuple[dict[Key, Kept], tuple[str, ...]]:
    """Every account, and a line for each file that is damaged. Writes nothing."""
    entries, damaged = read_entries(root, _NAME)
    return _latest(entries), damaged


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
        self._known, damaged = read_accounts(root)
        self._lock = threading.RLock()
        self._entries = KeptEntries(root, _NAME, damaged, starmap(_entry, self._known.items()))
        self.notes = [
            f"{FOLDER}/{name} is damaged: {len(self._known)} accounts were saved (kept as {copy})"
            for name, copy in self._entries.aside
        ]

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
            kept = Kept(version=version, content=content)
            self._entries.append(_entry((environment, node), kept))
            self._known[(environment, node)] = kept

    def drop(self, environment: str) -> None:
        """Forget the accounts of an environment that goes."""
        with self._lock:
            if any(name == environment for name, _ in self._known):
                self._entries.append({"drop": environment})
                self._known = {
                    key: kept for key, kept in self._known.items() if key[0] != environment
                }

    def close(self) -> None:
        self._entries.close()


def _entry(key: Key, kept: Kept) -> Entry:
    environment, node = key
    return {"environment": environment, "node": node, "version": kept.version, **kept.content}


def referenced(accounts: Iterable[Account]) -> Iterator[Artifact]:
    """Every batch that accounts refer to."""
    for account in accounts:
        for owed in account.backlog:
            yield owed.artifact
        for delivery in account.deliveries.values():
            yield from delivery.held
            yield from (owed.artifact for owed in delivery.recalled)
