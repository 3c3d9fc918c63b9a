"""What is on record of destinations, by the keys and the modes that targets have there now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plan.finding import still_current
from seeknal.values.snapshot import Artifact

if TYPE_CHECKING:
    from seeknal.values.deliveries import Account, Delivery, Owed
    from seeknal.values.node import Node
    from seeknal.values.plan import Step
    from seeknal.values.snapshot import Fingerprint, Snapshot
    from seeknal.values.targets import Target


@frozen(kw_only=True)
class Rows:
    """What can be known of rows.

    ``before`` finds those of an earlier output of the node where they are stored, and ``keep``
    stores them where they stay; ``same`` says whether two outputs hold the same.
    """

    before: Callable[[str], Artifact | None]
    keep: Callable[[Artifact], Artifact]
    same: Callable[[Artifact, Artifact], bool]


def addressed(node: Node, account: Account, environment: str, rows: Rows) -> Account:
    """The account under the keys that targets have now: other options lead to the same destination.

    What a destination was handed in other modes stays on record beside a full target until that has
    replaced it. What full was owed is a batch of the mode that follows.
    """
    from seeknal.values.deliveries import Account

    target_of = partial(_target_of, node)
    kept: dict[str, Delivery] = {}
    found: dict[str, list[Delivery]] = {}
    for key, entry in account.deliveries.items():
        target = target_of(entry)
        if target is not None and _is_of(target, entry):
            found.setdefault(target.key, []).append(_as_now(entry, target))
        elif entry.number or (target is None and entry.status == "delivered"):
            # What a target that is gone holds counts when it comes back; it needs no newest rows.
            there = evolve(entry, place=target.place if target else entry.place)
            kept[key] = _remembered(there, rows) if entry.number else _left(entry)
    backlog = [
        _rekeyed(owed, target_of(owed.delivery))
        for owed in account.backlog
        if owed.delivery.environment == environment
    ]
    account = Account(deliveries=kept, backlog=tuple(backlog))
    for target in node.targets:
        entries = found.get(target.key, [])
        if target.accumulates:
            account = _in_mode(account, target, entries, environment, rows)
        elif entries:
            account = with_delivery(account, _held_now(target, entries))
    return account


def _is_of(target: Target, entry: Delivery) -> bool:
    """Whether an entry of the target's place says what the target starts from."""
    if target.accumulates:
        return True
    return not entry.number and (target.by_range or entry.key == target.key)


def _held_now(target: Target, entries: Sequence[Delivery]) -> Delivery:
    """What is known of a target that holds an output; by range also under an earlier key."""
    known = next((entry for entry in entries if entry.key == target.key), None)
    if known is not None:
        return evolve(known, place=target.place)
    newest = max(entries, key=lambda entry: entry.order)
    # Other options lead to the same rows, of which none is known to be right any more.
    return evolve(newest, key=target.key, place=target.place, mode=target.mode, away=True)


def _as_now(entry: Delivery, target: Target) -> Delivery:
    """The entry as what it says is meant today: what is owed is owed to where the target leads."""
    owed = entry.status == "owed"
    # Appended rows are told by what the place was handed last, whatever stands there.
    away = entry.away and not target.accumulates
    return evolve(entry, away=away, site=target.site if owed else entry.site)


def reused(
    node: Node,
    snapshot: Snapshot,
    step: Step,
    fingerprint: Fingerprint,
    touched: Mapping[str, Artifact],
) -> Snapshot:
    """What `still_current` gives, with no word on what stands where the node no longer delivers."""
    current = still_current(snapshot, step, fingerprint, touched)
    same = fingerprint.content == snapshot.fingerprint.content
    if same and current.layer not in (None, node.layer or ""):
        # Rows that do not say their layer are of the one that their node is said to be of.
        current = evolve(current, layer=node.layer or "")
    if current is snapshot:
        return snapshot
    found = {
        key: entry if entry.number or _target_of(node, entry) else _left(entry)
        for key, entry in current.deliveries.items()
    }
    return evolve(current, deliveries=found)


def _left(entry: Delivery) -> Delivery:
    """What is known of a place that is replaced as a whole, while its target is away.

    Whatever stands there by then, its target delivers again once it is back.
    """
    return evolve(entry, away=True) if entry.status == "delivered" else entry


