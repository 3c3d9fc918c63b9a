"""At which moments a tracked node would read other rows than it has read before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.intervals.calendar import calendar_of
from seeknal.intervals.due import ALWAYS, reading
from seeknal.intervals.spans import common, merged, union
from seeknal.plan.ranges import node_calendar, tracking_of
from seeknal.run.content import sort_key
from seeknal.run.cutoff import read_columns
from seeknal.run.intervals.changes import changed_spans
from seeknal.sql.quote import quote_identifier
from seeknal.values.tracking import Reach

if TYPE_CHECKING:
    from datetime import date

    import duckdb

    from seeknal.run.step_scope import StepScope
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Artifact, Part, Snapshot
    from seeknal.values.tracking import Spans

EVERYTHING: Spans = (ALWAYS,)
_MANY = 500
"""So many ranges are looked at one by one where the order of rows counts."""
_MOST = 20
"""So many spans are looked at one by one; of more of them the time around all."""


class Comparing:
    """Compares the inputs of one step's node with what its parts were computed from.

    Whatever is compared is remembered: many parts have read the same outputs.
    """

    def __init__(self, scope: StepScope, snapshot: Snapshot, own: Artifact | None) -> None:
        self._scope = scope
        self._node = scope.node
        self._snapshot = snapshot
        self._own = own
        """What the node itself has by now, where it reads its own earlier rows."""
        current = scope.outputs.inputs_of(scope.node)
        self.inputs = {id: current[id] for id in scope.node.parents}
        """Each input with the output that is read now."""
        if own is not None:
            self.inputs[scope.node.id] = own.output_id
        self._known: dict[tuple[NodeId, str], Spans] = {}

    def differing(self, part: Part) -> Spans:
        """The moments of a part at which its inputs are not what they were for it."""
        inputs = part.inputs
        if inputs is None:
            return ((part.start, part.end),)
        found: Spans = ()
        for id, now in self.inputs.items():
            read = inputs.get(id, "")
            if read != now:
                found = union(found, self._moments(id, read, inputs))
        return common(((part.start, part.end),), found)

    def _moments(self, id: NodeId, read: str, inputs: Mapping[NodeId, str]) -> Spans:
        """When ranges begin or go on that read something else of an input than was read."""
        if (id, read) not in self._known:
            self._known[id, read] = self._compared(id, read, inputs)
        return self._known[id, read]

    def _compared(self, id: NodeId, read: str, inputs: Mapping[NodeId, str]) -> Spans:
        if id == self._node.id:
            return self._own_changed(read)
        now = self._scope.outputs.snapshots.get(id)
        if now is None or now.covered is None:
            return () if self._whole_is_same(id, read, inputs) else EVERYTHING
        before = self._scope.services.output_of(id, read)
        if before is None or before.covered is None:
            return EVERYTHING
        assert before.artifact is not None
        assert now.artifact is not None
        if before.artifact.time_column != now.artifact.time_column:
            return EVERYTHING
        if not changed_spans(before.artifact, now.artifact, ordered=True):
            return ()
        return self._changed(id, inputs, (before.artifact, now.artifact))

    def _own_changed(self, read: str) -> Spans:
        """The ranges after the first moment at which the node's own rows are others now."""
        assert self._own is not None
        before = self._scope.services.output_of(self._node.id, read)
        if before is None or before.artifact is None or not before.artifact.composed:
            return EVERYTHING
        spans = changed_spans(before.artifact, self._own)
        if spans and before.artifact.columns == self._own.columns:
            columns = self._own.columns
            spans = self.moments_between(before.artifact, self._own, columns, spans)
        if not spans:
            return ()
        calendar = node_calendar(self._node)
        return ((calendar.end(spans[0][0]), ALWAYS[1]),)

    def _changed(
        self,
        id: NodeId,
        inputs: Mapping[NodeId, str],
        pair: tuple[Artifact, Artifact],
    ) -> Spans:
        """When ranges begin or go on that read other rows of a tracked input than they have.

        ``pair``: its output that was read and the one of now.
        """
        reach = tracking_of(self._node).cuts.get(id, Reach())
        before, now = pair
        cutoff = self._scope.services.cutoff
        read = evolve(self._snapshot, inputs=inputs)
        reads = (
            cutoff.read_of(self._node, read, self._scope.outputs.snapshots, id) if cutoff else None
        )
        # Where it is unknown what is read, that may be the order.
        columns = read_columns(reads, now.columns) if reads else list(now.columns)
        known = read_columns(reads, before.columns) if reads else list(before.columns)
        spans = changed_spans(before, now)
        if spans and (reads is None or columns != known):
            return EVERYTHING
        if columns == known and (reads is None or reads.ordered):
            return self._in_other_order(pair, columns, reach)
        return reading(self.moments_between(before, now, columns, spans), reach) if spans else ()

    def _in_other_order(
        self, pair: tuple[Artifact, Artifact], columns: Sequence[Column], reach: Reach
    ) -> Spans:
        """The ranges that would read other rows, or the same in another order."""
        calendar = node_calendar(self._node)
        differing = tuple(
            span
            for span in changed_spans(*pair, ordered=True)
            if not self._is_read_alike(pair, columns, span, Reach())
        )
        spans = reading(differing, reach)
        ranges = [
            each for start, end in spans for each in islice(calendar.ranges(start, end), _MANY)
        ]
        if len(ranges) >= _MANY:
            return spans
        return merged(
            each for each in ranges if not self._is_read_alike(pair, columns, each, reach)
        )

    def _is_read_alike(
        self,
        pair: tuple[Artifact, Artifact],
        columns: Sequence[Column],
        range: tuple[int, int],
        reach: Reach,
    ) -> bool:
        start, end = reach.of(*range)
        scan = self._scope.services.artifacts.scan_between
        one, other = (
            sequence_of(self._scope.cursor(), scan(artifact, start, end), columns)
            for artifact in pair
        )
        return one == other

    def moments_between(
        self, before: Artifact, now: Artifact, columns: Sequence[Column], spans: Spans
    ) -> Spans:
        """The moments within spans at which two artifacts have other rows in some columns."""
        if len(spans) > _MOST:
            spans = ((spans[0][0], spans[-1][1]),)
        scan = self._scope.services.artifacts.scan_between
        found: Spans = ()
        for start, end in spans:
            pair = (scan(before, start, end), scan(now, start, end))
            moments = differing_moments(
                self._scope.cursor(), pair, _time_column(now), columns, now.timezone
            )
            found = union(found, common(moments, ((start, end),)))
        return found

    def _whole_is_same(self, id: NodeId, read: str, inputs: Mapping[NodeId, str]) -> bool:
        cutoff = self._scope.services.cutoff
        if cutoff is None or not read:
            return False
        return cutoff.unchanged(
            self._node,
            evolve(self._snapshot, inputs=inputs),
            self._scope.outputs.snapshots,
            self._scope.cursor,
            among=[id],
        )


