"""What targets are owed, for people to see, to send again and to give up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plan.environments import existing
from seeknal.plan.session import writing
from seeknal.plan.succession import successions
from seeknal.state.artifacts import Artifacts
from seeknal.state.batch_files import BatchFiles
from seeknal.state.store import read_state
from seeknal.values.deliveries import Account, Delivery
from seeknal.values.digests import digest
from seeknal.values.errors import UsageError, did_you_mean
from seeknal.values.names import NodeId
from seeknal.values.plan import Step

if TYPE_CHECKING:
    from seeknal.plan.session import Request
    from seeknal.run.execution import Reporter
    from seeknal.run.partial_run import PartialRun
    from seeknal.state.store import State, StateStore
    from seeknal.values.results import RunSummary
    from seeknal.values.snapshot import Snapshot


@frozen(kw_only=True)
class Outstanding:
    """One delivery that a target has not taken. ``rows``: None where nobody has counted them."""

    environment: str
    node: NodeId
    delivery: Delivery
    rows: int | None
    passed: bool = False

    @property
    def id(self) -> str:
        """What people call the delivery by."""
        return digest(self.environment, self.delivery.delivery_id)[:8]

    @property
    def state(self) -> str:
        """Whether the target may take it when it is sent again."""
        return "refused" if self.delivery.refused else "owed"


def outstanding(root: Path, environment: str | None = None) -> list[Outstanding]:
    """All that targets are owed, of one environment or of all: by node, the oldest first."""
    return _outstanding(read_state(root / "target"), environment)


def retry(
    root: Path, request: Request, words: Sequence[str], reporter: Reporter, *, force: bool
) -> RunSummary | None:
    """Attempt again what the chosen nodes' targets are owed; None when nothing is.

    ``force``: also batches that later ones went before. Raises UsageError for words that name
    nothing, or a batch that needs ``force``.
    """
    # What is owed is listed without a run and all that it takes.
    from seeknal.run.partial_run import PartialRun

    with writing(root / "target", request) as store:
        chosen = _chosen(_outstanding(store.state, request.environment), words)
        if not force:
            _refuse_passed([entry for entry in chosen if any(map(entry.id.startswith, words))])
            chosen = [entry for entry in chosen if not entry.passed] or chosen
        if not chosen:
            return None
        partial = PartialRun(root, request, reporter, store)
        nodes = partial.opened().project.nodes
        snapshots = store.state.environments[request.environment].snapshots
        if not words:
            # What nothing can send does not keep the rest: it is told at the end.
            chosen = [entry for entry in chosen if entry.node in nodes] or chosen
        for entry in chosen:
            heir = _heir_of(entry, partial)
            _check_there(entry, entry.node in nodes, entry.node in snapshots, heir)
        for id in {entry.node for entry in chosen if entry.passed and force}:
            store.record(request.environment, _let_through(snapshots[id], chosen))
        steps = [
            Step(node=id, action="deliver", reason="retried")
            for id in partial.opened().loaded.graph.order
            if any(entry.node == id for entry in chosen)
        ]
        partial.refresh()
        done = partial.carry_out(steps)
        return partial.summarise(done, abandoned=partial.opened().abandoned())


def drop(root: Path, request: Request, words: Sequence[str]) -> list[Outstanding]:
    """Give up what the chosen deliveries would bring; gives them."""
    with writing(root / "target", request) as store:
        chosen = _chosen(_outstanding(store.state, request.environment), words)
        for id in dict.fromkeys(entry.node for entry in chosen):
            _drop(root, store, request.environment, id, chosen)
        return chosen


def _outstanding(state: State, environment: str | None) -> list[Outstanding]:
    found: list[Outstanding] = []
    for name, entry in state.environments.items():
        for id, snapshot in entry.snapshots.items():
            rows = snapshot.artifact.rows if snapshot.artifact else None
            found += _of_account(name, id, snapshot.account, rows)
    for name, id in state.accounts:
        known = state.environments.get(name)
        account_ = state.account(name, id)
        if account_ is not None and (known is None or id not in known.snapshots):
            found += _of_account(name, id, account_, None)
    found = [entry for entry in found if environment in (None, entry.environment)]
    if environment is not None and not found:
        # What one that is gone still owes can be asked for; nothing owed by none is a mistake.
        existing(state.environments, environment)
    return found


def _of_account(
    environment: str, node: NodeId, account: Account, rows: int | None
) -> Iterator[Outstanding]:
    for owed in account.backlog:
        yield Outstanding(
            environment=environment,
            node=node,
            delivery=owed.delivery,
            rows=owed.artifact.rows,
            passed=owed.passed,
        )
    for delivery in account.deliveries.values():
        # Those with a number stand in the backlog.
        if delivery.status == "owed" and not delivery.number:
            yield Outstanding(environment=environment, node=node, delivery=delivery, rows=rows)


def _chosen(found: Sequence[Outstanding], words: Sequence[str]) -> list[Outstanding]:
    """Those that the words name: by node, by id or the beginning of one; all without words."""
    if not words:
        return list(found)
    chosen: dict[str, Outstanding] = {}
    for word in words:
        matching = [entry for entry in found if word in (entry.node, entry.node.name)]
        chosen |= {entry.id: entry for entry in matching or [_with_id(found, word)]}
    return list(chosen.values())


def _with_id(found: Sequence[Outstanding], word: str) -> Outstanding:
    matching = [entry for entry in found if entry.id.startswith(word)]
    if len(matching) == 1:
        return matching[0]
    known = [name for entry in found for name in (entry.id, entry.node, entry.node.name)]
    number = "several deliveries" if matching else "no delivery that is owed"
    raise UsageError(
        f"{word!r} names {number}",
        code="SK0271",
        help=did_you_mean(word, known) or "seeknal deliveries list shows what is owed",
    )


def _refuse_passed(named: Iterable[Outstanding]) -> None:
    """What is asked for by its id is sent, or said why it is not."""
    late = [entry.id for entry in named if entry.passed]
    if late:
        raise UsageError(
            f"later rows went before {', '.join(late)}: sent now, older values would replace newer",
            code="SK0272",
            help="seeknal deliveries retry ID --force sends it all the same; drop gives it up",
        )


def _heir_of(entry: Outstanding, partial: PartialRun) -> NodeId | None:
    """The node that goes on with what a node which is gone delivered."""
    run = partial.opened()
    if entry.node in run.project.nodes:
        return None
    found = successions(run.loaded, partial.request, run.project.nodes)
    ids = {owed.delivery.delivery_id: one.heir for one in found for owed in one.backlog}
    return ids.get(entry.delivery.delivery_id)


def _check_there(entry: Outstanding, defined: bool, stored: bool, heir: NodeId | None) -> None:
    if not defined:
        raise UsageError(
            f"{entry.node} is no longer defined: nothing says how its rows are written",
            code="SK0273",
            help=f"{heir} delivers there now: seeknal run brings them"
            if heir
            else f"put it back, or seeknal deliveries drop {entry.id}",
        )
    if not stored:
        raise UsageError(
            f"the outputs of {entry.node} are gone",
            code="SK0273",
            help="seeknal run builds them again, and delivers what is owed before",
        )


def _let_through(snapshot: Snapshot, chosen: Iterable[Outstanding]) -> Snapshot:
    ids = {entry.delivery.delivery_id for entry in chosen}
    backlog = tuple(
        evolve(owed, passed=owed.passed and owed.delivery.delivery_id not in ids)
        for owed in snapshot.backlog
    )
    return evolve(snapshot, backlog=backlog)


def _drop(
    root: Path, store: StateStore, environment: str, id: NodeId, chosen: Iterable[Outstanding]
) -> None:
    ids = {entry.delivery.delivery_id for entry in chosen}
    before = store.state.current_account(environment, id)
    assert before is not None
    deliveries = {
        key: evolve(entry, status="dropped") if _is_dropped(entry, ids) else entry
        for key, entry in before.deliveries.items()
    }
    backlog = tuple(owed for owed in before.backlog if owed.delivery.delivery_id not in ids)
    store.put_account(environment, id, Account(deliveries=deliveries, backlog=backlog))
    BatchFiles(root, Artifacts(root / "target")).release(id, store.batches(id))


def _is_dropped(entry: Delivery, ids: set[str]) -> bool:
    return entry.status == "owed" and entry.delivery_id in ids
