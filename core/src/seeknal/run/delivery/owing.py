"""What a node's targets are owed of its outputs: which batches, in which order, under which id."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plan.planner import owed_targets
from seeknal.run.delivery.addressing import Rows, addressed, highest, waiting_of, with_delivery
from seeknal.run.delivery.ranges import Known, owed_by_range
from seeknal.values.deliveries import Delivery, Owed
from seeknal.values.digests import digest
from seeknal.values.names import PRODUCTION
from seeknal.values.node import Node
from seeknal.values.snapshot import Artifact, Snapshot
from seeknal.values.targets import Target

if TYPE_CHECKING:
    from seeknal.values.deliveries import Account, Span

ALREADY_THERE = "was delivered already"

MOST_HELD = 20
"""How many batches are remembered that a rollback has left in an append target."""


@frozen(kw_only=True)
class Output:
    """A node's current output, and what its targets have to know of it.

    ``keep`` stores the rows for a target where they stay until they are delivered; ``same``
    says whether two outputs hold the same rows. ``again``: targets are written once more though
    they hold these rows; appends are not, for they would hold them twice. ``before`` finds an
    earlier output of the node, where its rows are stored, and ``keep_earlier`` stores it as `keep`
    does; ``parts_of`` finds one that is made of parts, stored or not. ``batches_only``: what a
    target that is replaced as a whole is owed is told later. ``gone``: keys of targets where
    nothing stands any more. ``line`` says what the rows of a target go on from.
    """

    node: Node
    snapshot: Snapshot
    run_id: str
    keep: Callable[[Target], Artifact]
    same: Callable[[Artifact, Artifact], bool]
    environment: str = PRODUCTION
    again: bool = False
    batches_only: bool = False
    gone: frozenset[str] = frozenset()
    line: Callable[[Target], tuple[str, ...]] = lambda target: ()
    before: Callable[[str], Artifact | None] = lambda output: None
    keep_earlier: Callable[[Artifact], Artifact] = lambda artifact: artifact
    parts_of: Callable[[str], Artifact | None] = lambda output: None


def plan_deliveries(output: Output) -> Snapshot:
    """The snapshot with every delivery that is due on record as owed, under an id that stays.

    A target that accumulates is handed a batch for each new output, and keeps those that it has
    yet to get; other targets need only the newest rows.
    """
    node, known = output.node, output.snapshot
    account = addressed(
        node,
        known.account,
        output.environment,
        Rows(before=output.before, keep=output.keep_earlier, same=output.same),
    )
    account = _without_mended(output, account)
    due = set(owed_targets(node, evolve(output.snapshot, deliveries=account.deliveries)))
    due |= output.gone
    if output.again:
        due |= {target.key for target in node.targets if target.mode != "append"}
    composed = known.artifact is not None and known.artifact.composed
    for target in node.targets:
        if target.key not in due:
            continue
        if target.accumulates:
            account = _queue_batch(output, account, target)
        elif not output.batches_only and (composed or not target.by_range):
            entry = account.deliveries.get(target.key)
            if target.by_range:
                owed = _owed_by_range(output, target, entry)
            else:
                owed = _owed(output, target, _holding(output, entry))
            account = with_delivery(account, owed)
    return output.snapshot.with_account(account)


def _owed_by_range(output: Output, target: Target, known: Delivery | None) -> Delivery:
    """What a target is owed of the output: the ranges in which it does not hold it."""
    artifact = output.snapshot.artifact
    assert artifact is not None
    if known is not None and known.environment != output.environment:
        # What another environment's table holds says nothing of this one's.
        known = None
    before = output.parts_of(known.output_id) if known else None
    again = output.again or target.key in output.gone
    there = known is not None and not (again or known.away or target.has_moved(known))
    found = Known(entry=known, output=before, there=there)
    owed = _owed(output, target, known)
    return owed_by_range(owed, found, artifact, fresh_id(output.run_id, target))


def _holding(output: Output, known: Delivery | None) -> Delivery | None:
    """What is known of a target, with the rows that it was handed last where newer ones are due."""
    if known is None or known.status != "delivered":
        return known
    found = output.before(known.output_id)
    return evolve(known, held=(found,)) if found else known


def undelivered(node: Node, snapshot: Snapshot) -> bool:
    """Whether any of the node's targets is owed anything."""
    keys = {target.key for target in node.targets}
    newest = (entry for key, entry in snapshot.deliveries.items() if key in keys)
    return bool(snapshot.backlog) or any(entry.status == "owed" for entry in newest)


