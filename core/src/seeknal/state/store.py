"""The project's state on disk: ``run_state.json`` and the journal beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.host.files import replacing
from seeknal.state.accounts import Accounts, Kept, Key, accumulated, read_accounts, referenced
from seeknal.state.codec import Snapshots, encode_account, encode_snapshot
from seeknal.state.destinations import (
    Destination,
    DestinationKey,
    Destinations,
    read_destinations,
)
from seeknal.state.document import write_document
from seeknal.state.faults import writing
from seeknal.state.generations import Generations
from seeknal.state.journal import Journal
from seeknal.state.ledger import (
    EnvironmentState,
    Renewals,
    forget_entry,
    generation_entry,
    identity,
    now,
    snapshot_entry,
)
from seeknal.state.legacy import EXECUTION_STATE, legacy_note, set_aside_execution_state
from seeknal.state.state_files import JOURNAL_FILE, STATE_FILE, notes_of, read_files, set_aside
from seeknal.values.errors import StateError
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.state.ledger import (
        Ledger,
    )
    from seeknal.state.sealed import Entry
    from seeknal.values.deliveries import Account
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.tracking import Spans

__all__ = ["EnvironmentState", "State", "StateStore", "open_state", "read_state"]

LONG = 8 * 2**20
"""A journal of more bytes is folded while a run goes on: each batch of a tracked node adds all
that is known of it."""
_TIMES = 4
"""Unless it is shorter than so many states, so that what folding costs grows with the entries."""


@frozen(kw_only=True)
class State:
    """What is known of earlier runs. ``notes``: one line for each file that is not used."""

    environments: Mapping[str, EnvironmentState] = field(factory=dict)
    notes: tuple[str, ...] = ()
    accounts: Mapping[Key, Kept] = field(factory=dict)
    destinations: Mapping[DestinationKey, Destination] = field(factory=dict)
    """Where was ever delivered to, in any environment."""
    renewals: Mapping[NodeId, Renewals] = field(factory=dict)
    """What of tracked nodes was asked for again: who built it before is not to be believed."""
    last_deleted: str = ""
    """When an environment was last deleted: who reads it may have begun just before."""

    def account(self, environment: str, node: NodeId) -> Account | None:
        """What a node's targets hold and are owed, also of one that has no snapshot any more."""
        kept = self.accounts.get((environment, node))
        return kept.account if kept else None

    def current_account(self, environment: str, node: NodeId) -> Account | None:
        """The same as the node's snapshot says, where it has one."""
        known = self.environments.get(environment)
        snapshot = known.snapshots.get(node) if known else None
        return snapshot.account if snapshot else self.account(environment, node)


def read_state(target: Path) -> State:
    """The state as it is, also while a run changes it. Writes nothing, whatever it finds.

    Raises StateError when a newer seeknal wrote it.
    """
    files = read_files(target)
    accounts, damaged = read_accounts(target.parent)
    delivered, damaged_too = read_destinations(target.parent)
    notes = notes_of(files)
    damaged = (*damaged, *damaged_too)
    notes += [f"{name} of .seeknal/deliveries is damaged" for name in damaged]
    if (target / EXECUTION_STATE).is_file():
        notes.append(legacy_note(EXECUTION_STATE.as_posix()))
    ledger = files.ledger()
    _settle(ledger, accounts)
    return State(
        environments=ledger.environments(),
        notes=tuple(notes),
        accounts=accounts,
        destinations=delivered,
        renewals=ledger.renewals,
        last_deleted=ledger.last_deleted,
    )


def read_closed(target: Path, environment: str) -> tuple[int, Mapping[NodeId, Snapshot]]:
    """An environment without what a command is just changing of it: its generation and its map."""
    ledger = read_files(target).ledger()
    number, found = ledger.closed(environment)
    snapshots = Snapshots(found)
    generations = Generations(target)
    opened = number + 1
    if ledger.generation(environment) == number or opened not in generations.numbers(environment):
        return number, snapshots
    return number, generations.earlier(environment, snapshots, opened, number)


