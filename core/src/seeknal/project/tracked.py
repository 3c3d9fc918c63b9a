"""Nodes whose rows lie in time: what their keys say of it, and what is wrong with that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.project.zones import zone_fault
from seeknal.values.durations import Duration
from seeknal.values.problems import Problem
from seeknal.values.tracking import Tracking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seeknal.intervals.units import Unit
    from seeknal.kernel.kinds import NodeKind
    from seeknal.project.keys import CommonKeys
    from seeknal.project.raw import RawNode
    from seeknal.values.columns import ColumnSpec
    from seeknal.values.marks import Marks
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.problems import Problems

OF_RANGES = ("start", "lookback", "batch_size", "allow_partial", "restate")
"""Keys that mean nothing where ranges of time are not remembered."""
HOW = 'time_column: ordered_at and schedule: "@daily" make it one whose ranges are remembered'
_BELOW_A_DAY = ("minute", "hour")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@frozen(kw_only=True)
class Given:
    """What the keys of a node, or of ``defaults:``, say of time, and where they stand."""

    common: CommonKeys
    marks: Marks
    problems: Problems

    def unit(self) -> Unit | None:
        """The unit of ``schedule:``; None where there is none, or none that is right."""
        if self.common.schedule is None:
            return None
        from seeknal.intervals.units import unit_of

        try:
            return unit_of(self.common.schedule)
        except ValueError as error:
            self.wrong("SK0227", "schedule", str(error), _named(self.common.schedule))
            return None

    def zone(self) -> str:
        """The zone of ``timezone:``; UTC where there is none, or none that is right."""
        name = "UTC" if self.common.timezone is None else self.common.timezone
        if fault := zone_fault(name):
            self.wrong("SK0228", "timezone", f"timezone: {fault}")
            return "UTC"
        return name

    def check_start(self, zone: str) -> None:
        if self.common.start is None:
            return
        from seeknal.intervals.moments import moment_in

        try:
            moment_in(self.common.start, zone)
        except ValueError as error:
            self.wrong("SK0229", "start", f"start: {error}")

    def check_counts(self) -> None:
        """What is less than nothing, whatever the unit is."""
        lookback, batch = self.common.lookback, self.common.batch_size
        if isinstance(lookback, int) and lookback < 0:
            help = "a number of ranges, or a duration: lookback: 3, or 3 days"
            self.wrong("SK0230", "lookback", f"lookback: {lookback} is less than none", help)
        if isinstance(batch, int) and batch < 1:
            help = "leave it out, and seeknal chooses; or batch_size: 7"
            self.wrong("SK0230", "batch_size", f"batch_size: {batch} is no range at all", help)

    def batch_size(self, unit: Unit | None) -> int:
        """The ranges of ``batch_size:``; 0 where seeknal chooses, or where it is wrong."""
        batch = self.common.batch_size
        if batch is None or isinstance(batch, int):
            return batch or 0
        if batch.strip().isdecimal() and int(batch):
            return int(batch)
        try:
            ranges = None if unit is None else _ranges(Duration.parse(batch), unit)
        except ValueError:
            ranges = 0
        if ranges == 0:
            help = f"a number of ranges, or a duration that is some of {unit}: batch_size: 7"
            text = f"batch_size: {batch!r} is no whole number of ranges of {unit}"
            self.wrong("SK0230", "batch_size", text, help)
        return ranges or 0

    def wrong(self, code: str, key: str, message: str, help: str | None = None) -> None:
        self.problems.add(code, message, self.marks.value(key), help)


def check_defaults(common: CommonKeys, marks: Marks, problems: Problems) -> None:
    """Tell what ``defaults:`` say of time that is wrong for every node."""
    given = Given(common=common, marks=marks, problems=problems)
    given.unit()
    given.check_start(given.zone())
    given.check_counts()


def tracking_of(
    raw: RawNode,
    data: Mapping[str, object],
    common: CommonKeys,
    options: Any,
    kind: NodeKind,
    columns: tuple[ColumnSpec, ...],
    problems: Problems,
) -> tuple[Tracking | None, Unit | None]:
    """How a node's rows lie in time, and the unit of its ranges; what is wrong is told.

    ``data`` are the keys with those of ``defaults:``. A node that says it wrongly has what can
    be known of it all the same: others are not to be told of that.
    """
    given = Given(common=common, marks=raw.marks, problems=problems)
    unit, zone = given.unit(), given.zone()
    given.check_start(zone)
    given.check_counts()
    column = _time_column(common, options, kind)
    if not kind.produces_rows:
        _refuse_without_rows(raw, common, kind, problems)
        return None, unit
    if column is None or common.schedule is None:
        if not _misread(data, common, options, kind):
            _refuse_untracked(raw, common, column, problems)
        return None, unit
    if common.materialized == "view":
        _refuse_view(raw, problems)
    never = common.restate == "never"
    lookback = common.lookback or 0
    if never and lookback and "lookback" in raw.data:
        text = "lookback: processes ranges again, which restate: never rules out"
        problems.add("SK0231", text, raw.marks.key("lookback"), "keep one of them")
    if unit is not None and unit.name in _BELOW_A_DAY:
        _refuse_date(raw, column, columns, unit, problems)
    return Tracking(
        column=column,
        schedule=common.schedule,
        timezone=zone,
        start=common.start or str(data.get("start") or ""),
        lookback=0 if never else lookback,
        batch_size=given.batch_size(unit),
        allow_partial=common.allow_partial,
        restates=not never,
    ), unit


def of_ranges(tracking: Tracking | None, unit: Unit | None) -> dict[str, object]:
    """What of a tracked node's time its rows follow from; the rest says only what is due."""
    if tracking is None:
        return {}
    return {"ranges": [tracking.column, str(unit), tracking.timezone]}


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


