"""One batch: the rows of a tracked node of a span of time, computed and looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.intervals.clocks import in_utc
from seeknal.plan.ranges import tracking_of
from seeknal.run.computing import compute_rows
from seeknal.run.intervals.bench import Bench
from seeknal.sql.quote import quote_identifier
from seeknal.sql.timefilter import time_filter
from seeknal.values.errors import NodeError, column_help
from seeknal.values.loads import Within
from seeknal.values.relations import Interval, Scan
from seeknal.values.tracking import END_MARK, START_MARK, Reach

if TYPE_CHECKING:
    from seeknal.run.computing import Remember
    from seeknal.run.step_scope import StepScope
    from seeknal.values.columns import Column
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.relations import Origin, Relation
    from seeknal.values.snapshot import Artifact
    from seeknal.values.tracking import Tracking


@frozen(kw_only=True)
class Batch:
    """A span of time to be computed; ``own`` is what the node has, where it reads that.

    ``looks``: its rows are looked at; else only their columns are wanted.
    """

    start: int
    end: int
    own: Artifact | None = None
    looks: bool = True

    @property
    def interval(self) -> Interval:
        """The same as moments in UTC."""
        return Interval(start=in_utc(self.start), end=in_utc(self.end))


def compute_batch(
    scope: StepScope,
    batch: Batch,
    path: Path,
    remember: Remember,
    arrived: Callable[[], None],
) -> Relation:
    """Write the rows of a batch to ``path``. Raises NodeError for rows that belong to no range."""
    inside = scope_of_batch(scope, batch)
    filtered = scope.node.source is not None or reads_more(scope)
    with laid_out(scope, batch) as bench:
        inside = evolve(inside, services=evolve(scope.services, outputs=bench))
        only = _only(scope.node, batch) if filtered else None
        own = batch.own is not None
        relation = compute_rows(inside, path, remember, arrived, earlier=own, only=only)
    relation = evolve(relation, node=scope.node.id)
    if batch.looks:
        check_times(scope, relation, batch)
    return relation


def laid_out(scope: StepScope, batch: Batch) -> AbstractContextManager[Bench]:
    """Let a step's cursor see of inputs what is read for a batch."""
    bench = Bench(scope.outputs, scope.cursor(), _spans(scope, batch), _own(scope, batch))
    return bench.laid_out()


def scope_of_batch(scope: StepScope, batch: Batch) -> StepScope:
    """The scope of a step that computes one batch."""
    return evolve(scope, node=_node_of_batch(scope.node, batch), interval=batch.interval)


def reads_more(scope: StepScope) -> bool:
    """Whether a node reads more of its inputs than the range, so that rows may belong to others."""
    tracking, snapshots = tracking_of(scope.node), scope.outputs.snapshots
    tracked = (snapshots[id].covered for id in scope.node.parents if id in snapshots)
    return bool(tracking.cuts) or not any(tracked)


def _node_of_batch(node: Node, batch: Batch) -> Node:
    """The node with the ends of the batch in its SQL, or its source restricted to it."""
    tracking = tracking_of(node)
    if node.source is not None:
        within = Within(
            column=tracking.column,
            start=in_utc(batch.start),
            end=in_utc(batch.end),
            timezone=tracking.timezone,
        )
        node = evolve(node, source=evolve(node.source, within=within))
    if node.sql is not None:
        sql = evolve(
            node.sql,
            rendered=with_ends(node.sql.rendered, batch.interval),
            executable=with_ends(node.sql.executable, batch.interval),
        )
        node = evolve(node, sql=sql)
    return node


def with_ends(sql: str, interval: Interval) -> str:
    """SQL with the ends of a range in place of what stands for them."""
    for mark, end in ((START_MARK, interval.start), (END_MARK, interval.end)):
        sql = sql.replace(mark, end.replace(tzinfo=None).isoformat(sep=" "))
    return sql


def _spans(scope: StepScope, batch: Batch) -> dict[NodeId, tuple[int, int]]:
    """What is seen of each tracked input."""
    cuts, snapshots = tracking_of(scope.node).cuts, scope.outputs.snapshots
    found = {}
    for id in scope.node.parents:
        if id in snapshots and snapshots[id].covered is not None:
            found[id] = cuts.get(id, Reach()).of(batch.start, batch.end)
    if batch.own is not None:
        found[scope.node.id] = (_LONG_AGO, batch.start)
    return found


_LONG_AGO = -(1 << 40)