def open_state(target: Path) -> StateStore:
    """The state, to be written to by the holder of the project's lock.

    What a crash left is put in order first: damaged and foreign files are set aside, older
    ones migrated, the journal folded. Raises StateError when a newer seeknal wrote the state.
    """
    with writing(target / STATE_FILE):
        target.mkdir(parents=True, exist_ok=True)
        files = read_files(target)
        notes = [f"{note} (kept as {kept.name})" for note, kept in set_aside(target, files)]
        ledger, accounts = files.ledger(), Accounts(target.parent)
        _settle(ledger, accounts.all())
        delivered = Destinations(target.parent)
        store = StateStore(target, ledger, accounts, delivered, notes)
        if notes or (target / JOURNAL_FILE).exists():
            store.fold()
        if (note := set_aside_execution_state(target)) is not None:
            notes.append(note)
        notes += [*accounts.notes, *delivered.notes]
        return store


def _settle(ledger: Ledger, accounts: Mapping[Key, Kept]) -> None:
    for (environment, node), kept in accounts.items():
        ledger.settle(environment, node, kept.version, kept.content)


class StateStore:
    """The state while its one writer changes it. Thread-safe; `open_state` makes it."""

    def __init__(
        self,
        target: Path,
        ledger: Ledger,
        accounts: Accounts,
        delivered: Destinations,
        notes: list[str],
    ) -> None:
        self._target = target
        self._ledger = ledger
        self._accounts = accounts
        self.destinations = delivered
        self._notes = notes
        self._lock = threading.Condition()
        self._beginning = threading.Lock()
        self._journal = Journal(target / JOURNAL_FILE, ledger.folds)
        self._generations = Generations(target)
        self._opening: dict[str, dict[str, Any]] = {}
        self._appending = 0
        self._folded = 0
        """How many bytes the state had when it was last folded."""
        self._changed = False
        self.recorded = False
        """Whether any snapshot was put on record since the state was opened."""
        self._closed = False

    @property
    def state(self) -> State:
        """The state as it is now; what is recorded later does not change it."""
        with self._lock:
            environments = self._ledger.environments()
            renewals = dict(self._ledger.renewals)
            last_deleted = self._ledger.last_deleted
        return State(
            environments=environments,
            notes=tuple(self._notes),
            accounts=self._accounts.all(),
            destinations=self.destinations.all(),
            renewals=renewals,
            last_deleted=last_deleted,
        )

    def record(
        self,
        environment: str,
        snapshot: Snapshot,
        *,
        lazily: bool = False,
        marked: Spans | None = None,
    ) -> None:
        """Make ``snapshot`` its node's current one; durable when this returns.

        ``marked``: which of its ranges are to be redone from now on, where that changes.
        ``lazily``: safe from the death of this process at once, from a power cut a moment later.
        For nodes that nothing outside depends on: the worst that is lost is their computation.
        """
        self.recorded = True
        entry = snapshot_entry(environment, snapshot, marked)
        self._number(environment, entry["snapshot"])
        self._begin_if_new(environment, NodeId(snapshot.node), entry["snapshot"])
        self._append(entry, lazily=lazily)
        self._account(environment, entry["snapshot"])

    def _number(self, environment: str, snapshot: dict[str, Any]) -> None:
        """Let a snapshot say which version of its node's account it goes with."""
        content = accumulated(snapshot)
        if version := self._accounts.version(environment, snapshot["node"], content):
            snapshot["account"] = version

    def _account(self, environment: str, snapshot: Mapping[str, Any]) -> None:
        """Keep what targets hold and are owed, once it is on record as part of the snapshot."""
        if version := snapshot.get("account"):
            node = snapshot["node"]
            self._accounts.put(environment, node, accumulated(snapshot), version)

    def put_account(self, environment: str, node: NodeId, account: Account) -> None:
        """Replace what a node's targets hold and are owed; durable when this returns."""
        known = self.state.environments.get(environment)
        snapshot = known.snapshots.get(node) if known else None
        if snapshot is not None:
            self.record(environment, snapshot.with_account(account))
        else:
            self.settle(environment, node, account)

    def settle(self, environment: str, node: NodeId, account: Account) -> None:
        """Replace the account of a node that has no snapshot; durable when this returns."""
        content = accumulated(encode_account(account))
        version = self._accounts.version(environment, node, content)
        self._accounts.put(environment, node, content, version)

    def batches(self, node: NodeId) -> set[str]:
        """The files of every batch of a node that some account still needs."""
        accounts = (kept.account for (_, id), kept in self._accounts.all().items() if id == node)
        return {path for artifact in referenced(accounts) for path in artifact.files}

    def forget(self, environment: str, *nodes: NodeId) -> None:
        """Drop nodes from an environment; durable when this returns."""
        for node in nodes:
            self._begin_if_new(environment, node, None)
        self._append(forget_entry(environment, nodes))

    def begin_generation(self, environment: str, **head: Any) -> int:
        """Count one more change of an environment, which exists from here on.

        ``head`` says which ``command`` it is, of which ``run_id``, at which git ``commit``.
        """
        generation = self._ledger.generation(environment) + 1
        self._append(generation_entry(environment, generation, **head))
        return generation

    def expect_generation(self, environment: str, **head: Any) -> None:
        """Begin a generation as `begin_generation` does once there is something to record.

        What only moves without changing rows, such as a file's time, is no generation.
        """
        self._opening[environment] = head

    def end_generation(self, environment: str) -> None:
        """Close what was begun or announced: nothing more belongs to it."""
        if self._opening.pop(environment, None) is None:
            self._append({"environment": environment, "at": now(), "close": True})

    def create(self, environment: str, origin: str, ttl: float | None = None) -> None:
        """Make an environment with another one's map; copies no data.

        ``ttl``: seconds after its last change when it may be removed.
        """
        head = {"command": f"create from {origin}", "closed": now()}
        self._append(
            {"environment": environment, "at": now(), "create": origin, "ttl": ttl, **head}
        )

    def delete(self, environment: str) -> None:
        """Remove an environment; its artifacts stay until nothing else refers to them."""
        self._accounts.drop(environment)
        self.destinations.orphan(environment)
        self._append({"environment": environment, "at": now(), "delete": True})

    def move(self, environment: str, changes: Mapping[NodeId, Snapshot | None], **head: Any) -> int:
        """Change many nodes of a map at once, as a new generation; gives its number.

        None takes a node out; ``pinned`` keeps the map there, else nothing does any more.
        ``marked``: which ranges are to be redone of these nodes from now on.
        ``source`` is the environment that the snapshots come from, and ``agreed`` what it knows
        of itself from now on, as `annotate` says it. Whoever reads meanwhile sees all of it or
        nothing. It stays open until `end_generation`.
        """
        generation = self._ledger.generation(environment) + 1
        moved = {
            node: None if found is None else encode_snapshot(found)
            for node, found in changes.items()
        }
        encoded = [snapshot for snapshot in moved.values() if snapshot is not None]
        for snapshot in encoded:
            self._number(environment, snapshot)
        entry = generation_entry(environment, generation, **head)
        self._append({**entry, "move": moved})
        for snapshot in encoded:
            self._account(environment, snapshot)
        return generation

    def annotate(self, environment: str, **values: Any) -> None:
        """Keep what an environment knows of itself: ``pinned``, ``base``, ``seen``, ``commit``."""
        self._append({"environment": environment, "at": now(), "set": values})

    def mark(self, environment: str, marks: Mapping[NodeId, Spans]) -> None:
        """Let these ranges be redone by the next run; durable when this returns."""
        self._append({"environment": environment, "at": now(), "marked": marks})

    def renewals_of(self, node: NodeId) -> Renewals:
        """What of a node was asked for again, with the numbers of these readings."""
        with self._lock:
            return self._ledger.renewals.get(node, ())

    def renew(self, node: NodeId, spans: Spans, number: int | None = None) -> int:
        """Let nobody adopt what was built of these spans before; gives the number of what is
        built from now on.

        ``number``: that of what one step has built so far, which goes on to count.
        """
        from seeknal.intervals.renewals import newest, renewed

        known = self.renewals_of(node)
        number = newest(known) + 1 if number is None else number
        found = renewed(known, spans, number)
        self._append({"renewals": {node: found}})
        return number

    def generations(self) -> Generations:
        """What is kept of earlier generations, up to this moment."""
        if self._ledger.changes():
            self.fold()
        return self._generations

    def close(self) -> None:
        """Fold the journal into ``run_state.json``; nothing can be recorded any more."""
        with self._lock:
            self._closed = True
            try:
                if self._changed:
                    # The journal is as good as the folded file: the next writer folds it.
                    with suppress(OSError):
                        self.fold()
            finally:
                self._journal.close()
                self._accounts.close()
                self.destinations.close()

    def fold(self) -> None:
        """Write the whole state to ``run_state.json`` and remove the journal. Raises OSError."""
        with self._lock:
            self._lock.wait_for(lambda: not self._appending)
            text = write_document(self._ledger.entries())
            # Before the state, which no longer knows what was: it could not be told again.
            for environment in self._ledger.deleted:
                self._generations.drop(environment)
            for (environment, number), changes in self._ledger.changes().items():
                if changes.head:
                    self._generations.keep(environment, number, changes)
            with replacing(self._target / STATE_FILE) as temporary:
                temporary.write_bytes(text)
            self._folded = len(text)
            self._ledger.folded()
            # Only now: until here the journal was what would have been read after a crash.
            self._journal.close()
            (self._target / JOURNAL_FILE).unlink(missing_ok=True)
            self._journal = Journal(self._target / JOURNAL_FILE, self._ledger.folds)
            self._changed = False

    def _begin_if_new(self, environment: str, node: NodeId, snapshot: Any) -> None:
        # Until it is on record, what others record would belong to the one before.
        with self._beginning:
            with self._lock:
                head = self._opening.get(environment)
                known = self._ledger.snapshot(environment, node)
                if head is None or identity(known) == identity(snapshot):
                    return
                del self._opening[environment]
            self.begin_generation(environment, **head)

    def _append(self, entry: Entry, *, lazily: bool = False) -> None:
        with self._appended() as journal:
            with writing(self._target / JOURNAL_FILE), _plain(entry):
                journal.append(entry, lazily=lazily)
            with self._lock:
                self._ledger.apply(entry)
        self._fold_long(journal)

    def _fold_long(self, journal: Journal) -> None:
        """Fold a journal that has become long; where it cannot be now, the next entry tries it."""
        with self._lock:
            if self._appending or self._closed or journal is not self._journal:
                return
            if journal.length > max(LONG, _TIMES * self._folded):
                # The journal is as good as the folded file.
                with suppress(OSError):
                    self.fold()

    @contextmanager
    def _appended(self) -> Iterator[Journal]:
        """The journal, which no fold replaces while the block runs."""
        with self._lock:
            if self._closed:
                # The lock may have another holder by now, who alone may write.
                raise StateError("the run is over: its state takes no more", code="SK0808")
            self._changed = True
            self._appending += 1
        try:
            yield self._journal
        finally:
            with self._lock:
                self._appending -= 1
                self._lock.notify_all()


@contextmanager
def _plain(entry: Entry) -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError, RecursionError) as error:
        node = entry.get("snapshot", {}).get("node", "the node")
        raise StateError(
            f"what is known of {node} cannot be stored as JSON: {error}",
            code="SK0805",
            help="a plugin's source_version must be text, numbers, lists and mappings",
        ) from error
