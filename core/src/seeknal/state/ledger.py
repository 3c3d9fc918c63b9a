"""The state as its entries make it: environments, their generations and snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from seeknal.host import clock
from seeknal.state.codec import Snapshots, encode_snapshot
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Snapshot

if TYPE_CHECKING:
    from seeknal.state.sealed import Entry
    from seeknal.values.tracking import Spans

Encoded = Mapping[str, Any]
Renewals = tuple[tuple[int, int, int], ...]

_HELD = (
    *("origin", "ttl", "pinned", "commit", "base", "seen", "replaced", "described", "open"),
    "marks",
)
"""What an environment knows of itself beside its map; each key is left out while it is empty."""

_HEAD = ("at", "closed", "command", "run_id", "commit", "note")

_ACCOUNT = ("account", "backlog", "deliveries")

_IDENTITY = ("output_id", "inputs", "failing")


def as_marks(found: Mapping[str, Iterable[Sequence[int]]]) -> dict[NodeId, Spans]:
    """Marked ranges by node, of what JSON holds."""
    return {
        NodeId(node): tuple((start, end) for start, end in spans) for node, spans in found.items()
    }


@frozen(kw_only=True)
class EnvironmentState:
    """An environment: each node's current snapshot. ``generation`` counts what changed them.

    ``origin`` is the environment that it was made from, ``base`` each node's definition that
    both had last in common, ``seen`` the origin's definitions that were shown since, and
    ``replaced`` those that promotions of this one have replaced, newest first. ``ttl``
    is in seconds after ``updated``. ``pinned``: a rollback put it back to that generation.
    ``described`` is how the nodes that are no step of a run were last defined.
    ``marks`` are the ranges of tracked nodes that were invalidated and not redone.
    ``commit`` is the git commit that it was last built from. ``open`` is the generation that a
    command is making, or died making.
    """

    name: str
    generation: int = 0
    snapshots: Mapping[NodeId, Snapshot] = field(factory=dict)
    created: str = ""
    updated: str = ""
    origin: str | None = None
    ttl: float | None = None
    pinned: int | None = None
    commit: str | None = None
    open: int | None = None
    base: Mapping[NodeId, str] = field(factory=dict)
    seen: Mapping[NodeId, str] = field(factory=dict)
    replaced: Mapping[NodeId, Sequence[str]] = field(factory=dict)
    described: Mapping[NodeId, str] = field(factory=dict)
    marks: Mapping[NodeId, Spans] = field(factory=dict, converter=as_marks)


@define(kw_only=True)
class Changes:
    """What one generation changed: of each node the snapshot that it had before, or None."""

    head: dict[str, Any] = field(factory=dict)
    before: dict[NodeId, Encoded | None] = field(factory=dict)


@define(kw_only=True)
class _Page:
    """An environment while entries are applied to it; snapshots stay encoded."""

    generation: int = 0
    created: str = ""
    updated: str = ""
    snapshots: dict[NodeId, Encoded] = field(factory=dict)
    held: dict[str, Any] = field(factory=dict)
    changes: dict[int, Changes] = field(factory=dict)
    shown: Snapshots | None = None
    """The map as it was last shown; what was decoded for one reader serves the next."""

    def put(self, node: NodeId, snapshot: Encoded | None) -> Encoded | None:
        """Replace a node's snapshot, None taking it out; gives the one that it had."""
        self.shown = None
        before = self.snapshots.get(node)
        if snapshot is None:
            self.snapshots.pop(node, None)
        else:
            self.snapshots[node] = snapshot
        return before

    def hold(self, values: Mapping[str, Any]) -> None:
        """Replace what the environment knows of itself; what is empty is left out."""
        for key, value in values.items():
            if value:
                self.held[key] = value
            else:
                self.held.pop(key, None)

    def mark(self, marks: Mapping[str, Sequence[Sequence[int]]]) -> None:
        """Replace which ranges of some nodes are marked."""
        if marks:
            found = {**self.held.get("marks", {}), **marks}
            self.hold({"marks": {node: spans for node, spans in found.items() if spans}})

    def show(self) -> Snapshots:
        """The map as it is now; later changes do not change what was given."""
        if self.shown is None:
            self.shown = Snapshots(dict(self.snapshots))
        return self.shown