def _own(scope: StepScope, batch: Batch) -> tuple[NodeId, Artifact] | None:
    return None if batch.own is None else (scope.node.id, batch.own)


def _only(node: Node, batch: Batch) -> Callable[..., tuple[Scan, tuple[Column, ...]]]:
    """What makes of rows those of the batch, and those without a time, which are refused then."""

    def only(
        rows: Scan, columns: tuple[Column, ...], origin: Origin | None
    ) -> tuple[Scan, tuple[Column, ...]]:
        column = time_column(node, columns)
        name = quote_identifier(column.name)
        inside = condition(tracking_of(node), column, batch.start, batch.end)
        lacking = f"{name} IS NULL OR NOT isfinite({name})"
        return Scan(f"SELECT * FROM ({rows.sql}\n) WHERE {inside} OR {lacking}"), columns

    return only


def time_column(node: Node, columns: Sequence[Column]) -> Column:
    """The column by which a tracked node's rows lie in time. Raises NodeError for a wrong one."""
    tracking = tracking_of(node)
    wanted = tracking.column.lower()
    found = next((column for column in columns if column.name.lower() == wanted), None)
    if found is None:
        raise NodeError(
            f"{node.id} has no column {tracking.column!r}, its time_column",
            code="SK0773",
            location=node.place("time_column"),
            help=column_help(tracking.column, [column.name for column in columns]),
        )
    from seeknal.intervals.units import unit_of
    from seeknal.intervals.wording import long

    unit = unit_of(tracking.schedule)
    if found.type == "DATE" and unit.shortest < 86400:
        raise NodeError(
            f"{node.id} has ranges of {long(str(unit))}, "
            f"but its time_column {found.name!r} is a DATE",
            code="SK0774",
            location=node.place("time_column"),
            help="give it a schedule of days or more, or a time_column with a time of day",
        )
    condition(tracking, found, 0, 0, node.place("time_column"))
    return found


def condition(
    tracking: Tracking, column: Column, start: int, end: int, place: Location | None = None
) -> str:
    """SQL of which rows lie in a span. Raises NodeError for a column that is no time."""
    try:
        return time_filter(column, start, end, tracking.timezone)
    except ValueError as error:
        raise NodeError(
            f"time_column: {error}",
            code="SK0775",
            location=place,
            help=f"CAST({quote_identifier(column.name)} AS TIMESTAMP) in the query,"
            " or a type for it in columns:",
        ) from None


def check_times(scope: StepScope, relation: Relation, batch: Batch) -> None:
    """Raise NodeError where rows have no time, or lie outside of the batch."""
    node = scope.node
    column = time_column(node, relation.columns)
    name = quote_identifier(column.name)
    inside = condition(tracking_of(node), column, batch.start, batch.end)
    lacking = f"({name} IS NULL OR NOT isfinite({name}))"
    outside = f"(NOT {lacking} AND NOT {inside})"
    found = scope.cursor().execute(
        f"SELECT count(*) FILTER ({lacking}), count(*) FILTER ({outside}),"
        f" CAST(any_value({name}) FILTER ({outside}) AS VARCHAR) FROM {relation.scan}"
    )
    ((without, strays, example),) = found.fetchall()
    if without:
        raise NodeError(
            f"{_rows(without)} of {node.id} {'has' if without == 1 else 'have'} no time in"
            f" {column.name!r}: NULL or infinite",
            code="SK0776",
            help="no range would ever hold them: leave them out, or give them a time",
        )
    if strays:
        told = batch.interval
        raise NodeError(
            f"{_rows(strays)} of {node.id} {'lies' if strays == 1 else 'lie'} outside of the range"
            f" that is computed, such as {column.name} = {example}",
            code="SK0777",
            help=f"they would be lost: from {told.start:%Y-%m-%d %H:%M} to"
            f" {told.end:%Y-%m-%d %H:%M} UTC its inputs were read; {_mended(node)}",
        )


def _mended(node: Node) -> str:
    """What to do about rows of other ranges: a longer unit first, as reading more makes no sums."""
    if node.source is not None:
        return "give them the time that they were read by"
    more = (
        "where rows of a range follow from more of its inputs, compare their time columns with"
        " {{ interval_start }} and {{ interval_end }}"
        if node.sql is not None
        else "rows that a function makes itself lie within ctx.interval"
    )
    return (
        'rows of longer periods than a range need a longer unit, such as schedule: "@weekly";'
        f" {more}"
    )


def _rows(count: int) -> str:
    return f"{count:,} row" + ("" if count == 1 else "s")