def _time_column(common: CommonKeys, options: Any, kind: NodeKind) -> str | None:
    """The column that says when: a kind's own key of that name hides the common one."""
    own = getattr(options, "time_column", None) if kind.produces_rows else None
    return own if isinstance(own, str) else common.time_column


def _misread(data: Mapping[str, object], common: CommonKeys, options: Any, kind: NodeKind) -> bool:
    """Whether what is missing was only not understood, which is told already."""
    return (
        (data.get("schedule") is not None and common.schedule is None)
        or (data.get("time_column") is not None and common.time_column is None and options is None)
        or (options is None and hasattr(kind.options, "time_column"))
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


def _refuse_untracked(
    raw: RawNode, common: CommonKeys, column: str | None, problems: Problems
) -> None:
    values = {"time_column": column, "schedule": common.schedule}
    missing = " and ".join(f"{key}:" for key, value in values.items() if value is None)
    for key in _said(raw, common):
        message = f"{key}: is about ranges of time, which {raw.id} does not remember: no {missing}"
        problems.add("SK0226", message, raw.marks.key(key), HOW)


def _refuse_view(raw: RawNode, problems: Problems) -> None:
    message = "a view keeps no ranges: it is computed where it is read"
    help = "materialized: table, or leave schedule: or time_column: out"
    problems.add("SK0233", message, raw.marks.value("materialized"), help)


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


def _named(schedule: str) -> str | None:
    """Help for a schedule that is one by name but for its ``@``."""
    from seeknal.values.cron import NAMED

    name = f"@{schedule.strip().lower()}"
    return f'did you mean "{name}"?' if name in NAMED else None


def _ranges(duration: Duration, unit: Unit) -> int:
    """How many ranges a duration is; 0 where they are not a whole number."""
    of = _SECONDS if unit.name in _SECONDS else _MONTHS
    if duration.unit not in of:
        return 0
    whole, rest = divmod(duration.count * of[duration.unit], unit.size * of[unit.name])
    return 0 if rest else whole
