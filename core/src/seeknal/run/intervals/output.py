"""What a step's tracked node has by now: its parts, their columns, and what they have read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.intervals.due import ALWAYS
from seeknal.intervals.holding import done_of
from seeknal.intervals.spans import touches, union
from seeknal.plan.ranges import tracking_of
from seeknal.run.intervals.changes import changed_spans
from seeknal.run.intervals.comparing import Comparing
from seeknal.run.intervals.storing import PartStore, with_part
from seeknal.state.composing import composed
from seeknal.values.errors import NodeError

if TYPE_CHECKING:
    from seeknal.plan.ranges import Held
    from seeknal.run.step_scope import StepScope
    from seeknal.values.columns import Column
    from seeknal.values.snapshot import Artifact, Part, Snapshot
    from seeknal.values.tracking import Spans


class RangedOutput:
    """The output of one step's node while ranges of it are replaced, one part after the other.

    ``held`` is what there is of it before; ``columns`` are those of ``held``, None where it has no
    part. ``comparable`` gives a snapshot of the definition of today, by which it is known what
    the node reads.
    """

    def __init__(
        self,
        scope: StepScope,
        held: Held,
        columns: tuple[Column, ...] | None,
        comparable: Callable[[], Snapshot],
    ) -> None:
        self._scope = scope
        self._node = scope.node
        self._follows = bool(held.follows)
        self._comparable = comparable
        self.parts = held.parts
        self.columns = columns
        self.store = PartStore(scope, self.composed)

    @property
    def done(self) -> Spans:
        """The moments that it has."""
        return done_of(self.parts)

    @property
    def artifact(self) -> Artifact:
        """The output that its parts are."""
        return self.composed(self.parts)

    def composed(self, parts: Sequence[Part]) -> Artifact:
        """The output that some parts would be."""
        node, tracking = self._node, tracking_of(self._node)
        held = next((part.columns for part in parts if part.columns), ())
        return composed(
            node.id,
            fingerprint=self._scope.services.plan.fingerprints[node.id].short,
            columns=self.columns or held,
            parts=parts,
            time_column=tracking.column,
            timezone=tracking.timezone,
        )

    def own(self) -> Artifact | None:
        """The same, of a node that reads its own rows."""
        return self.artifact if tracking_of(self._node).reads_itself else None

    # What was read.

    def comparing(self, snapshot: Snapshot | None = None) -> Comparing:
        """What tells whether parts would read something else now: of this, or of a ``snapshot``."""
        return Comparing(self._scope, snapshot or self._comparable(), self.own())

    def differing(self) -> Spans:
        """The moments at which parts have read something that is other now.

        Of those that have not, it is noted that they are of today's inputs.
        """
        comparing = self.comparing()
        found: Spans = ()
        for part in self.parts:
            if part.inputs == comparing.inputs:
                continue
            moments = comparing.differing(part)
            found = union(found, moments)
            if not moments:
                self._replace(part, evolve(part, inputs=comparing.inputs))
        return found

    def differs(self, start: int, end: int) -> bool:
        """Whether a range would read something else now than it has."""
        comparing = self.comparing()
        inside = [part for part in self.parts if part.start < end and start < part.end]
        return any(touches(comparing.differing(part), start, end) for part in inside)

    def agrees(self) -> bool:
        """Whether all parts are known to be what inputs of today give."""
        if not tracking_of(self._node).restates:
            return True
        inputs = self.comparing().inputs
        return all(
            part.inputs is not None and {id: part.inputs.get(id) for id in inputs} == inputs
            for part in self.parts
        )

    def _replace(self, part: Part, by: Part) -> None:
        self.parts = tuple(by if each is part else each for each in self.parts)

    # What is put in.

    def fit(self, columns: tuple[Column, ...]) -> None:
        """Take the columns of a new batch. Raises NodeError where older parts have other ones."""
        known = self.columns if self.parts else None
        now = {column.name.lower(): column for column in columns}
        for column in known or ():
            found = now.get(column.name.lower())
            if found is None and self._follows:
                continue
            if found is None or found.type != column.type:
                got = f"is {found.type}" if found else "is gone"
                raise NodeError(
                    f"column {column.name!r} {got}, and {column.type} in the ranges that are done",
                    code="SK0778",
                    location=self._node.location,
                    help="say its type in columns: or in the query, or compute all again: --full",
                )
        self.columns = columns

    def put(self, part: Part) -> None:
        """Let a part, of today's inputs, take the place of what there is of its span."""
        before = self.own()
        new = evolve(part, inputs=self.comparing().inputs)
        self.parts = with_part(self.parts, new, self.store.narrow)
        if before is not None:
            self._settle_own(before, new.start)
        before = self.own()
        self.parts = self.store.bounded(self.parts)
        if before is not None:
            self._settle_own(before, ALWAYS[1])

    def insert(self, part: Part, snapshot: Snapshot, piece: Spans) -> None:
        """Put in the rows of some spans of another output's part."""
        self.columns = self.columns or snapshot.columns
        columns = part.columns or snapshot.columns or ()
        for start, end in piece:
            self.put(evolve(self.store.narrow(part, start, end), gaps=(), columns=columns))

    def _settle_own(self, before: Artifact, start: int) -> None:
        """Note of parts that nothing they read of the node itself has changed.

        What it has now are the rows of ``before`` up to ``start``, and others from there on.
        """
        now, id = self.artifact, self._node.id
        start = start if changed_spans(before, now) else ALWAYS[1]
        self.parts = tuple(
            evolve(part, inputs={**part.inputs, id: now.output_id})
            if part.inputs is not None
            and part.inputs.get(id) == before.output_id
            and part.start <= start
            else part
            for part in self.parts
        )
