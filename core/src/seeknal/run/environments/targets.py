"""What becomes of targets when an environment is rolled back: put back, owed, or left behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plan.plugin_queries import context_of
from seeknal.run.delivery.addressing import Rows, addressed
from seeknal.run.delivery.destinations import attempted, destination_of
from seeknal.run.delivery.lines import back_at
from seeknal.run.delivery.owing import (
    holds_newer,
    owed_again,
    settled_at,
    spans_at,
    taken_back,
    unsettled,
)
from seeknal.run.environments.taking import put_on_record
from seeknal.state.batch_files import BatchFiles
from seeknal.values.deliveries import Span
from seeknal.values.errors import ConnectionFailed, SeeknalError

if TYPE_CHECKING:
    from seeknal.run.environments.moving import Changes
    from seeknal.run.environments.taking import Map
    from seeknal.run.partial_run import PartialRun
    from seeknal.state.destinations import Destination
    from seeknal.values.deliveries import Account, Delivery
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Artifact, Snapshot
    from seeknal.values.targets import Target


class TargetRollback:
    """Takes what targets hold back to what an earlier generation says of them."""

    def __init__(self, partial: PartialRun, past: Callable[[], Sequence[Map]]) -> None:
        self.partial = partial
        self.past = past
        """The maps from the current one back to that of the generation that is gone back to."""

    def roll_back(
        self,
        changes: Changes,
        before: Mapping[NodeId, Snapshot],
        earlier: Mapping[NodeId, Snapshot],
    ) -> tuple[dict[NodeId, Snapshot | None], tuple[str, ...]]:
        """The changes with what targets are owed by them, and the targets that stay as they are."""
        done, left = dict(changes), []
        for id, found in changes.items():
            if found is None:
                entries = before[id].deliveries.values()
                left += [f"{entry.label} ({id} is not part of it)" for entry in entries]
            elif found.deliveries:
                account, stay = self._roll_back(id, found, earlier[id].deliveries)
                done[id] = found.with_account(account)
                left += stay
        return done, tuple(left)

    def _roll_back(
        self, id: NodeId, found: Snapshot, wanted: Mapping[str, Delivery]
    ) -> tuple[Account, list[str]]:
        execution = self.partial.opened()
        account = found.account
        left: list[str] = []
        node = execution.project.nodes.get(id)
        targets = {target.key: target for target in node.targets} if node else {}
        if node is not None:
            # What a mode that is no longer said was owed is newer than what is put back.
            gone = Rows(
                before=lambda output: None,
                keep=lambda artifact: artifact,
                same=lambda one, other: False,
            )
            account = addressed(node, account, self.partial.request.environment, gone)
        places = {place for target in targets.values() for place in target.places}
        for key, known in account.deliveries.items():
            target = targets.get(key)
            if target is None and known.place in places:
                continue
            if target is not None and target.by_range:
                # It is delivered what of its rows differs; what was taken back goes by that.
                if found.artifact is None or not found.artifact.composed:
                    left.append(f"{known.label} (its node did not remember ranges then)")
                continue
            accumulates = target is not None and target.accumulates
            newer = accumulates and holds_newer(known, wanted.get(key))
            same = known.output_id == found.output_id
            if same and not newer and not owed_again(known, wanted.get(key)):
                continue
            if target is None or node is None:
                left.append(f"{known.label} (the files no longer say how it is written)")
                continue
            if target.accumulates:
                open = unsettled(account)
                account, known = taken_back(account, known, wanted.get(key), found.output_id)
                if self._may_have(target, node, open - unsettled(account)):
                    left.append(f"{known.label} (a run that was killed may have written to it)")
                if known.output_id == found.output_id and not newer:
                    continue
            delivery, stays = self._undo(target, node, known, wanted.get(key), found)
            account = evolve(account, deliveries={**account.deliveries, key: delivery})
            left += stays
        return account, left

    def _may_have(self, target: Target, node: Node, ids: set[str]) -> bool:
        """Whether one of these deliveries was attempted, so that it may have arrived."""
        return bool(ids) and not ids.isdisjoint(
            attempted(
                self.partial.opened().loaded, self.partial.request, self.partial.store, node, target
            )
        )

    def _undo(
        self,
        target: Target,
        node: Node,
        known: Delivery,
        wanted: Delivery | None,
        found: Snapshot,
    ) -> tuple[Delivery, list[str]]:
        """What a target holds once its newest rows were taken back, and whether they stay."""
        left = []
        try:
            # What a table that is replaced held then may be of an earlier output yet.
            there = wanted is not None and wanted.output_id == found.output_id
            rolled = (target.accumulates or there) and self._ask_plugin(target, node, known, wanted)
        except ConnectionFailed:
            # What can be written later is owed; the rest is left as it is.
            rolled = False
        except SeeknalError as error:
            left.append(f"{known.label} ({error.message})")
            rolled = True
        in_ranges = target.mode == "incremental_by_time"
        held, spans = wanted.held if wanted else (), spans_at(known, wanted)
        if rolled and left:
            held = self._held_with(found, known) if target.mode == "append" else ()
            spans = known.spans
        elif not rolled and in_ranges and not _is_known(known, wanted, found):
            left.append(f"{known.label} (what it held before is not known)")
            spans, rolled = known.spans, True
        elif not rolled and target.mode in ("append", "upsert_by_key"):
            left.append(f"{known.label} ({target.mode} cannot be undone)")
            held = self._held_with(found, known) if target.mode == "append" else ()
            rolled = True
        if rolled:
            # It is not owed: delivering earlier rows once more would not undo later ones.
            id = _written_by(wanted or known)
            settled = settled_at(known, found.output_id)
            return evolve(settled, delivery_id=id, holds_as=id, held=held, spans=spans), left
        if in_ranges and known.status == "delivered":
            # Another output than it has: what is put back is owed.
            return evolve(_undoing(known, wanted), output_id="", rows=0, detail=""), left
        return evolve(known, rows=0, detail=""), left

    def _goes_on_from(self, landing: Destination, wanted: Delivery) -> None:
        """Keep in mind which rows a place has again."""
        destinations = self.partial.store.destinations
        known = destinations.get(landing.key)
        if known is not None:
            destinations.put(back_at(known, wanted.output_id))

    def _held_with(self, found: Snapshot, known: Delivery) -> tuple[Artifact, ...]:
        """The batches that must not be appended again: that of the map, and what stays behind."""
        if found.artifact is None:
            return known.held
        return (self._batches().keep(found.node, found.artifact), *known.held)

    def _batches(self) -> BatchFiles:
        execution = self.partial.opened()
        return BatchFiles(execution.project.root, execution.artifacts)

    def _ask_plugin(
        self, target: Target, node: Node, known: Delivery, wanted: Delivery | None
    ) -> bool:
        execution = self.partial.opened()
        if (
            known.status != "delivered"
            or wanted is None
            or not execution.loaded.delivers(self.partial.request)
        ):
            return False
        context = context_of(execution.loaded, self.partial.request, node)
        plugins = execution.loaded.plugins
        answer = plugins.hooks.roll_back_target(
            target=target,
            delivered=_written_by(known),
            wanted=_written_by(wanted),
            context=context,
            going=partial(put_on_record, self.partial, target, known, self.past),
        )
        if answer and wanted.status == "delivered":
            self._goes_on_from(destination_of(target, context, plugins), wanted)
        return bool(answer)


def _written_by(known: Delivery) -> str:
    """The id of the delivery that made a target what it is known to be."""
    # One that was owed may have come since.
    held = known.number and known.status == "delivered" and known.holds_as
    return held or known.delivery_id


def _undoing(known: Delivery, wanted: Delivery | None) -> Delivery:
    """With the spans in which a target is to be what it was, by what it has come from since."""
    then, same = spans_at(known, wanted), _shared(known, wanted)
    return evolve(known, undoes=(*known.spans[same:], *then[same:]), back=then)


def _is_known(known: Delivery, wanted: Delivery | None, found: Snapshot) -> bool:
    """Whether all is known that a target's rows came from, then and now."""
    whole = known.spans[:1] == (Span(),) and _shared(known, wanted) > 0
    # A batch that was owed then and has never come is no part of what is put back.
    there = {span.output_id for span in spans_at(known, wanted)}
    came = wanted is None or wanted.status != "owed" or wanted.output_id in there
    return whole and (came or (found.artifact is not None and found.artifact.rows == 0))


def _shared(known: Delivery, wanted: Delivery | None) -> int:
    """How many spans are the same in both, from the first on."""
    pairs = zip(known.spans, spans_at(known, wanted), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
