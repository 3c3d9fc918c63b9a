"""A tracked node's step: its due ranges are adopted or computed, each batch on record at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.graph.fingerprint import audits_key
from seeknal.intervals.due import ALWAYS, Due, due, ready
from seeknal.intervals.renewals import newest, outdated
from seeknal.intervals.spans import common, minus, touches, union
from seeknal.plan.planner import built_in
from seeknal.plan.ranges import (
    Held,
    batch_size,
    done_of,
    first_of,
    held_of,
    node_calendar,
    question_of,
    tracking_of,
)
from seeknal.run.audits import check_columns
from seeknal.run.intervals.auditing import RangeAudits
from seeknal.run.intervals.batch import Batch, compute_batch
from seeknal.run.intervals.changes import changed_spans
from seeknal.run.intervals.comparing import Comparing
from seeknal.run.intervals.spent import SpentFiles
from seeknal.run.intervals.storing import PartStore, digest_of, with_part
from seeknal.run.intervals.unique import check_unique
from seeknal.state.composing import composed
from seeknal.values.errors import NodeError
from seeknal.values.tracking import Batch as BatchTold
from seeknal.values.tracking import Covered, Work

if TYPE_CHECKING:
    from seeknal.intervals.due import Question
    from seeknal.run.building import Build
    from seeknal.run.step_scope import StepScope
    from seeknal.values.columns import Column
    from seeknal.values.plan import Step
    from seeknal.values.relations import Relation
    from seeknal.values.snapshot import Artifact, Part, Snapshot
    from seeknal.values.tracking import Spans


class RangedStep:
    """Brings one tracked node up to date; what was done before it failed stays done.

    ``before`` is what the environment has of the node.
    """

    def __init__(self, scope: StepScope, step: Step, before: Snapshot | None, build: Build) -> None:
        services, node = scope.services, scope.node
        self.scope, self.step, self.before, self.build = scope, step, before, build
        self.calendar = node_calendar(node)
        self.definition = services.plan.fingerprints[node.id].content
        self.held = self._held()
        self.parts = self.held.parts
        self.columns = self._columns_before()
        self.marks = services.plan.asked.marks.get(node.id, ())
        self.store = PartStore(scope, self._composed)
        self.spent = SpentFiles(services.artifacts, node.id)
        self.audits = RangeAudits(scope, before if self.parts else None)
        self.processed: Spans = ()
        self.recorded: Spans = ()
        """What of it is on record."""
        self.adopted: Spans = ()
        self.waiting: Spans = ()
        self.adopted_from = ""
        self._reading: int | None = None
        """The number of what this step reads of ranges that it does once more."""
        self.batches = 0
        """How many were computed so far."""
        self.total = 0
        """How many there will be, as far as that is known."""
        self.rows = 0
        """How many rows those have that were computed."""

    def carry_out(self) -> Snapshot:
        """Do what is due; gives the node's snapshot, which is on record as far as batches went."""
        try:
            if self.step.takes is not None:
                self._take(self.step.takes)
            else:
                self._catch_up(Due() if self.step.follows else due(self._question()))
        except BaseException:
            if self.batches and self.scope.services.staged is None:
                self.scope.link()
            raise
        return self._finished()

    @property
    def changed(self) -> bool:
        """Whether any rows are new."""
        return bool(self.processed or self.adopted)

    # What is due.

    def _held(self) -> Held:
        services, node = self.scope.services, self.scope.node
        takes = self.step.takes
        held = held_of(
            node,
            self.before,
            self.definition,
            forward=node.id in services.plan.forward_only,
            full=services.plan.redeliver and takes is None,
            is_whole=self._is_whole,
        )
        if takes is None or takes.covered is None:
            return held
        # Its earlier definitions stay as they are there.
        follows = takes.covered.follows
        old = self.before.artifact.parts if self.before and self.before.artifact else ()
        allowed = {self.definition, *follows}
        parts = tuple(p for p in old if p.definition in allowed and self._is_whole(p))
        return Held(parts=parts, follows=follows)

    def _is_whole(self, part: Part) -> bool:
        artifacts = self.scope.services.artifacts
        return not part.path or artifacts.is_whole_part(part)

    def _columns_before(self) -> tuple[Column, ...] | None:
        if not self.held.parts or self.before is None:
            return None
        return self.before.columns

    def _question(self) -> Question:
        scope = self.scope
        return question_of(
            scope.node,
            scope.services.project.nodes,
            scope.outputs.snapshots,
            self.held,
            scope.services.plan.asked,
        )

    def _catch_up(self, found: Due) -> None:
        """Adopt and compute what is due, and what would read something else than it has."""
        self.waiting = found.waiting
        forced = self.scope.services.plan.redeliver
        renewed = found.wanted if forced else found.renewed
        adoptable = found.new if found.named is None and not forced else ()
        if tracking_of(self.scope.node).reads_itself:
            self._in_order(found, adoptable, renewed)
            return
        self._adopt(adoptable)
        late = self._late(found.expected)
        if found.named is not None:
            late = common(late, self._asked_of(late))
        wanted = union(minus(found.wanted, self.adopted), late)
        self._expect(wanted)
        if wanted and self.adopted:
            # What is computed may fail.
            self._record_batch()
        for start, end in self._batches(wanted):
            self._process(start, end, common(renewed, ((start, end),)))

    def _asked_of(self, spans: Spans) -> Spans:
        """Of ranges those that the command names."""
        asked = self._question().asked
        return self.calendar.widened(common(spans, (asked,) if asked else ()))

    def _late(self, expected: Spans) -> Spans:
        """The done ranges of which something was read that is other now, and need not wait.

        One that has come further since it was done is done as far as that.
        """
        differing = self._differing(self.parts)
        late = self.calendar.widened(common(differing, self._done))
        found = common(late, union(expected, self._done))
        if not found:
            return ()
        if not tracking_of(self.scope.node).restates:
            count = self.calendar.count(self.calendar.widened(found))
            self.scope.log.warning(
                "%d done ranges were computed from other rows than inputs have now"
                " (restate: never)",
                count,
            )
            return ()
        return ready(found, self.calendar, self._question().parents)

    @property
    def _done(self) -> Spans:
        return done_of(self.parts)

    def _differing(self, parts: Sequence[Part]) -> Spans:
        """The moments at which parts have read something that is other now.

        Of those that have not, it is noted that they are of today's inputs.
        """
        comparing = Comparing(self.scope, self._comparable(), self._own())
        found: Spans = ()
        for part in parts:
            if part.inputs == comparing.inputs:
                continue
            moments = comparing.differing(part)
            found = union(found, moments)
            if not moments:
                self._replace(part, evolve(part, inputs=comparing.inputs))
        return found

    def _replace(self, part: Part, by: Part) -> None:
        self.parts = tuple(by if each is part else each for each in self.parts)

    def _comparable(self) -> Snapshot:
        """A snapshot of the node's definition of today, by which it is known what it reads."""
        before = self.before
        if before is not None and before.fingerprint.content == self.definition:
            return before
        return self.build.snapshot("", {})

    def _own(self) -> Artifact | None:
        """What the node has by now, where it reads that."""
        if not tracking_of(self.scope.node).reads_itself:
            return None
        return self._composed(self.parts)

    # In order: a node that reads its own earlier rows.

    def _in_order(self, found: Due, adoptable: Spans, renewed: Spans) -> None:
        begin = self._first_moment(found)
        if begin is None:
            return
        parents = self._question().parents
        held = union(found.expected, self._done)
        later = self.calendar.widened(common(self._done, ((begin, ALWAYS[1]),)))
        wanted = union(found.wanted, common(later, held))
        self._expect(found.wanted)
        for start, end in self._each(wanted):
            if self._lacks_earlier(found.expected, start):
                break
            span = ((start, end),)
            due_now = touches(found.wanted, start, end)
            meant = found.named is None or bool(self._asked_of(span))
            if not due_now and not (meant and self._is_late(start, end)):
                continue
            if not ready(span, self.calendar, parents):
                continue
            if touches(adoptable, start, end) and self._adopt(span):
                continue
            self._process(start, end, common(renewed, span))

    def _first_moment(self, found: Due) -> int | None:
        """From when on something may have to be done."""
        moments = [start for start, _ in found.wanted[:1]]
        if tracking_of(self.scope.node).restates:
            moments += [start for start, _ in self._differing(self.parts)[:1]]
        return min(moments, default=None)

    def _lacks_earlier(self, expected: Spans, start: int) -> bool:
        """Whether a range before a moment should be done and is not."""
        earlier = common(expected, ((ALWAYS[0], start),))
        return bool(minus(earlier, self.calendar.widened(self._done)))

    def _is_late(self, start: int, end: int) -> bool:
        if not tracking_of(self.scope.node).restates:
            return False
        comparing = Comparing(self.scope, self._comparable(), self._own())
        inside = [part for part in self.parts if part.start < end and start < part.end]
        return any(touches(comparing.differing(part), start, end) for part in inside)

    def _each(self, spans: Spans) -> Iterator[tuple[int, int]]:
        """The ranges of spans, one by one."""
        for start, end in spans:
            for begin, finish in self.calendar.ranges(start, end):
                yield max(begin, start), min(finish, end)

    def _batches(self, spans: Spans) -> Iterator[tuple[int, int]]:
        """Spans in as many pieces as have few enough ranges."""
        size = batch_size(self.scope.node)
        for start, end in spans:
            while start < end:
                following = min(self.calendar.back(start, -size), end)
                yield start, following
                start = following

    def _expect(self, spans: Spans) -> None:
        """Count the batches that spans will be."""
        size = batch_size(self.scope.node)
        counts = (self.calendar.count(self.calendar.widened((span,))) for span in spans)
        self.total += sum(-(-count // size) for count in counts)

    def _tell(self, start: int, end: int) -> None:
        number, zone = self.batches + 1, self.calendar.timezone
        total = max(self.total, number)
        batch = BatchTold(number=number, total=total, start=start, end=end, timezone=zone)
        self.scope.services.told_batch(self.scope.node.id, batch)

    # Adopting what was built elsewhere.

    def _adopt(self, spans: Spans, *, trusted: Snapshot | None = None) -> bool:
        """Take whole ranges that are built already over what inputs hold; whether any was.

        ``trusted``: an output of which any range is taken, also one that has not ended.
        """
        left = spans if trusted else self.calendar.within(spans)
        taken: Spans = ()
        for snapshot, where in self._candidates(trusted):
            for part in (*_parts_of(snapshot), *snapshot.unfinished):
                if not left:
                    break
                if part.definition != self.definition and not trusted:
                    continue
                piece = self._adoptable(part, snapshot, left, trusted is not None)
                if piece and self._is_whole(part):
                    self._insert(part, snapshot, piece)
                    left, taken = minus(left, piece), union(taken, piece)
                    self.adopted_from = self.adopted_from or where
        self.adopted = union(self.adopted, taken)
        return bool(taken)

    def _candidates(self, trusted: Snapshot | None) -> Iterator[tuple[Snapshot, str]]:
        if trusted is not None:
            yield trusted, ""
        else:
            yield from self.scope.services.outputs_of(self.scope.node.id)

    def _adoptable(self, part: Part, snapshot: Snapshot, left: Spans, trusted: bool) -> Spans:
        """The ranges of a part that would come out the same if they were computed now."""
        piece = minus(common(left, ((part.start, part.end),)), part.gaps)
        if not trusted:
            piece = self.calendar.within(piece)
            store = self.scope.services.store
            renewals = store.renewals_of(self.scope.node.id) if store else ()
            piece = self._without(piece, outdated(renewals, part.number))
        if not piece:
            return ()
        known = snapshot if snapshot.fingerprint.content == self.definition else None
        comparing = Comparing(self.scope, known or self._comparable(), self._own())
        if part.inputs == comparing.inputs:
            return piece
        return self._without(piece, comparing.differing(part))

    def _without(self, piece: Spans, spans: Spans) -> Spans:
        """Without the ranges that hold a moment of spans."""
        touched = common(piece, spans)
        return minus(piece, self.calendar.widened(touched)) if touched else piece

    def _insert(self, part: Part, snapshot: Snapshot, piece: Spans) -> None:
        self.columns = self.columns or snapshot.columns
        self.audits.take_over(snapshot, audited=part not in snapshot.unfinished)
        for start, end in piece:
            inputs = Comparing(self.scope, self._comparable(), self._own()).inputs
            new = self.store.narrow(part, start, end)
            self._put(
                evolve(new, inputs=inputs, gaps=(), columns=part.columns or snapshot.columns or ())
            )

    def _put(self, new: Part) -> None:
        """Let a part take the place of what there is of its span."""
        before = self._own()
        self.parts = with_part(self.parts, new, self.store.narrow)
        if before is not None:
            self._settle_own(before, new.start)
        before = self._own()
        self.parts = self.store.bounded(self.parts)
        if before is not None:
            self._settle_own(before, ALWAYS[1])

    def _settle_own(self, before: Artifact, start: int) -> None:
        """Note of parts that nothing they read of the node itself has changed.

        What it has now are the rows of ``before`` up to ``start``, and others from there on.
        """
        now, id = self._composed(self.parts), self.scope.node.id
        start = start if changed_spans(before, now) else ALWAYS[1]
        self.parts = tuple(
            evolve(part, inputs={**part.inputs, id: now.output_id})
            if part.inputs is not None
            and part.inputs.get(id) == before.output_id
            and part.start <= start
            else part
            for part in self.parts
        )

    # Computing.

    def _process(self, start: int, end: int, renewed: Spans) -> None:
        """Compute one batch, look at it, and put it on record."""
        scope, services, node = self.scope, self.scope.services, self.scope.node
        self._tell(start, end)
        path = self.build.begin_batch()
        batch = self._batch(start, end)
        with scope.phases.timed("execute"):
            relation = compute_batch(
                scope, batch, path, self.build.remember_query, self.build.take_rows
            )
        check_columns(scope, relation.columns)
        columns = self._fitting(relation.columns)
        check_unique(scope, relation, self._composed(self.parts), start, end)
        self._look_at_batch(relation, start, end)
        with scope.phases.timed("publish"):
            rows, digest = digest_of(scope, relation.scan, relation.columns)
            part = services.artifacts.publish_part(
                node.id,
                path,
                fingerprint=services.plan.fingerprints[node.id].short,
                rows=rows,
                columns=relation.columns,
                start=start,
                end=end,
            )
            self.columns = columns
            part = evolve(
                part,
                definition=self.definition,
                inputs=Comparing(scope, self._comparable(), self._own()).inputs,
                number=self._number(renewed),
                digest=digest,
            )
            self._put(part)
            self.processed = union(self.processed, ((start, end),))
            self.batches += 1
            self.rows += rows
        self._record_batch()

    def _look_at_batch(self, relation: Relation, start: int, end: int) -> None:
        try:
            self.audits.look_at_batch(relation, start, end)
        finally:
            self.build.audits = self.audits.results

    def _passes(self) -> bool:
        """Whether the audits of all rows let them be seen as they would be by now."""
        passes = self.audits.pass_all(lambda: self.scope.relation_of(self._composed(self.parts)))
        self.build.audits = self.audits.results
        return passes

    def _batch(self, start: int, end: int) -> Batch:
        """A batch, with what the node has if it reads that."""
        own = self._own()
        batch = Batch(start=start, end=end, own=own)
        if own is None or own.columns:
            return batch
        from seeknal.run.intervals.itself import columns_of_itself

        columns = columns_of_itself(self.scope, batch, own)
        return evolve(batch, own=evolve(own, columns=columns))

    def _number(self, renewed: Spans) -> int:
        """The number of a reading; what was read before of ranges that are redone is outdated."""
        store, node = self.scope.services.store, self.scope.node
        if store is None:
            return 0
        if renewed:
            self._reading = store.renew(node.id, renewed, self._reading)
            return self._reading
        return newest(store.renewals_of(node.id))

    def _fitting(self, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        """The columns of the output with a batch of these. Raises NodeError for other ones."""
        known = self.columns
        if known is None or not self.parts:
            return columns
        now = {column.name.lower(): column for column in columns}
        follows = bool(self.held.follows)
        for column in known:
            found = now.get(column.name.lower())
            if (found is None and not follows) or (found is not None and found.type != column.type):
                got = f"is {found.type}" if found else "is gone"
                raise NodeError(
                    f"column {column.name!r} {got}, and {column.type} in the ranges that are done",
                    code="SK0778",
                    location=self.scope.node.location,
                    help="say its type in columns: or in the query, or compute all again: --full",
                )
        return columns

    def _composed(self, parts: Sequence[Part]) -> Artifact:
        node, tracking = self.scope.node, tracking_of(self.scope.node)
        return composed(
            node.id,
            fingerprint=self.scope.services.plan.fingerprints[node.id].short,
            columns=self.columns or self._any_columns(parts),
            parts=parts,
            time_column=tracking.column,
            timezone=tracking.timezone,
        )

    def _any_columns(self, parts: Sequence[Part]) -> tuple[Column, ...]:
        return next((part.columns for part in parts if part.columns), ())

    def _record_batch(self) -> None:
        """Put on record what there is by now; what audits stop waits for what follows."""
        if self.held.continues:
            if self._passes():
                with self.scope.phases.timed("publish"):
                    self.scope.record(self._snapshot(), self._marks_left(), names=False)
                self.recorded = self.processed
        elif self.before is not None:
            self.scope.record(evolve(self.before, unfinished=self.parts), names=False)
            self.recorded = self.processed
        self._remove_spent()

    def _remove_spent(self) -> None:
        """Remove files of this step that became part of others, once those are on record."""
        services, node = self.scope.services, self.scope.node
        if services.store is None or services.staged is not None:
            return
        kept = {part.path for part in self.parts}
        for snapshot in (self.before, self.scope.outputs.snapshots.get(node.id)):
            kept.update(snapshot.files if snapshot is not None else ())
        self.spent.remove(kept)

    # What comes of it.

    def _take(self, built: Snapshot) -> None:
        """Become what another environment has, with no range fewer than this one has."""
        covered, before = built.covered, self.before
        assert covered is not None
        self._refuse_timeless()
        old = before.covered.done if before and before.covered else ()
        both = union(covered.done, self.calendar.within(old))
        kept = self.calendar.widened(self._done)
        self.columns = self.columns or built.columns
        parents = self._question().parents
        wanted = ready(minus(both, kept), self.calendar, parents)
        if tracking_of(self.scope.node).reads_itself:
            for start, end in self._each(wanted):
                self._carry_or_process(built, ((start, end),))
        else:
            self._carry_or_process(built, wanted)
        self._catch_up(Due())

    def _carry_or_process(self, built: Snapshot, wanted: Spans) -> None:
        before = self.adopted
        self._adopt(common(wanted, built.covered.done if built.covered else ()), trusted=built)
        left = minus(wanted, self.calendar.widened(minus(self.adopted, before)))
        self._adopt(left)
        wanted = minus(left, self.adopted)
        self._expect(wanted)
        for start, end in self._batches(wanted):
            self._process(start, end, ())

    def _refuse_timeless(self) -> None:
        """Raise NodeError where a source has rows that no range would ever hold."""
        if self.scope.node.source is None:
            return
        first = first_of(self.scope.node, self.scope.services.project.nodes)
        path = self.build.begin_batch()
        compute_batch(
            self.scope,
            self._batch(first, first),
            path,
            self.build.remember_query,
            self.build.take_rows,
        )

    def _finished(self) -> Snapshot:
        """The node as it is now, all of whose due ranges are done or wait."""
        if self.columns is None and not self.parts:
            self.columns = self._learnt_columns()
        if not self._passes():
            self._give_up()
        snapshot = self._snapshot()
        before = self.before
        if before is not None and not self.changed and _same(snapshot, before):
            return before
        return snapshot

    def _give_up(self) -> None:
        """Raise NodeError: audits stop what was done since the node was last put on record."""
        if not self.held.continues and self.before is not None and self.scope.node.source:
            # What its rows were read from may be mended by the next run.
            self.scope.record(evolve(self.before, unfinished=()))
            self.recorded = ()
        raise self.audits.failure()

    def _learnt_columns(self) -> tuple[Column, ...]:
        """The columns of a node that has done nothing yet, by computing no range at all."""
        before = self.before
        if (
            before is not None
            and before.covered is not None
            and before.columns
            and before.fingerprint.content == self.definition
        ):
            return before.columns
        first = first_of(self.scope.node, self.scope.services.project.nodes)
        path = self.build.begin_batch()
        relation = compute_batch(
            self.scope,
            evolve(self._batch(first, first), looks=False),
            path,
            self.build.remember_query,
            self.build.take_rows,
        )
        return relation.columns

    def marks_left(self) -> Spans | None:
        """Which ranges are marked once the snapshot is on record; None where nothing changes."""
        return self._marks_left()

    def _marks_left(self) -> Spans | None:
        if not self.marks:
            return None
        left = minus(self.marks, self.calendar.widened(self.processed))
        done = self.calendar.widened(self._done)
        return common(left, done)

    def _snapshot(self) -> Snapshot:
        """The node's snapshot with the parts that there are by now."""
        scope, node, tracking = self.scope, self.scope.node, tracking_of(self.scope.node)
        artifact = self._composed(self.parts)
        takes = self.step.takes
        first = (
            takes.covered.first
            if takes is not None and takes.covered is not None
            else self._first()
        )
        covered = Covered(
            column=tracking.column,
            unit=str(self.calendar.unit),
            timezone=tracking.timezone,
            first=first,
            done=self._done,
            follows=self.held.follows,
        )
        inputs = scope.outputs.inputs_of(node)
        if not self._agree():
            # Somebody has to look again.
            inputs = dict.fromkeys(inputs, "")
        found = evolve(
            self.build.snapshot(artifact.output_id, inputs), artifact=artifact, covered=covered
        )
        before = self.before
        if before is None or self.changed or before.covered is None:
            return found
        return evolve(
            found,
            run_id=before.run_id,
            finished_at=before.finished_at,
            first_run=before.first_run,
            first_at=before.first_at,
            seconds=before.seconds,
            audits=found.audits or before.audits,
            audits_key=audits_key(node.audits) if found.audits else before.audits_key,
            query=found.query or before.query,
            untraced=found.untraced or before.untraced,
        )

    def _first(self) -> int:
        """When the first range begins: where only inputs are followed, as it was."""
        if self.step.follows and self.before is not None and self.before.covered is not None:
            return self.before.covered.first
        return first_of(self.scope.node, self.scope.services.project.nodes)

    def _agree(self) -> bool:
        """Whether all parts are known to be what inputs of today give."""
        if not tracking_of(self.scope.node).restates:
            return True
        inputs = Comparing(self.scope, self._comparable(), self._own()).inputs
        return all(
            part.inputs is not None and {id: part.inputs.get(id) for id in inputs} == inputs
            for part in self.parts
        )

    @property
    def work(self) -> Work:
        """How much was done."""

        def count(spans: Spans) -> int:
            return self.calendar.count(self.calendar.widened(spans))

        return Work(
            ranges=count(self.processed),
            batches=self.batches,
            rows=self.rows,
            adopted=count(self.adopted),
            waiting=count(self.waiting),
            unit=str(self.calendar.unit),
            timezone=self.calendar.timezone,
        )

    @property
    def reason(self) -> str | None:
        """Why nothing was computed; None where something was."""
        if self.processed:
            return None
        return built_in(self.adopted_from) if self.adopted_from else self.idle_reason

    @property
    def idle_reason(self) -> str:
        """Why nothing was done."""
        if self.waiting:
            ranges = self.calendar.count(self.calendar.widened(self.waiting))
            return f"{ranges:,} {'range waits' if ranges == 1 else 'ranges wait'} for inputs"
        return "inputs unchanged" if self.step.conditional else "nothing is due"


def _parts_of(snapshot: Snapshot) -> tuple[Part, ...]:
    return snapshot.artifact.parts if snapshot.artifact is not None else ()


def _same(one: Snapshot, other: Snapshot) -> bool:
    return (one.output_id, one.covered, one.fingerprint, dict(one.inputs), one.unfinished) == (
        other.output_id,
        other.covered,
        other.fingerprint,
        dict(other.inputs),
        other.unfinished,
    ) and _parts_of(one) == _parts_of(other)