def _target_of(node: Node, delivery: Delivery) -> Target | None:
    """The node's target that a delivery went to, however it was written then."""
    same = (target for target in node.targets if target.key == delivery.key)
    there = (target for target in node.targets if delivery.place in target.places)
    return next(same, None) or next(there, None)


def _rekeyed(owed: Owed, target: Target | None) -> Owed:
    if target is None:
        return owed
    delivery = evolve(owed.delivery, place=target.place, site=target.site)
    if target.accumulates:
        delivery = evolve(delivery, key=target.key, mode=target.mode)
    return evolve(owed, delivery=delivery)


def _in_mode(
    account: Account, target: Target, entries: Sequence[Delivery], environment: str, rows: Rows
) -> Account:
    """The account with what is known of the destination of a target that accumulates."""
    several = len({entry.place for entry in entries}) > 1
    if several:
        account, entries = _as_one_place(account, target, entries, rows)
    entries = [evolve(entry, place=target.place) for entry in entries]
    whole = next((entry for entry in entries if not entry.number), None)
    base = _newest(account, target, [entry for entry in entries if entry.number])
    if base is not None:
        changed = several or base.key != target.key
        base = _readdressed(base, target, rows)
        if changed and target.mode == "append":
            account, base = _without_repeated(account, base, rows)
    if whole is not None and whole.status == "owed" and whole.environment == environment:
        return _with_missed(account, target, base, whole, rows)
    if whole is not None:
        base = _after_full(account, target, base, whole, rows)
    return with_delivery(account, base) if base else account


def _as_one_place(
    account: Account, target: Target, entries: Sequence[Delivery], rows: Rows
) -> tuple[Account, Sequence[Delivery]]:
    """What was kept of one place under several names, counted as one: the newest is true."""
    ordered = sorted(entries, key=lambda entry: entry.order)
    numbered = [entry for entry in ordered if entry.number]
    if not numbered:
        return account, ordered[-1:]
    newest, top = numbered[-1], 1 + sum(entry.number for entry in numbered)
    held = newest.held or next((e.held for e in reversed(numbered) if e.held), ())
    newest = evolve(newest, number=top, held=held)
    mine = [owed for owed in account.backlog if owed.delivery.key == target.key]
    if target.mode == "append":
        mine = list(_without_doubles(mine, rows))
    last = top if newest.status == "owed" else top - 1
    backlog = [owed for owed in account.backlog if owed.delivery.key != target.key]
    for number, owed in enumerate(mine, last - len(mine) + 1):
        backlog.append(evolve(owed, delivery=evolve(owed.delivery, number=number)))
    whole = [entry for entry in ordered[-1:] if not entry.number]
    return evolve(account, backlog=tuple(backlog)), [newest, *whole]


def _without_doubles(backlog: Sequence[Owed], rows: Rows) -> Iterator[Owed]:
    """Without batches whose rows the next one brings as well."""
    for owed, following in zip(backlog, [*backlog[1:], None], strict=False):
        if following is None or not rows.same(owed.artifact, following.artifact):
            yield owed


def _newest(account: Account, target: Target, entries: Sequence[Delivery]) -> Delivery | None:
    """What the destination was handed last in a mode that accumulates."""
    batches = [owed.delivery for owed in account.backlog if owed.delivery.key == target.key]
    return max(entries or batches, key=lambda entry: entry.number, default=None)


def _readdressed(entry: Delivery, target: Target, rows: Rows) -> Delivery:
    """What is known of a destination whose target has other options: all but appends go again."""
    if entry.key == target.key:
        return entry
    again = target.mode != "append" and entry.status == "delivered"
    # Another column may say the time now.
    known = evolve(entry, key=target.key, mode=target.mode, spans=())
    known = evolve(known, output_id="" if again else entry.output_id)
    return evolve(known, held=_remembered(entry, rows).held)


