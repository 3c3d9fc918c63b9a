"""A tracked node's step: its due ranges are adopted or computed, each batch on record at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.graph.fingerprint import audits_key
from seeknal.intervals.due import ALWAYS, Due, due, ready
from seeknal.intervals.renewals import newest
from seeknal.intervals.spans import common, merged, minus, union
from seeknal.intervals.wording import told_waiting
from seeknal.plan.planner import built_in
from seeknal.plan.ranges import (
    Held,
    batch_count,
    batch_size,
    first_of,
    held_of,
    node_calendar,
    question_of,
    tracking_of,
)
from seeknal.run.audits import check_columns
from seeknal.run.content import digest_of
from seeknal.run.intervals.adopting import Adoption, parts_of
from seeknal.run.intervals.auditing import RangeAudits
from seeknal.run.intervals.batch import Batch, compute_batch
from seeknal.run.intervals.dates import refuse_dates
from seeknal.run.intervals.in_order import process_in_order
from seeknal.run.intervals.output import RangedOutput
from seeknal.run.intervals.spent import SpentFiles
from seeknal.run.intervals.taking import take
from seeknal.run.intervals.unique import check_unique
from seeknal.values.tracking import Batch as BatchTold
from seeknal.values.tracking import Covered, Work

if TYPE_CHECKING:
    from seeknal.intervals.due import Question
    from seeknal.run.building import Build
    from seeknal.run.step_scope import StepScope
    from seeknal.values.columns import Column
    from seeknal.values.plan import Step
    from seeknal.values.relations import Relation
    from seeknal.values.snapshot import Part, Snapshot
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
        self.output = RangedOutput(scope, self.held, self._columns_before(), self._comparable)
        self.marks = services.plan.asked.marks.get(node.id, ())
        self.spent = SpentFiles(services.artifacts, node.id)
        self.audits = RangeAudits(scope, before if self.held.parts else None)
        self.adoption = Adoption(scope, self.output, self.audits, self.calendar, self._is_whole)
        self.processed: Spans = ()
        self.recorded: Spans = ()
        """What of it is on record."""
        self.waiting: Spans = ()
        self._others: Spans | None = None
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
                take(self, self.step.takes)
            self._catch_up(Due() if self._only_follows else due(self.question()))
        except BaseException:
            if self.batches and self.scope.services.staged is None:
                self.scope.link()
            raise
        return self._finished()

    @property
    def _only_follows(self) -> bool:
        """Whether nothing is due but what other inputs make different, as when it is promoted."""
        return self.step.follows or self.step.takes is not None

    @property
    def changed(self) -> bool:
        """Whether any rows are new."""
        return bool(self.processed or self.adopted)

    @property
    def adopted(self) -> Spans:
        """What was built already elsewhere."""
        return self.adoption.taken

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
        return not part.path or artifacts.is_file_whole(part)

    def _columns_before(self) -> tuple[Column, ...] | None:
        if not self.held.parts or self.before is None:
            return None
        return self.before.columns

    def question(self) -> Question:
        """The node as it is at the moment of the command."""
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
            process_in_order(self, found, (ALWAYS,) if self._only_follows else adoptable, renewed)
            return
        self.adoption.take(adoptable)
        late = self._late(found.expected)
        if found.named is not None:
            late = common(late, self.asked_of(late))
        if self._only_follows:
            late = minus(late, self.adoption.take(late))
        wanted = union(minus(found.wanted, self.adopted), late)
        self.expect(wanted)
        if wanted and self.adopted:
            # What is computed may fail.
            self._record_batch()
        for start, end in self.batched(wanted):
            self.process(start, end, common(renewed, ((start, end),)))

    def asked_of(self, spans: Spans) -> Spans:
        """Of ranges those that the command names."""
        asked = self.question().asked
        return self.calendar.widened(common(spans, (asked,) if asked else ()))

    def _late(self, expected: Spans) -> Spans:
        """The done ranges of which something was read that is other now, and need not wait.

        One that has come further since it was done is done as far as that.
        """
        done, differing = self.output.done, self.output.differing()
        late = self.calendar.widened(common(differing, done))
        found = common(late, union(expected, done))
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
        return ready(found, self.calendar, self.question().parents)

    def _comparable(self) -> Snapshot:
        """A snapshot of the node's definition of today, by which it is known what it reads."""
        before = self.before
        if before is not None and before.fingerprint.content == self.definition:
            return before
        return self.build.snapshot("", {})

    def each(self, spans: Spans) -> Iterator[tuple[int, int]]:
        """The ranges of spans, one by one."""
        for start, end in spans:
            for begin, finish in self.calendar.ranges(start, end):
                yield max(begin, start), min(finish, end)

    def batched(self, spans: Spans) -> Iterator[tuple[int, int]]:
        """Spans in as many pieces as have few enough ranges."""
        node, nodes = self.scope.node, self.scope.services.project.nodes
        for start, end in spans:
            while start < end:
                following = min(self.calendar.back(start, -1), end)
                if following < end:
                    following = min(self.calendar.back(start, -batch_size(node, nodes)), end)
                yield start, following
                start = following

    def expect(self, spans: Spans) -> None:
        """Count the batches that spans will be."""
        counts = [self.calendar.count(self.calendar.widened((span,))) for span in spans]
        self.total += batch_count(self.scope.node, self.scope.services.project.nodes, counts)

    def _tell(self, start: int, end: int) -> None:
        number, zone = self.batches + 1, self.calendar.timezone
        total = max(self.total, number)
        batch = BatchTold(number=number, total=total, start=start, end=end, timezone=zone)
        self.scope.services.told_batch(self.scope.node.id, batch)

    # Computing.

    def process(self, start: int, end: int, renewed: Spans) -> None:
        """Compute one batch, look at it, and put it on record."""
        scope, services, node = self.scope, self.scope.services, self.scope.node
        self._tell(start, end)
        refuse_dates(scope, start, end)
        path = self.build.begin_batch()
        batch = self._batch(start, end)
        with scope.phases.timed("execute"):
            relation = compute_batch(
                scope, batch, path, self.build.remember_query, self.build.take_rows
            )
        check_columns(scope, relation.columns)
        check_unique(scope, relation, self.output.artifact, start, end)
        self.output.fit(relation.columns)
        self._look_at_batch(relation, start, end)
        with scope.phases.timed("publish"):
            digest = digest_of(relation.scan, relation.columns, scope.cursor())
            part = services.artifacts.publish_part(
                node.id,
                path,
                fingerprint=services.plan.fingerprints[node.id].short,
                rows=digest[0],
                columns=relation.columns,
                start=start,
                end=end,
            )
            number = self._number(union(renewed, self._read_otherwise(start, end)))
            self.output.put(
                evolve(part, definition=self.definition, number=number, digest=digest[1:])
            )
            self.processed = union(self.processed, ((start, end),))
            self.batches += 1
            self.rows += digest[0]
        self._record_batch()

    def _look_at_batch(self, relation: Relation, start: int, end: int) -> None:
        try:
            self.audits.look_at_batch(relation, start, end)
        finally:
            self.build.audits = self.audits.results

    def _passes(self) -> bool:
        """Whether the audits of all rows let them be seen as they would be by now."""
        passes = self.audits.pass_all(lambda: self.scope.relation_of(self.output.artifact))
        self.build.audits = self.audits.results
        return passes

    def _batch(self, start: int, end: int) -> Batch:
        """A batch, with what the node has if it reads that."""
        own = self.output.own()
        batch = Batch(start=start, end=end, own=own)
        if own is None or own.columns:
            return batch
        if self.scope.node.python is not None:
            # Its function is told that there are none.
            return evolve(batch, own=None)
        from seeknal.run.intervals.itself import columns_of_itself

        columns = columns_of_itself(self.scope, batch, own)
        return evolve(batch, own=evolve(own, columns=columns))

    def _read_otherwise(self, start: int, end: int) -> Spans:
        """What of a source was read before under another definition, and is older for that."""
        if self.scope.node.source is None:
            return ()
        if self._others is None:
            # Batches come in the order of their time.
            later = ((start, ALWAYS[1]),)
            built = self.scope.services.outputs_of(self.scope.node.id, later)
            parts = (part for found, _ in built for part in (*parts_of(found), *found.unfinished))
            self._others = merged(
                (part.start, part.end) for part in parts if part.definition != self.definition
            )
        return common(self._others, ((start, end),))

    def _number(self, renewed: Spans) -> int:
        """The number of a reading; what was read before of ranges that are redone is outdated."""
        store, node = self.scope.services.store, self.scope.node
        if store is None:
            return 0
        if renewed:
            self._reading = store.renew(node.id, renewed, self._reading)
            return self._reading
        return newest(store.renewals_of(node.id))

    def _record_batch(self) -> None:
        """Put on record what there is by now; what audits stop waits for what follows."""
        if self.held.continues:
            if self._passes():
                with self.scope.phases.timed("publish"):
                    self.scope.record(self._snapshot(), self.marks_left(), names=False)
                self.recorded = self.processed
        elif self.before is not None:
            self.scope.record(evolve(self.before, unfinished=self.output.parts), names=False)
            self.recorded = self.processed
        self._remove_spent()

    def _remove_spent(self) -> None:
        """Remove files of this step that became part of others, once those are on record."""
        services, node = self.scope.services, self.scope.node
        if services.store is None or services.staged is not None:
            return
        kept = {part.path for part in self.output.parts}
        for snapshot in (self.before, self.scope.outputs.snapshots.get(node.id)):
            kept.update(snapshot.files if snapshot is not None else ())
        self.spent.remove(kept)

    def _finished(self) -> Snapshot:
        """The node as it is now, all of whose due ranges are done or wait."""
        if not self.output.agrees():
            # What a batch has replaced no longer stands for the rest of its part.
            self.output.differing()
        if self.output.columns is None and not self.output.parts:
            self.output.columns = self._learnt_columns()
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
        return self.read_nothing(looks=False).columns

    def read_nothing(self, *, looks: bool) -> Relation:
        """What a range without any moment gives: its columns, and the rows that no range holds.

        ``looks``: raises NodeError where there are any of these.
        """
        first = first_of(self.scope.node, self.scope.services.project.nodes)
        return compute_batch(
            self.scope,
            evolve(self._batch(first, first), looks=looks),
            self.build.begin_batch(),
            self.build.remember_query,
            self.build.take_rows,
        )

    def marks_left(self) -> Spans | None:
        """Which ranges are marked once the snapshot is on record; None where nothing changes."""
        if not self.marks:
            return None
        left = minus(self.marks, self.calendar.widened(self.processed))
        done = self.calendar.widened(self.output.done)
        return common(left, done)

    def _snapshot(self) -> Snapshot:
        """The node's snapshot with the parts that there are by now."""
        scope, node, tracking = self.scope, self.scope.node, tracking_of(self.scope.node)
        artifact = self.output.artifact
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
            done=self.output.done,
            follows=self.held.follows,
        )
        inputs = scope.outputs.inputs_of(node)
        if not self.output.agrees():
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
        return built_in(self.adoption.where) if self.adoption.where else self.idle_reason

    @property
    def idle_reason(self) -> str:
        """Why nothing was done."""
        if self.waiting:
            return told_waiting(self.calendar.count(self.calendar.widened(self.waiting)))
        return "inputs unchanged" if self.step.conditional else "nothing is due"


def _same(one: Snapshot, other: Snapshot) -> bool:
    return (one.output_id, one.covered, one.fingerprint, dict(one.inputs), one.unfinished) == (
        other.output_id,
        other.covered,
        other.fingerprint,
        dict(other.inputs),
        other.unfinished,
    ) and parts_of(one) == parts_of(other)
