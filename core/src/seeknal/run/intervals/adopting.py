"""Ranges of a tracked node that are built already, in another environment or by an earlier run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from seeknal.intervals.renewals import outdated
from seeknal.intervals.spans import common, minus, union

if TYPE_CHECKING:
    from seeknal.intervals.calendar import Calendar
    from seeknal.run.intervals.auditing import RangeAudits
    from seeknal.run.intervals.output import RangedOutput
    from seeknal.run.step_scope import StepScope
    from seeknal.values.snapshot import Part, Snapshot
    from seeknal.values.tracking import Spans


class Adoption:
    """Puts into an output what would come out the same if it were computed now."""

    def __init__(
        self,
        scope: StepScope,
        output: RangedOutput,
        audits: RangeAudits,
        calendar: Calendar,
        is_whole: Callable[[Part], bool],
    ) -> None:
        self._scope = scope
        self._output = output
        self._audits = audits
        self._calendar = calendar
        self._is_whole = is_whole
        self._definition = scope.services.plan.fingerprints[scope.node.id].content
        self.taken: Spans = ()
        self.where = ""
        """Where the first of it was found."""

    def take(self, spans: Spans) -> Spans:
        """Take whole ranges that were built of the same definition; gives those that were."""
        store = self._scope.services.store
        renewals = store.renewals_of(self._scope.node.id) if store else ()

        def piece(part: Part, left: Spans) -> Spans:
            # What was done again since is not what it was.
            whole = self._calendar.within(left)
            return self._without(whole, outdated(renewals, part.number))

        if not spans:
            return ()
        built = self._scope.services.outputs_of(self._scope.node.id, spans)
        found = (
            (part, snapshot, where)
            for snapshot, where in built
            for part in (*parts_of(snapshot), *snapshot.unfinished)
            if part.definition == self._definition
        )
        return self._take(found, self._calendar.within(spans), piece)

    def carry(self, spans: Spans, built: Snapshot) -> Spans:
        """Take ranges of one output, also those that have not ended; gives those that were."""
        found = ((part, built, "") for part in (*parts_of(built), *built.unfinished))
        return self._take(found, spans, lambda part, left: left)

    def _take(
        self,
        candidates: Iterator[tuple[Part, Snapshot, str]],
        left: Spans,
        allowed: Callable[[Part, Spans], Spans],
    ) -> Spans:
        taken: Spans = ()
        for part, snapshot, where in candidates:
            if not left:
                break
            piece = minus(common(left, ((part.start, part.end),)), part.gaps)
            piece = self._of_same_inputs(part, snapshot, allowed(part, piece))
            if piece and self._is_whole(part):
                self._audits.take_over(snapshot, audited=part not in snapshot.unfinished)
                self._output.insert(part, snapshot, piece)
                left, taken = minus(left, piece), union(taken, piece)
                self.where = self.where or where
        self.taken = union(self.taken, taken)
        return taken

    def _of_same_inputs(self, part: Part, snapshot: Snapshot, piece: Spans) -> Spans:
        """The ranges of a part that have read what they would read now."""
        if not piece:
            return ()
        known = snapshot if snapshot.fingerprint.content == self._definition else None
        comparing = self._output.comparing(known)
        if part.inputs == comparing.inputs:
            return piece
        return self._without(piece, comparing.differing(part))

    def _without(self, piece: Spans, spans: Spans) -> Spans:
        """Without the ranges that hold a moment of spans."""
        touched = common(piece, spans)
        return minus(piece, self._calendar.widened(touched)) if touched else piece


def parts_of(snapshot: Snapshot) -> tuple[Part, ...]:
    """The parts that readers see of a snapshot."""
    return snapshot.artifact.parts if snapshot.artifact is not None else ()