def already_there(
    node: Node, snapshot: Snapshot, before: Account, again: bool
) -> tuple[Delivery, ...]:
    """The deliveries of append targets that were asked for though the rows are there."""
    found = []
    for target in node.targets:
        entry, known = snapshot.deliveries.get(target.key), before.deliveries.get(target.key)
        if target.mode != "append" or entry is None or entry.status != "delivered":
            continue
        if again or (entry.detail == ALREADY_THERE and entry != known):
            found.append(evolve(entry, rows=0, detail=ALREADY_THERE))
    return tuple(found)


def carried_over(node: Node, account: Account) -> Account:
    """What stays true of targets when the node's outputs are lost: they are built anew.

    All but appends are written again, which puts back what somebody may have removed with them.
    """
    appends = {
        place for target in node.targets if target.mode == "append" for place in target.places
    }
    deliveries = {
        key: evolve(entry, away=True) if entry.extents else entry
        for key, entry in account.deliveries.items()
        if entry.place in appends or entry.status == "owed" or entry.extents
    }
    return evolve(account, deliveries=deliveries)


def taken_back(
    account: Account, known: Delivery, wanted: Delivery | None, output_id: str
) -> tuple[Account, Delivery]:
    """The account without the batches that are newer than ``wanted`` and were not delivered.

    Also gives what the target was handed last, by what is left: it is of ``output_id``, owed or
    delivered, unless a newer batch has reached the target.
    """
    mine = [owed for owed in account.backlog if owed.delivery.key == known.key]
    number = wanted.number if wanted else 0
    # Rows that had arrived by then and came once more are a newer batch.
    arrived = wanted and (wanted.status, wanted.output_id) == ("delivered", output_id)
    found = (owed for owed in mine if owed.delivery.output_id == output_id and not arrived)
    again = next(found, None)
    limit = max(number, again.delivery.number if again else 0)
    kept = [owed for owed in account.backlog if owed not in mine or owed.delivery.number <= limit]
    ids = {wanted.delivery_id, wanted.holds_as} if wanted else {""}
    account = evolve(account, backlog=tuple(kept))
    known = evolve(known, recalled=_recalled(known, [owed for owed in mine if owed not in kept]))
    if known.holds_as not in ids:
        return account, evolve(known, status="delivered", refused=False, error=None)
    if again is None:
        settled = settled_at(known, output_id)
        return with_delivery(account, settled), settled
    # Under the highest number: what the target is handed next follows it.
    newest = evolve(again.delivery, number=known.number, held=known.held, recalled=known.recalled)
    account = _replaced(account, again, evolve(again, delivery=newest))
    return with_delivery(account, newest), newest


def unsettled(account: Account) -> set[str]:
    """Ids of the deliveries that are owed without a word of what came of an attempt."""
    return {owed.delivery.delivery_id for owed in account.backlog if not owed.delivery.error}


def _recalled(known: Delivery, gone: Iterable[Owed]) -> tuple[Owed, ...]:
    """The batches that an append target may have though it is not on record."""
    mine = [
        evolve(owed, delivery=evolve(owed.delivery, held=(), recalled=()))
        for owed in gone
        if known.mode == "append" and not owed.delivery.refused
    ]
    return (*reversed(mine), *known.recalled)[:MOST_HELD]


def settled_at(known: Delivery, output_id: str) -> Delivery:
    """What is known of a target that need not be written for ``output_id``."""
    return evolve(
        known,
        status="delivered",
        output_id=output_id,
        refused=False,
        error=None,
        rows=0,
        detail="",
        undoes=(),
        back=(),
    )


def holds_newer(known: Delivery, wanted: Delivery | None) -> bool:
    """Whether a target that accumulates has taken batches since it was as ``wanted`` says."""
    if known.spans:
        return known.spans != spans_at(known, wanted)
    return known.holds_as not in ({wanted.delivery_id, wanted.holds_as} if wanted else {""})


