"""Writing a node's rows to its targets: each is attempted, and what failed is remembered."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.host import clock
from seeknal.run.delivery.owing import MOST_HELD, fresh_id
from seeknal.run.delivery.ranges import as_a_whole, is_partial
from seeknal.values.deliveries import Account, Delivered, Delivery, Span
from seeknal.values.errors import DeliveryError, RowsRefused, SeeknalError, TargetGone
from seeknal.values.faults import Fault
from seeknal.values.pii import without_values
from seeknal.values.relations import Relation
from seeknal.values.secret import scrub
from seeknal.values.targets import Target

if TYPE_CHECKING:
    from seeknal.run.delivery.ranges import Current
    from seeknal.values.deliveries import Extent, Owed
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Artifact, Snapshot

_GONE = Fault(
    message="the node no longer delivers there",
    code=DeliveryError.default_code,
    help="put the target back, or give the rows up with seeknal deliveries drop",
)

_NO_NODE = Fault(
    message="the files no longer have the node",
    code=DeliveryError.default_code,
    help="put it back, or give the rows up with seeknal deliveries drop",
)

MOST_SPANS = 400
"""How many of the newest batches are remembered that a table's rows come from."""

Write = Callable[[Target, Relation, Delivery], Delivered | None]
"""Writes a relation to a target as what is owed to it; None when no plugin takes the target."""


@frozen(kw_only=True)
class Attempted:
    """What became of an account, and the deliveries that were attempted for it."""

    account: Account
    deliveries: tuple[Delivery, ...] = ()


def without_outcomes(snapshot: Snapshot) -> Snapshot:
    """The snapshot while its batches are attempted: what came of earlier attempts is past.

    On record for a crash: a batch without an outcome may have arrived.
    """
    backlog = tuple(
        owed
        if owed.passed or owed.delivery.refused
        else evolve(owed, delivery=evolve(owed.delivery, error=None))
        for owed in snapshot.backlog
    )
    return evolve(snapshot, backlog=backlog)


def deliver(
    node: Node,
    account: Account,
    relation: Relation | None,
    write: Write,
    batch_of: Callable[[Target, Artifact], Relation],
    private: Collection[str] = (),
    current: Current | None = None,
) -> Attempted:
    """Attempt once every delivery that is owed, each target's in order.

    A target that accumulates gets its batches; what it refuses for good does not block those
    that follow, anything else does. Other targets get ``relation``, the newest rows, and one that
    is brought to them by range what ``current`` gives. What a driver says does not show values
    where any column is ``private``.
    """
    attempted: list[Delivery] = []
    for target in node.targets:
        if target.accumulates:
            done = _deliver_batches(target, account, write, batch_of, private)
        elif target.by_range:
            if current is None:
                continue
            done = _deliver_ranges(target, account, current, write, private)
        elif relation is not None:
            done = _deliver_newest(target, account, _always(relation), write, private)
        else:
            continue
        account = done.account
        attempted += done.deliveries
    attempted += without_target(node, account)
    return Attempted(account=account, deliveries=tuple(attempted))


def without_target(node: Node, account: Account) -> tuple[Delivery, ...]:
    """What is owed to destinations where the node does not deliver any more."""
    # What full is about to replace is not named beside it.
    known = {name for target in node.targets for name in (target.key, *target.places)}
    return tuple(
        evolve(owed.delivery, error=_GONE)
        for owed in account.backlog
        if known.isdisjoint((owed.delivery.key, owed.delivery.place))
    )


def without_node(account: Account) -> tuple[Delivery, ...]:
    """What is owed of a node that the files do not have any more."""
    return tuple(evolve(owed.delivery, error=_NO_NODE) for owed in account.backlog)


