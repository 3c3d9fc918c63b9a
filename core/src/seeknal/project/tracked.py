"""Nodes whose rows lie in time: what their keys say of it, and what is wrong with that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.project.time_keys import Given
from seeknal.values.problems import Problem
from seeknal.values.schedule import Schedule
from seeknal.values.tracking import Reach, Tracking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seeknal.intervals.units import Unit
    from seeknal.kernel.kinds import NodeKind
    from seeknal.project.keys import CommonKeys
    from seeknal.project.raw import RawNode
    from seeknal.values.columns import ColumnSpec
    from seeknal.values.names import NodeId
    from seeknal.values.node import Input, Node, PythonCode, Sql
    from seeknal.values.problems import Problems

OF_RANGES = ("start", "lookback", "batch_size", "allow_partial", "restate")
"""Keys that mean nothing where ranges of time are not remembered."""
HOW = 'time_column: ordered_at and schedule: "@daily" make it one whose ranges are remembered'
_BELOW_A_DAY = ("minute", "hour")


@frozen(kw_only=True)
class Timing:
    """How a node's rows lie in time: ``tracking`` is None where they are of no ranges.

    ``schedule`` is when it is due, ranges or not. ``unit`` is None where that is wrong. ``reach``
    is how many seconds before its time a row reaches.
    """

    schedule: Schedule | None = None
    tracking: Tracking | None = None
    unit: Unit | None = None
    reach: int = 0

    def over(
        self, inputs: tuple[Input, ...], sql: Sql | None = None, python: PythonCode | None = None
    ) -> Tracking | None:
        """The tracking of a node with these inputs and this SQL, or function."""
        tracking = self.tracking
        reads_itself = sql is not None and sql.reads_itself
        if tracking is not None and (reads_itself or (python is not None and python.this)):
            tracking = evolve(tracking, reads_itself=True)
        if tracking is None or not self.reach:
            return tracking
        cuts = {entry.ref: Reach(before=self.reach) for entry in inputs}
        return evolve(tracking, cuts=cuts)

    def functional(self) -> dict[str, object]:
        """What of it the rows follow from; the rest only says what is due."""
        if self.tracking is None:
            return {}
        return {"ranges": [self.tracking.column, str(self.unit), self.tracking.timezone]}


def timing_of(
    raw: RawNode,
    data: Mapping[str, object],
    common: CommonKeys,
    options: Any,
    kind: NodeKind,
    columns: tuple[ColumnSpec, ...],
    problems: Problems,
) -> Timing:
    """How a node's rows lie in time; what is wrong with that is told.

    ``data`` are the keys with those of ``defaults:``. A node that says it wrongly has what can
    be known of it all the same: others are not to be told of that.
    """
    given = Given(common=common, marks=raw.marks, problems=problems)
    unit, zone = given.unit(), given.zone()
    given.check_start(zone)
    given.check_counts()
    schedule = _schedule(common, unit, zone, kind)
    if not kind.produces_rows:
        _refuse_without_rows(raw, common, kind, problems)
        return Timing(schedule=schedule)
    column, reach = _rows_in_time(common, options, kind)
    if column is None or common.schedule is None:
        if not _misread(data, common, options, kind):
            _refuse_untracked(raw, common, _missing(column, common, kind), problems)
        return Timing(schedule=schedule)
    if kind.from_earlier:
        _refuse_from_earlier(raw, kind, problems)
        return Timing(schedule=schedule)
    if reach is None:
        _refuse_endless(raw, problems)
    if common.materialized == "view":
        _refuse_view(raw, problems)
    if unit is not None and unit.name in _BELOW_A_DAY:
        _refuse_date(raw, column, columns, unit, problems)
    never = common.restate == "never"
    if never and common.lookback and "lookback" in raw.data:
        _refuse_lookback(raw, problems)
    tracking = Tracking(
        column=column,
        schedule=common.schedule,
        timezone=zone,
        start=common.start or str(data.get("start") or ""),
        unique_keys=common.unique_keys if common.materialized == "incremental" else (),
        lookback=0 if never else common.lookback or 0,
        batch_size=given.batch_size(unit),
        allow_partial=common.allow_partial,
        restates=not never,
    )
    return Timing(schedule=schedule, tracking=tracking, unit=unit, reach=reach or 0)


def _schedule(common: CommonKeys, unit: Unit | None, zone: str, kind: NodeKind) -> Schedule | None:
    """When a node is due that is a step of runs; None where it does not say so, or not rightly."""
    if common.schedule is None or unit is None or kind.does == "describes":
        return None
    return Schedule(text=common.schedule, timezone=zone)


def start_problems(nodes: Mapping[NodeId, Node]) -> Iterator[Problem]:
    """Tracked nodes of which neither they nor what they read says where their ranges begin."""
    for node in nodes.values():
        if node.tracking is None or node.tracking.start:
            continue
        parents = [nodes.get(id) for id in node.parents]
        if any(parent is None or parent.tracking is not None for parent in parents):
            # What is not there, or is wrong, is told where it is.
            continue
        why = "" if node.source else ", and nothing that it reads remembers ranges"
        yield Problem(
            code="SK0232",
            message=f"{node.id} does not say when its first range begins{why}",
            location=node.place("schedule"),
            help="start: 2024-01-01",
            node=node.id,
        )


def partial_problems(nodes: Mapping[NodeId, Node]) -> Iterator[Problem]:
    """Nodes that are to show ranges which have not ended, of inputs that never do."""
    for node in nodes.values():
        tracking = node.tracking
        if tracking is None or not tracking.allow_partial:
            continue
        whole = [
            id
            for id in node.parents
            if (parent := nodes.get(id)) is not None
            and parent.tracking is not None
            and not parent.tracking.allow_partial
            and _up_to_now(tracking.cuts.get(id, Reach()))
        ]
        if not whole:
            continue
        one = len(whole) == 1
        yield Problem(
            code="SK0236",
            message=f"{node.id} waits for {', '.join(whole)} until a range has ended, so that it"
            " shows no range before: "
            + ("that has" if one else "these have")
            + " no allow_partial",
            location=node.place("allow_partial"),
            help="allow_partial: true in "
            + ("that" if one else "each of these")
            + " too, or in none",
            node=node.id,
            severity="warn",
        )


def _up_to_now(reach: Reach) -> bool:
    """Whether a range that has begun reads its input as far as now."""
    return not reach.after_start and reach.after >= 0


def _rows_in_time(
    common: CommonKeys, options: Any, kind: NodeKind
) -> tuple[str | None, int | None]:
    """The column that says when, and how far back rows reach: a kind may know both itself."""
    if not _knows_its_time(kind):
        return common.time_column, 0
    found = None if options is None else options.rows_in_time()
    return (None, 0) if found is None else found


def _knows_its_time(kind: NodeKind) -> bool:
    return hasattr(kind.options, "rows_in_time")


def _misread(data: Mapping[str, object], common: CommonKeys, options: Any, kind: NodeKind) -> bool:
    """Whether what is missing was only not understood, which is told already."""
    return (
        (data.get("schedule") is not None and common.schedule is None)
        or (data.get("time_column") is not None and common.time_column is None and options is None)
        or (options is None and _knows_its_time(kind))
    )


def _said(raw: RawNode, common: CommonKeys) -> list[str]:
    """The keys of ranges that the node itself says; those of ``defaults:`` are for others."""
    return [key for key in OF_RANGES if key in raw.data and getattr(common, key)]


def _refuse_without_rows(
    raw: RawNode, common: CommonKeys, kind: NodeKind, problems: Problems
) -> None:
    said = _said(raw, common)
    if {"time_column", "schedule"} <= raw.data.keys() and common.time_column and common.schedule:
        said.append("time_column")
    for key in said:
        message = f"{key}: is about ranges of rows, and nodes of kind {kind.name} store none"
        problems.add("SK0226", message, raw.marks.key(key), "say it in the nodes that it reads")


def _missing(column: str | None, common: CommonKeys, kind: NodeKind) -> str:
    what = "time of its rows" if _knows_its_time(kind) else "time_column:"
    values = {what: column, "schedule:": common.schedule}
    return " and ".join(name for name, value in values.items() if value is None)


def _refuse_untracked(raw: RawNode, common: CommonKeys, missing: str, problems: Problems) -> None:
    for key in _said(raw, common):
        message = f"{key}: is about ranges of time, which {raw.id} does not remember: no {missing}"
        problems.add("SK0226", message, raw.marks.key(key), HOW)


def _refuse_endless(raw: RawNode, problems: Problems) -> None:
    message = f"{raw.id} reaches back without an end, so no range can be processed by itself"
    help = "windows: [30d] for all features, or leave schedule: out"
    problems.add("SK0235", message, raw.marks.value("schedule"), help)


def _refuse_lookback(raw: RawNode, problems: Problems) -> None:
    message = "lookback: processes ranges again, which restate: never rules out"
    problems.add("SK0231", message, raw.marks.key("lookback"), "keep one of them")


def _refuse_view(raw: RawNode, problems: Problems) -> None:
    message = "a view keeps no ranges: it is computed where it is read"
    help = "materialized: table, or leave schedule: or time_column: out"
    problems.add("SK0233", message, raw.marks.value("materialized"), help)


def _refuse_from_earlier(raw: RawNode, kind: NodeKind, problems: Problems) -> None:
    message = f"a {kind.name} keeps no ranges: its rows are made from those of all its runs"
    help = "leave time_column: out; schedule: alone says when it is due"
    problems.add("SK0246", message, raw.marks.key("time_column"), help)


def _refuse_date(
    raw: RawNode,
    column: str,
    columns: tuple[ColumnSpec, ...],
    unit: Unit,
    problems: Problems,
) -> None:
    for spec in columns:
        if spec.name.lower() == column.lower() and (spec.type or "").upper() == "DATE":
            message = f"time_column: {column} is a DATE, and ranges are of {unit}"
            help = 'ranges of a day or more: schedule: "@daily"; or a column that is a TIMESTAMP'
            place = spec.location or raw.marks.value("columns", spec.name)
            problems.add("SK0234", message, place, help)