def owed_again(known: Delivery, wanted: Delivery | None) -> bool:
    """Whether a target is owed rows once more that it had when it was as ``wanted`` says."""
    if wanted is None or wanted.status != "delivered" or known.status != "owed":
        return False
    return known.number > wanted.number


def spans_at(known: Delivery, wanted: Delivery | None) -> tuple[Span, ...]:
    """What a target's rows come from once what is newer than ``wanted`` is taken back.

    Batches that were owed then, and came later, stay.
    """
    if wanted is None or known.spans[: len(wanted.spans)] != wanted.spans:
        return wanted.spans if wanted else ()
    return tuple(span for span in known.spans if span.number <= wanted.number)


def inputs_id(snapshot: Snapshot) -> str:
    """Names what an output was computed from."""
    version = json.dumps(snapshot.source_version, sort_keys=True, default=str)
    return digest(*(f"{id}={found}" for id, found in sorted(snapshot.inputs.items())), version)[:16]


def _without_mended(output: Output, account: Account) -> Account:
    """Leave out batches that were refused and that a mended definition computed anew."""
    definition, inputs = output.snapshot.fingerprint.content, inputs_id(output.snapshot)
    kept = tuple(
        owed
        for owed in account.backlog
        if not (owed.delivery.refused and owed.inputs == inputs and owed.definition != definition)
    )
    return evolve(account, backlog=kept)


def _queue_batch(output: Output, account: Account, target: Target) -> Account:
    """The account after the output was handed to a target that accumulates."""
    known = account.deliveries.get(target.key)
    mine = known if known and known.environment == output.environment else None
    artifact, id = output.keep(target), output.snapshot.output_id
    waiting = waiting_of(account, mine)
    if (
        mine
        and waiting
        and (waiting.delivery.output_id == id or output.same(waiting.artifact, artifact))
    ):
        delivery = evolve(waiting.delivery, output_id=id)
        return with_delivery(
            _replaced(account, waiting, evolve(waiting, delivery=delivery)), delivery
        )
    if mine and target.mode == "append":
        held = mine.held if mine.status == "delivered" else mine.held[1:]
        if any(output.same(batch, artifact) for batch in held):
            there = evolve(mine, status="delivered", output_id=id, rows=0, error=None)
            return with_delivery(account, evolve(there, detail=ALREADY_THERE))
    known = _holding(output, mine) if mine and target.mode != "append" else mine
    delivery = evolve(_owed(output, target, known), number=1 + highest(account, target.key))
    if again := next((o for o in delivery.recalled if output.same(o.artifact, artifact)), None):
        # Under its own id, by which the target knows whether it has it.
        left = tuple(owed for owed in delivery.recalled if owed is not again)
        delivery = evolve(delivery, delivery_id=again.delivery.delivery_id, recalled=left)
    if mine and not waiting:
        delivery = evolve(delivery, undoes=mine.undoes, back=mine.back)
    owed = Owed(
        delivery=delivery,
        artifact=artifact,
        definition=output.snapshot.fingerprint.content,
        inputs=inputs_id(output.snapshot),
    )
    return with_delivery(evolve(account, backlog=(*account.backlog, owed)), delivery)


def _owed(output: Output, target: Target, known: Delivery | None) -> Delivery:
    id = output.snapshot.output_id
    retried = known and known.status == "owed" and known.output_id == id and not known.number
    return Delivery(
        key=target.key,
        status="owed",
        output_id=id,
        delivery_id=known.delivery_id if known and retried else fresh_id(output.run_id, target),
        label=f"{target.type} {target.label}" if target.type != "file" else target.label,
        environment=output.environment,
        place=target.place,
        site=target.site,
        mode=target.mode,
        holds_as=known.holds_as if known else "",
        held=known.held if known else (),
        recalled=known.recalled if known else (),
        spans=known.spans if known else (),
        line=output.line(target),
    )


def fresh_id(run_id: str, target: Target) -> str:
    """The id of what a run delivers first to a target."""
    return f"{run_id}/{target.node}/{target.key}"


def _replaced(account: Account, old: Owed, new: Owed) -> Account:
    backlog = tuple(new if owed is old else owed for owed in account.backlog)
    return evolve(account, backlog=backlog)
