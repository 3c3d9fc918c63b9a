"""Every destination that was ever delivered to: below ``.seeknal``, for nothing can rebuild it.

What a node no longer delivers to stands where it stood. This says what that is and how it would be
recognised, whatever became of the node, of its environment and of ``target``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, field, frozen

from seeknal.state.kept import FOLDER, KeptEntries, read_entries
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.state.sealed import Entry

_NAME = "places"
_MOST_IDS = 2

DestinationKey = tuple[str, str, str, str]
"""Environment, type, connection and name."""


@frozen(kw_only=True)
class Destination:
    """A destination in an environment, and what is known of the last delivery to it.

    ``name`` is where it is, as the plugin of its type says; ``place`` is that of deliveries.
    ``options`` are those of the target in plain values, None where they hold a secret. ``ids``
    are the deliveries of which the last may be the one that it holds, and ``proof`` what tells
    that it does, where the target keeps no record of its own. ``orphaned``: its environment was
    deleted. ``lines`` say which rows that go on from earlier ones it may hold, by the node that
    delivered them: their beginning, and the outputs that it took last.
    """

    environment: str
    type: str
    connection: str
    name: str
    node: NodeId
    place: str
    mode: str
    suffix: str
    options: Mapping[str, Any] | None = None
    ids: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    proof: str = ""
    at: str = ""
    orphaned: bool = False
    lines: Mapping[str, tuple[str, ...]] = field(factory=dict[str, tuple[str, ...]])

    @property
    def key(self) -> DestinationKey:
        return self.environment, self.type, self.connection, self.name

    def going_on(self, known: Destination) -> Destination:
        """The destination with what ``known`` says of deliveries to it."""
        return evolve(self, ids=known.ids, proof=known.proof, at=known.at, lines=known.lines)

    def attempting(self, delivery_id: str) -> Destination:
        """The destination once a delivery may have reached it."""
        ids = dict.fromkeys((delivery_id, *self.ids))
        return evolve(self, ids=tuple(ids)[:_MOST_IDS])


def read_destinations(root: Path) -> tuple[dict[DestinationKey, Destination], tuple[str, ...]]:
    """Every destination, and the files that are damaged. Writes nothing."""
    entries, damaged = read_entries(root, _NAME)
    return _latest(entries), damaged


def _latest(entries: Iterable[Entry]) -> dict[DestinationKey, Destination]:
    found: dict[DestinationKey, Destination] = {}
    for entry in entries:
        if "orphan" in entry:
            found = _orphaned(found, entry["orphan"])
        elif "forget" in entry:
            environment, type, connection, name = entry["forget"]
            found.pop((environment, type, connection, name), None)
        else:
            lines = {node: tuple(line) for node, line in entry.get("lines", {}).items()}
            destination = Destination(**{**entry, "node": NodeId(entry["node"]), "lines": lines})
            found[destination.key] = destination
    return found


def _orphaned(
    known: Mapping[DestinationKey, Destination], environment: str
) -> dict[DestinationKey, Destination]:
    return {
        key: evolve(entry, orphaned=True) if entry.environment == environment else entry
        for key, entry in known.items()
    }


class Destinations:
    """The destinations while the project's one writer changes them. Thread-safe."""

    def __init__(self, root: Path) -> None:
        self._known, damaged = read_destinations(root)
        self._lock = threading.RLock()
        self._entries = KeptEntries(root, _NAME, damaged, map(asdict, self._known.values()))
        self.notes = [
            f"{FOLDER}/{name} is damaged: {len(self._known)} places of targets were saved"
            f" (kept as {copy})"
            for name, copy in self._entries.aside
        ]

    def all(self) -> dict[DestinationKey, Destination]:
        """The destinations as they are now."""
        with self._lock:
            return dict(self._known)

    def get(self, key: DestinationKey) -> Destination | None:
        with self._lock:
            return self._known.get(key)

    def put(self, destination: Destination) -> None:
        """Keep what is known of a destination; a new one durably when this returns."""
        with self._lock:
            known = self._known.get(destination.key)
            if known != destination:
                self._entries.append(asdict(destination), lazily=known is not None)
                self._known[destination.key] = destination

    def forget(self, key: DestinationKey) -> None:
        """Nothing of ours stands there any more."""
        with self._lock:
            if key in self._known:
                self._entries.append({"forget": list(key)})
                del self._known[key]

    def orphan(self, environment: str) -> None:
        """Keep in mind that an environment goes."""
        with self._lock:
            if any(destination.environment == environment for destination in self._known.values()):
                self._entries.append({"orphan": environment})
                self._known = _orphaned(self._known, environment)

    def close(self) -> None:
        self._entries.close()