def _time_column(artifact: Artifact) -> Column:
    wanted = artifact.time_column.lower()
    return next(column for column in artifact.columns if column.name.lower() == wanted)


def sequence_of(
    cursor: duckdb.DuckDBPyConnection, scan: str, columns: Sequence[Column]
) -> tuple[object, ...]:
    """What tells sequences of rows apart: their number, and sums of hashes of each in its place."""
    key = sort_key(columns, ["position"])
    names = "".join(f"{quote_identifier(column.name)}, " for column in columns)
    found = cursor.execute(
        f"SELECT count(*), sum(hash(key)), sum(hash('\\x73'::BLOB || key))"
        f" FROM (SELECT {key} AS key FROM"
        f" (SELECT {names}row_number() OVER () AS position FROM {scan}))"
    ).fetchall()
    return tuple(found[0])


_STEP = 60
"""How many seconds of rows are compared together: no range begins within."""


def differing_moments(
    cursor: duckdb.DuckDBPyConnection,
    scans: tuple[str, str],
    time: Column,
    columns: Sequence[Column],
    timezone: str,
) -> Spans:
    """The moments at which two scans do not give the same rows of ``columns``."""
    column = quote_identifier(time.name)
    moment = (
        column
        if time.type == "DATE"
        else f"epoch_us(CAST({column} AS {_in_microseconds(time.type)}))"
    )
    step = f"{_STEP * 1_000_000}"
    bucket = (
        moment if time.type == "DATE" else f"({moment} - (({moment} % {step}) + {step}) % {step})"
    )
    key = sort_key(columns) if columns else "''::BLOB"
    sides = [
        f"(SELECT {bucket} AS bucket, count(*) AS rows, sum(hash(key)) AS one,"
        f" sum(hash('\\x73'::BLOB || key)) AS two"
        f" FROM (SELECT {column}, {key} AS key FROM {scan}) GROUP BY ALL)"
        for scan in scans
    ]
    found = cursor.execute(
        f"SELECT bucket FROM {sides[0]} a FULL JOIN {sides[1]} b USING (bucket)"
        " WHERE (a.rows, a.one, a.two) IS DISTINCT FROM (b.rows, b.one, b.two)"
        " ORDER BY bucket"
    ).fetchall()
    if time.type == "DATE":
        return merged(_day(day, timezone) for (day,) in found)
    return merged((us // 1_000_000, us // 1_000_000 + _STEP) for (us,) in found)


def _in_microseconds(type: str) -> str:
    zoned = "TIMESTAMP WITH TIME ZONE"
    return zoned if type == zoned else "TIMESTAMP"


def _day(day: date, timezone: str) -> tuple[int, int]:
    """The moments that a date may stand for."""
    from seeknal.intervals.moments import moment_in

    start = moment_in(day.isoformat(), timezone)
    return start, calendar_of("day", timezone).end(start)