class Ledger:
    """Applies entries in order: those that were folded, then what happened since.

    ``changes`` gathers what generations changed since, and ``deleted`` the environments that
    went; `folded` forgets both once they are kept elsewhere.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._pages: dict[str, _Page] = {}
        self.deleted: set[str] = set()
        self.folds = 0
        self.last_deleted = ""
        """When an environment was last deleted."""
        self.renewals: dict[NodeId, Renewals] = {}
        self._since = False
        for entry in entries:
            self.apply(entry)
        self._since = True

    def apply(self, entry: Entry) -> None:
        """Let ``entry`` have happened."""
        if "folds" in entry:
            self.folds = entry["folds"]
            self.last_deleted = entry.get("deleted", "")
            return
        if "renewals" in entry:
            self.renewals |= {
                NodeId(node): renewals(spans) for node, spans in entry["renewals"].items()
            }
            return
        for name in entry.get("environments", ()) or (entry["environment"],):
            self._apply(name, entry)

    def _apply(self, name: str, entry: Entry) -> None:
        if "delete" in entry:
            self._pages.pop(name, None)
            self.deleted.add(name)
            self.last_deleted = entry.get("at", "")
            return
        page = self._pages.get(name)
        if page is None:
            page = self._pages[name] = _Page()
        for key, act in _ACTS.items():
            if key in entry:
                act(self, page, entry)
                break
        page.updated = entry.get("at", page.updated)
        page.created = page.created or entry.get("created", page.updated)

    def _put(self, page: _Page, node: NodeId, snapshot: Encoded | None) -> None:
        before = page.put(node, snapshot)
        if self._since and page.generation and identity(before) != identity(snapshot):
            changes = page.changes.setdefault(page.generation, Changes())
            changes.before.setdefault(node, before)

    def _snapshot(self, page: _Page, entry: Entry) -> None:
        node = NodeId(entry["snapshot"]["node"])
        self._put(page, node, entry["snapshot"])
        if "marked" in entry:
            page.mark({node: entry["marked"]})

    def _forget(self, page: _Page, entry: Entry) -> None:
        gone = entry["forget"]
        for node in [gone] if isinstance(gone, str) else gone:
            self._put(page, NodeId(node), None)

    def _create(self, page: _Page, entry: Entry) -> None:
        origin = self._pages.get(entry["create"], _Page())
        page.shown = None
        page.snapshots = {node: isolated(found) for node, found in origin.snapshots.items()}
        page.held = {"origin": entry["create"], "base": definitions(page.snapshots)}
        page.hold({key: origin.held.get(key) for key in ("described", "marks")})
        if entry.get("ttl") is not None:
            page.held["ttl"] = entry["ttl"]
        self._generation(page, {**entry, "generation": 1})

    def _move(self, page: _Page, entry: Entry) -> None:
        # With the map, so that no crash can leave a rolled back one to be built over.
        page.held.pop("pinned", None)
        self._generation(page, entry)
        source = self._pages.get(entry.get("source", ""), _Page())
        if "source" in entry:
            page.hold({"described": source.held.get("described")})
        for node, snapshot in entry["move"].items():
            # Equal snapshots are one object, and are written once.
            known = source.snapshots.get(node)
            same = snapshot is not None and known == snapshot
            self._put(page, NodeId(node), known if same else snapshot)
        page.mark(entry.get("marked", {}))
        page.mark(_still_marked(page))
        if entry.get("agreed"):
            source.hold(entry["agreed"])
            source.updated = entry["at"]

    def _set(self, page: _Page, entry: Entry) -> None:
        page.hold(entry["set"])

    def _mark(self, page: _Page, entry: Entry) -> None:
        page.mark(entry["marked"])

    def _close(self, page: _Page, entry: Entry) -> None:
        page.held.pop("open", None)
        changes = page.changes.setdefault(page.generation, Changes())
        changes.head["closed"] = entry["at"]

    def _generation(self, page: _Page, entry: Entry) -> None:
        page.generation = entry["generation"]
        page.held |= {key: entry[key] for key in _HELD if entry.get(key)}
        if "command" in entry:
            page.held["open"] = page.generation
            if "closed" in entry:
                del page.held["open"]
            changes = page.changes.setdefault(page.generation, Changes())
            changes.head |= {key: entry[key] for key in _HEAD if entry.get(key)}

    def generation(self, environment: str) -> int:
        """An environment's generation; 0 when there is none of that name."""
        page = self._pages.get(environment)
        return page.generation if page else 0

    def snapshot(self, environment: str, node: NodeId) -> Encoded | None:
        """A node's current snapshot, encoded."""
        page = self._pages.get(environment)
        return page.snapshots.get(node) if page else None

    def closed(self, environment: str) -> tuple[int, dict[NodeId, Encoded]]:
        """The newest generation of which no command is at work, and the map as it was then.

        What an open generation changed before `folded` was called is still in it.
        """
        page = self._pages.get(environment, _Page())
        snapshots = dict(page.snapshots)
        if page.held.get("open") != page.generation:
            return page.generation, snapshots
        for node, before in page.changes.get(page.generation, Changes()).before.items():
            if before is None:
                snapshots.pop(node, None)
            else:
                snapshots[node] = before
        return page.generation - 1, snapshots

    def settle(self, environment: str, node: NodeId, version: int, content: Encoded) -> None:
        """Let a node's deliveries be what its account says, where that is the newer of both."""
        page = self._pages.get(environment)
        known = page.snapshots.get(node) if page else None
        if page is not None and known is not None and known.get("account", 0) < version:
            rest = {key: value for key, value in known.items() if key not in _ACCOUNT}
            others = [entry for entry in known.get("deliveries", ()) if not entry.get("number")]
            merged = [*others, *content.get("deliveries", ())]
            page.put(node, {**rest, **content, "deliveries": merged, "account": version})

    def changes(self) -> dict[tuple[str, int], Changes]:
        """What each generation of each environment changed since `folded` was called."""
        return {
            (name, number): changes
            for name, page in self._pages.items()
            for number, changes in page.changes.items()
        }

    def folded(self) -> None:
        """What `changes` and ``deleted`` say is kept elsewhere by now."""
        self.folds += 1
        self.deleted.clear()
        for page in self._pages.values():
            last = page.changes.get(page.generation)
            page.changes.clear()
            if last is not None and last.head and "closed" not in last.head:
                page.changes[page.generation] = Changes(head=last.head)

    def entries(self) -> Iterator[Entry]:
        """The fewest entries that make this state."""
        when = {"deleted": self.last_deleted} if self.last_deleted else {}
        yield {"folds": self.folds + 1, **when}
        if self.renewals:
            yield {"renewals": self.renewals}
        written: dict[NodeId, list[tuple[Encoded, list[str]]]] = {}
        for name, page in self._pages.items():
            head = {"generation": page.generation, "created": page.created, "at": page.updated}
            yield {"environment": name, **head, **page.held}
            for node, snapshot in page.snapshots.items():
                found = written.setdefault(node, [])
                for other, names in found:
                    if other is snapshot or other == snapshot:
                        names.append(name)
                        break
                else:
                    found.append((snapshot, [name]))
        for entries in written.values():
            for snapshot, names in entries:
                where = {"environment": names[0]} if len(names) == 1 else {"environments": names}
                yield {**where, "snapshot": snapshot}

    def environments(self) -> dict[str, EnvironmentState]:
        """The state as it is now; later entries do not change what was given."""
        return {
            name: EnvironmentState(
                name=name,
                generation=page.generation,
                snapshots=page.show(),
                created=page.created,
                updated=page.updated,
                **page.held,
            )
            for name, page in self._pages.items()
        }