def _without_repeated(account: Account, base: Delivery, rows: Rows) -> tuple[Account, Delivery]:
    """Without a batch that would have brought once more what the destination has: append would."""
    mine = [owed for owed in account.backlog if owed.delivery.key == base.key]
    first = next((owed for owed in mine if not owed.delivery.refused), None)
    if first is None or base.status != "owed" or not base.held:
        return account, base
    if not rows.same(base.held[0], first.artifact):
        return account, base
    backlog = tuple(owed for owed in account.backlog if owed is not first)
    account = evolve(account, backlog=backlog)
    held = (first.artifact, *base.held[1:])
    if first.delivery.number != base.number:
        return account, evolve(base, held=held)
    there = evolve(base, status="delivered", refused=False, error=None, undoes=(), back=())
    return account, evolve(there, held=held)


def _remembered(entry: Delivery, rows: Rows) -> Delivery:
    """The entry with the rows that were delivered last, for another mode to know them by."""
    if entry.status != "delivered" or entry.held:
        return entry
    return evolve(entry, held=_held(entry, rows))


def _held(entry: Delivery, rows: Rows) -> tuple[Artifact, ...]:
    """What the destination took last, so that an append does not bring it once more."""
    artifact = rows.before(entry.output_id) if entry.output_id else None
    return (rows.keep(artifact),) if artifact else ()


def _after_full(
    account: Account, target: Target, base: Delivery | None, whole: Delivery, rows: Rows
) -> Delivery:
    """What is known of a destination that full has replaced, or whose rows were given up then."""
    number = max(1, base.number if base else 0, highest(account, target.key))
    known = evolve(whole, key=target.key, mode=target.mode, number=number)
    if whole.status != "delivered":
        return _on_top(known, base)
    return evolve(
        known,
        holds_as=whole.delivery_id,
        output_id=whole.output_id if target.mode == "append" else "",
        held=_held(whole, rows),
    )


def _on_top(delivery: Delivery, base: Delivery | None) -> Delivery:
    """The delivery to a destination that holds what ``base`` says."""
    if base is None:
        return delivery
    return evolve(
        delivery,
        holds_as=base.holds_as,
        held=base.held,
        recalled=base.recalled,
        spans=base.spans,
        undoes=base.undoes,
        back=base.back,
    )


def _with_missed(
    account: Account, target: Target, base: Delivery | None, missed: Delivery, rows: Rows
) -> Account:
    """The account with the rows that full never brought as a batch, unless they are its last."""
    from seeknal.values.deliveries import Owed

    artifact = rows.before(missed.output_id)
    number = max(base.number if base else 0, highest(account, target.key))
    known = evolve(missed, key=target.key, mode=target.mode, number=max(1, number))
    if artifact is None:
        return with_delivery(account, base or known)
    waiting = waiting_of(account, base)
    held = base.held[:1] if base and base.status == "delivered" else ()
    last = next(iter([waiting.artifact] if waiting else [*held, *missed.held]), None)
    if last is None or not rows.same(last, artifact):
        delivery = _on_top(evolve(known, number=1 + number, held=_kept(missed, rows)), base)
        batch = Owed(delivery=delivery, artifact=rows.keep(artifact))
        return with_delivery(evolve(account, backlog=(*account.backlog, batch)), delivery)
    if base and waiting:
        # A run that was killed may have brought them in full: the target is asked.
        return with_delivery(account, base if missed.error else evolve(base, holds_as=""))
    if base and held:
        return with_delivery(account, base)
    output = missed.output_id if target.mode == "append" else ""
    there = evolve(known, status="delivered", output_id=output, refused=False, error=None)
    return with_delivery(account, evolve(there, held=(rows.keep(artifact),)))


def _kept(missed: Delivery, rows: Rows) -> tuple[Artifact, ...]:
    return tuple(map(rows.keep, missed.held))


def with_delivery(account: Account, delivery: Delivery) -> Account:
    """The account with this as what is known of its target."""
    return evolve(account, deliveries={**account.deliveries, delivery.key: delivery})


def highest(account: Account, key: str) -> int:
    """The number of the newest batch that a target was handed."""
    numbers = [owed.delivery.number for owed in account.backlog if owed.delivery.key == key]
    known = account.deliveries.get(key)
    return max([*numbers, known.number if known else 0])


def waiting_of(account: Account, newest: Delivery | None) -> Owed | None:
    """The batch in the backlog that the target was handed last."""
    if newest is None:
        return None
    return next(
        (
            owed
            for owed in account.backlog
            if owed.delivery.key == newest.key and owed.delivery.number == newest.number
        ),
        None,
    )