def _deliver_newest(
    target: Target,
    account: Account,
    rows_of: Callable[[Delivery], Relation],
    write: Write,
    private: Collection[str],
    extents: tuple[Extent, ...] = (),
) -> Attempted:
    """``extents``: where the rows lie that the target holds once it has taken them."""
    delivery = account.deliveries.get(target.key)
    if delivery is None or delivery.status != "owed":
        return Attempted(account=account)
    done = _attempt(target, delivery, lambda: rows_of(delivery), write, private)
    if done.status == "delivered":
        done = evolve(done, held=(), extents=extents, stale=())
        account = _replaced(account, done)
    return Attempted(account=_with_newest(account, done), deliveries=(done,))


def _deliver_ranges(
    target: Target, account: Account, current: Current, write: Write, private: Collection[str]
) -> Attempted:
    """Deliver the ranges that are owed, and all of them where the target is not there any more."""
    anew = False

    def watched(target: Target, relation: Relation, owed: Delivery) -> Delivered | None:
        nonlocal anew
        try:
            done = write(target, relation, owed)
        except TargetGone:
            anew = True
            raise
        # By a plugin that does not ask whether this is all that the target is to hold.
        anew = done is not None and done.created and is_partial(owed)
        return done

    extents = (current.extent,)
    done = _deliver_newest(target, account, current.rows_of, watched, private, extents)
    owed = account.deliveries.get(target.key)
    if owed is None or not anew:
        return done
    owed = as_a_whole(owed, fresh_id(current.run_id, target))
    account = evolve(account, deliveries={**account.deliveries, target.key: owed})
    # Before it is attempted: once something is there, no other attempt would tell what it lacks.
    current.record(account)
    return _deliver_newest(target, account, current.rows_of, write, private, extents)


def _always(relation: Relation) -> Callable[[Delivery], Relation]:
    return lambda _: relation


def _replaced(account: Account, done: Delivery) -> Account:
    """The account without what the destination of ``done`` held, or was owed, in another mode.

    How many batches there were stays on record: later ones are told from earlier ones by it.
    """
    return Account(
        deliveries={
            key: entry if elsewhere else _forgotten(entry)
            for key, entry in account.deliveries.items()
            if (elsewhere := entry.place != done.place or key == done.key) or entry.number
        },
        backlog=tuple(owed for owed in account.backlog if owed.delivery.place != done.place),
    )


def _forgotten(entry: Delivery) -> Delivery:
    """What is known of the destination in the mode of ``entry`` once another replaced its rows."""
    blank = Delivery(
        key=entry.key,
        status="delivered",
        output_id="",
        delivery_id=entry.delivery_id,
        label=entry.label,
        at=entry.at,
        environment=entry.environment,
        place=entry.place,
        mode=entry.mode,
    )
    return evolve(blank, number=entry.number)


def _deliver_batches(
    target: Target,
    account: Account,
    write: Write,
    batch_of: Callable[[Target, Artifact], Relation],
    private: Collection[str],
) -> Attempted:
    attempted: list[Delivery] = []
    blocked: Fault | None = None
    for owed in [entry for entry in account.backlog if entry.delivery.key == target.key]:
        if owed.passed:
            attempted.append(owed.delivery)
            continue
        if blocked is not None:
            waits = f"{blocked.message} (earlier rows go first)"
            done = evolve(owed.delivery, error=evolve(blocked, message=waits))
        else:
            relation = _lazily(batch_of, target, owed.artifact)
            known = account.deliveries.get(target.key)
            done = _attempt(target, _on_top_of(known, owed.delivery), relation, write, private)
            if done.status == "owed" and not done.refused:
                blocked = done.error
        if done.refused and _is_mended(account, owed):
            backlog = tuple(entry for entry in account.backlog if entry is not owed)
            account = evolve(account, backlog=backlog)
            continue
        attempted.append(done)
        account = _account_after(target, account, owed, done)
    return Attempted(account=account, deliveries=tuple(attempted))


def _is_mended(account: Account, owed: Owed) -> bool:
    """Whether a later batch is what another definition makes of the same inputs."""
    return any(
        later.delivery.key == owed.delivery.key
        and later.delivery.number > owed.delivery.number
        and later.inputs == owed.inputs
        and later.definition != owed.definition
        for later in account.backlog
    )