_ACTS: dict[str, Callable[[Ledger, _Page, Entry], None]] = {
    "snapshot": Ledger._snapshot,
    "forget": Ledger._forget,
    "create": Ledger._create,
    "move": Ledger._move,
    "set": Ledger._set,
    "marked": Ledger._mark,
    "close": Ledger._close,
    "generation": Ledger._generation,
}


def _still_marked(page: _Page) -> dict[str, Spans]:
    """The marks that are on ranges which are not done, without these."""
    from seeknal.intervals.calendar import calendar_of
    from seeknal.intervals.spans import common

    found: dict[str, Spans] = {}
    for node, marks in as_marks(page.held.get("marks", {})).items():
        snapshot = page.show().get(node)
        covered = snapshot.covered if snapshot is not None else None
        left: Spans = ()
        if covered is not None:
            calendar = calendar_of(covered.unit, covered.timezone)
            left = calendar.widened(common(marks, covered.done))
        if left != marks:
            found[node] = left
    return found


def renewals(found: Iterable[Sequence[int]]) -> Renewals:
    """Spans of time that were read again, each with the number of the newest of these readings."""
    return tuple((start, end, number) for start, end, number in found)


def identity(snapshot: Encoded | None) -> object:
    """What must differ for two snapshots to be two: their rows, and what those depend on."""
    if snapshot is None:
        return None
    artifact = snapshot.get("artifact")
    return (
        snapshot["fingerprint"][0],
        *(snapshot.get(key) for key in _IDENTITY),
        artifact and artifact["path"],
    )


