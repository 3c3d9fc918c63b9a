"""Which node goes on with a place that another one has delivered to: a rename, most often.

Rows that the place had last, and those that it is owed, go with it to the node that delivers there
now, so that none comes twice and none is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plan.plugin_queries import label_of
from seeknal.state.artifacts import Artifacts
from seeknal.state.generations import Generations
from seeknal.state.pool import Pool

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded, Request
    from seeknal.values.deliveries import Account, Delivery, Owed
    from seeknal.values.names import NodeId
    from seeknal.values.targets import Target


@frozen(kw_only=True)
class Succession:
    """A target of ``heir`` whose place ``giver`` has delivered to, and does no more.

    ``entry`` is what is known of the place; ``backlog`` what it is owed.
    """

    heir: NodeId
    giver: NodeId
    target: Target
    label: str
    entry: Delivery
    backlog: tuple[Owed, ...]

    @property
    def is_known(self) -> bool:
        """Whether it is known which rows the place had last."""
        return bool(self.entry.held or self.backlog) or self.entry.status != "delivered"

    def __str__(self) -> str:
        before = f"to which {self.giver} delivered"
        if self.target.mode == "append" and not self.is_known:
            return f"{self.heir} appends all its rows to {self.label}, {before}"
        owed = f", with {len(self.backlog):,} owed" if self.backlog else ""
        return f"{self.heir} goes on with {self.label}, {before}{owed}"


def successions(loaded: Loaded, request: Request, chosen: Collection[NodeId]) -> list[Succession]:
    """The places that ``chosen`` nodes go on with, by what is on record."""
    nodes = loaded.project.nodes
    heirs = [id for id in chosen if any(map(_goes_on, nodes[id].targets))]
    if not heirs:
        return []
    known = _Known(_accounts(loaded, request.environment), request.environment)
    return [
        found
        for id in heirs
        for target in nodes[id].targets
        if _goes_on(target)
        and (found := _succession(loaded, request, id, target, known)) is not None
    ]


def _goes_on(target: Target) -> bool:
    """Whether what its place held before matters to a target."""
    return target.accumulates or target.by_range


class _Known:
    """What is on record in an environment: the accounts of nodes, and their entries by place."""

    def __init__(self, accounts: Mapping[NodeId, Account], environment: str) -> None:
        self.accounts = accounts
        self._environment = environment
        self._at: dict[str, list[tuple[Delivery, NodeId]]] = {}
        for id, account in accounts.items():
            for entry in account.deliveries.values():
                known = entry.number or entry.extents or entry.status == "delivered"
                if known and entry.environment == environment:
                    self._at.setdefault(entry.place, []).append((entry, id))

    def entries(self, target: Target) -> list[tuple[Delivery, NodeId]]:
        """What is known of a target's place, each with the node that delivered it."""
        return [found for place in target.places for found in self._at.get(place, ())]

    def owed(self, id: NodeId, target: Target) -> tuple[Owed, ...]:
        """What a node's account says that a target's place is owed."""
        return tuple(
            owed
            for owed in self.accounts[id].backlog
            if owed.delivery.place in target.places
            and owed.delivery.environment == self._environment
        )


def moved_appends(loaded: Loaded, request: Request, chosen: Collection[NodeId]) -> Iterator[str]:
    """A word on each append target that leads to another database than it has delivered to."""
    snapshots = loaded.snapshots(request.environment)
    for id in chosen:
        snapshot = snapshots.get(id)
        for target in loaded.project.nodes[id].targets if snapshot else ():
            entry = snapshot.deliveries.get(target.key) if snapshot else None
            if target.mode != "append" or entry is None or entry.status != "delivered":
                continue
            if entry.environment == request.environment and target.has_moved(entry):
                yield (
                    f"{id}: the connection of {target.label} leads to another database than the"
                    " rows before went to: only what is new goes there"
                )


def _succession(
    loaded: Loaded,
    request: Request,
    heir: NodeId,
    target: Target,
    known: _Known,
) -> Succession | None:
    entries = known.entries(target)
    own = max((entry.order for entry, id in entries if id == heir), default=None)
    givers = [
        (entry, id)
        for entry, id in entries
        if id != heir and not _delivers(loaded, id, target)
        # What is brought on by range needs to know only where rows may be.
        if target.accumulates or entry.extents
    ]
    if not givers:
        return None
    # Of those that a place went through without news, the last one has what is owed.
    entry, giver = max(
        givers,
        key=lambda pair: (pair[0].order, bool(known.owed(pair[1], target)), pair[1]),
    )
    if own is not None and own >= entry.order:
        return None
    label = label_of(loaded, request, loaded.project.nodes[heir], target)
    return Succession(
        heir=heir,
        giver=giver,
        target=target,
        label=label if target.type == "file" else f"{target.type} {label}",
        entry=evolve(entry, away=True)
        if target.by_range
        else _as_batch(loaded, giver, target, entry),
        backlog=known.owed(giver, target),
    )


def _delivers(loaded: Loaded, id: NodeId, target: Target) -> bool:
    """Whether a node of the project still delivers to the target's place."""
    node = loaded.project.nodes.get(id)
    return node is not None and any(map(target.shares_place, node.targets))


def _accounts(loaded: Loaded, environment: str) -> dict[NodeId, Account]:
    """Those of the environment, and of nodes that have left the files all that their maps say."""
    from seeknal.values.deliveries import Account

    found = {}
    for name, id in loaded.state.accounts:
        if name == environment:
            found[id] = loaded.state.current_account(environment, id) or Account()
    known = loaded.state.environments.get(environment)
    for id in known.snapshots if known else ():
        if id not in loaded.project.nodes:
            found[id] = loaded.state.current_account(environment, id) or Account()
    return found


def _as_batch(loaded: Loaded, giver: NodeId, target: Target, entry: Delivery) -> Delivery:
    """What is known of the place, with the rows that it had last where they are stored."""
    held = entry.held
    if not held and entry.status == "delivered" and entry.output_id:
        pool = Pool(loaded.state.environments, Generations(loaded.project.target))
        found = pool.output(giver, entry.output_id)
        artifact = found.artifact if found else None
        stored = Artifacts(loaded.project.target)
        held = (artifact,) if artifact and stored.is_whole(artifact) else ()
    number = max(1, entry.number)
    written = entry.delivery_id if entry.status == "delivered" else ""
    return evolve(entry, number=number, held=held, holds_as=entry.holds_as or written)