def _lazily(
    batch_of: Callable[[Target, Artifact], Relation], target: Target, artifact: Artifact
) -> Callable[[], Relation]:
    return lambda: batch_of(target, artifact)


def _account_after(target: Target, account: Account, owed: Owed, done: Delivery) -> Account:
    """The account once a batch was attempted."""
    # What was refused may come back, but not over rows that are newer.
    passes = target.mode != "append"
    known = account.deliveries.get(target.key, done)
    if done.status == "owed":
        passed = passes and known.status == "delivered" and known.number > done.number
        again = evolve(owed, delivery=done, passed=passed)
        backlog = tuple(again if entry is owed else entry for entry in account.backlog)
        return _with_newest(evolve(account, backlog=backlog), done)
    backlog = tuple(
        evolve(entry, passed=True)
        if passes and entry.delivery.key == target.key and entry.delivery.number < done.number
        else entry
        for entry in account.backlog
        if entry is not owed
    )
    newest = evolve(
        done if known.number <= done.number else known,
        holds_as=done.holds_as,
        held=(owed.artifact, *known.held[1:])[:MOST_HELD] if target.mode == "append" else (),
        recalled=known.recalled,
        spans=done.spans,
    )
    deliveries = {**account.deliveries, target.key: newest}
    return Account(deliveries=deliveries, backlog=backlog)


def _with_newest(account: Account, done: Delivery) -> Account:
    """The account with ``done``, unless the target was handed a newer batch since."""
    known = account.deliveries.get(done.key)
    if known is not None and known.number > done.number:
        return account
    return evolve(account, deliveries={**account.deliveries, done.key: done})


def _attempt(
    target: Target,
    owed: Delivery,
    relation: Callable[[], Relation],
    write: Write,
    private: Collection[str],
) -> Delivery:
    at = clock.now().isoformat()
    try:
        done = write(target, relation(), owed)
        if done is None:
            raise DeliveryError(f"no plugin writes to a target of type {target.type!r}")
    except SeeknalError as error:
        fault = _fault(error.message, error.code, error.help)
        return evolve(owed, error=fault, at=at, refused=isinstance(error, RowsRefused))
    except Exception as error:
        # A driver's own exception must not undo or stop the other targets.
        said = without_values(error, private) if private else f"{type(error).__name__}: {error}"
        return evolve(owed, error=_fault(said, DeliveryError.default_code), at=at)
    return evolve(
        owed,
        status="delivered",
        rows=done.rows,
        detail=done.detail,
        error=None,
        at=at,
        undoes=(),
        back=(),
        holds_as=_held_as(owed, done),
        line=(),
        spans=_spans(target, owed, done),
        refused=False,
    )


def _fault(message: str, code: str, help: str | None = None) -> Fault:
    return Fault(message=scrub(message), code=code, help=scrub(help) if help else None)


def _on_top_of(known: Delivery | None, owed: Delivery) -> Delivery:
    """The delivery of a batch on top of what the target holds by now."""
    return evolve(owed, holds_as=known.holds_as, spans=known.spans) if known else owed


def _held_as(owed: Delivery, done: Delivered) -> str:
    """The id of the delivery that a target that accumulates was written by last."""
    if owed.number and (done.wrote or not owed.holds_as):
        return owed.delivery_id
    return owed.holds_as


def _spans(target: Target, owed: Delivery, done: Delivered) -> tuple[Span, ...]:
    """What the target's rows come from, after it took what was owed."""
    if target.mode != "incremental_by_time" or target.by_range:
        return ()
    if owed.undoes:
        return owed.back
    known = owed.spans or ((Span(),) if done.created else ())
    if done.span is None:
        return known
    found = evolve(done.span, output_id=owed.output_id, number=owed.number)
    if known and evolve(known[-1], number=owed.number) == found:
        return known
    return (*known, found)[-MOST_SPANS:]
