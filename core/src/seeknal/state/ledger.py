"""The state as its entries make it: environments, their generations and snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen

from seeknal.model import NodeId, Snapshot
from seeknal.state.codec import Snapshots, encode_snapshot
from seeknal.state.sealed import Entry


@frozen(kw_only=True)
class EnvironmentState:
    """An environment: each node's current snapshot. ``generation`` counts what changed them."""

    name: str
    generation: int = 0
    snapshots: Mapping[NodeId, Snapshot] = field(factory=dict)
    created: str = ""
    updated: str = ""


@define(kw_only=True)
class _Page:
    """An environment while entries are applied to it; snapshots stay encoded."""

    generation: int = 0
    created: str = ""
    updated: str = ""
    snapshots: dict[NodeId, Mapping[str, Any]] = field(factory=dict)


class Ledger:
    """Applies entries in order. Applying some again, in their order, changes nothing."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._pages: dict[str, _Page] = {}
        for entry in entries:
            self.apply(entry)

    def apply(self, entry: Entry) -> None:
        """Let ``entry`` have happened."""
        page = self._pages.setdefault(entry["environment"], _Page())
        if "snapshot" in entry:
            page.snapshots[NodeId(entry["snapshot"]["node"])] = entry["snapshot"]
        elif "forget" in entry:
            page.snapshots.pop(NodeId(entry["forget"]), None)
        else:
            page.generation = entry["generation"]
        page.updated = entry.get("at", page.updated)
        page.created = page.created or entry.get("created", page.updated)

    def generation(self, environment: str) -> int:
        """An environment's generation; 0 when there is none of that name."""
        page = self._pages.get(environment)
        return page.generation if page else 0

    def entries(self) -> Iterator[Entry]:
        """The fewest entries that make this state."""
        for name, page in self._pages.items():
            head = {"generation": page.generation, "created": page.created, "at": page.updated}
            yield {"environment": name, **head}
            for snapshot in page.snapshots.values():
                yield {"environment": name, "snapshot": snapshot}

    def environments(self) -> dict[str, EnvironmentState]:
        """The state as it is now; later entries do not change what was given."""
        return {
            name: EnvironmentState(
                name=name,
                generation=page.generation,
                snapshots=Snapshots(dict(page.snapshots)),
                created=page.created,
                updated=page.updated,
            )
            for name, page in self._pages.items()
        }


def snapshot_entry(environment: str, snapshot: Snapshot) -> Entry:
    """``snapshot`` is its node's current one."""
    return {"environment": environment, "at": _now(), "snapshot": encode_snapshot(snapshot)}


def forget_entry(environment: str, node: NodeId) -> Entry:
    """``node`` has no snapshot any more."""
    return {"environment": environment, "at": _now(), "forget": node}


def generation_entry(environment: str, generation: int) -> Entry:
    """The environment is at ``generation``; it exists from here on."""
    return {"environment": environment, "at": _now(), "generation": generation}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