def isolated(snapshot: Encoded) -> Encoded:
    """``snapshot`` as another environment takes it over: what is owed stays where it was."""
    deliveries = snapshot.get("deliveries", ())
    own = snapshot.keys() & {"account", "backlog"}
    if not own and all(entry["status"] != "owed" for entry in deliveries):
        return snapshot
    kept = [entry for entry in deliveries if entry["status"] != "owed"]
    rest = {key: value for key, value in snapshot.items() if key not in _ACCOUNT}
    return {**rest, "deliveries": kept} if kept else rest


def definitions(snapshots: Mapping[NodeId, Encoded]) -> dict[NodeId, str]:
    """Each node's definition, short."""
    return {node: short(found["fingerprint"][0]) for node, found in snapshots.items()}


def definitions_of(snapshots: Mapping[NodeId, Snapshot]) -> dict[NodeId, str]:
    """Each node's definition, short."""
    if isinstance(snapshots, Snapshots):
        # Nothing has to be decoded for it.
        return definitions(snapshots.encoded)
    return {node: short(found.fingerprint.content) for node, found in snapshots.items()}


def short(definition: str) -> str:
    """Enough of a definition's hash to tell it from others."""
    return definition[:16]


def snapshot_entry(environment: str, snapshot: Snapshot, marked: Spans | None = None) -> Entry:
    """``snapshot`` is its node's current one; ``marked``: which of its ranges are, from now on."""
    entry = {"environment": environment, "at": now(), "snapshot": encode_snapshot(snapshot)}
    return entry if marked is None else {**entry, "marked": marked}


def forget_entry(environment: str, nodes: Iterable[NodeId]) -> Entry:
    """``nodes`` have no snapshot any more."""
    return {"environment": environment, "at": now(), "forget": list(nodes)}


def generation_entry(environment: str, generation: int, **head: Any) -> Entry:
    """The environment is at ``generation``; it exists from here on."""
    return {"environment": environment, "at": now(), "generation": generation, **head}


def now() -> str:
    return clock.now().isoformat(timespec="milliseconds")
