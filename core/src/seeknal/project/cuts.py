"""How far tracked nodes read of tracked inputs that their SQL compares with the range itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.values.problems import Problem
from seeknal.values.tracking import END_MARK, START_MARK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.problems import Problems
    from seeknal.values.tracking import Tracking

_CODE = "SK0459"
_WITH_MIDNIGHTS = ("day", "week", "month", "year")


def with_cuts(
    nodes: Mapping[NodeId, Node], every: Mapping[NodeId, Node], root: Path, problems: Problems
) -> dict[NodeId, Node]:
    """The nodes with what their SQL lets through of their inputs, which are among ``every``."""
    return {id: _with_cuts(node, every, root, problems) for id, node in nodes.items()}


def _with_cuts(node: Node, every: Mapping[NodeId, Node], root: Path, problems: Problems) -> Node:
    sql, tracking = node.sql, node.tracking
    if sql is None or tracking is None:
        return node
    if START_MARK not in sql.executable and END_MARK not in sql.executable:
        return node
    columns = times_read(node, every)
    if not columns:
        return node
    from seeknal.sql.cuts.reaches import cuts
    from seeknal.sql.positions import place_in

    found = cuts(sql.executable, columns, midnights=_has_midnights(tracking))
    for fault in found.faults:
        problems.append(
            Problem(
                code=_CODE,
                message=fault.message,
                location=sql.location
                if fault.offset is None
                else place_in(root, sql, fault.offset),
                help=fault.help,
                node=node.id,
            )
        )
    # What its kind reads is read in any case, but where the SQL says it.
    reaches = {**tracking.cuts, **found.reaches}
    compared = tuple(id for id in columns if id in found.compared)
    return evolve(node, tracking=evolve(tracking, cuts=reaches, compared=compared))


def times_read(node: Node, every: Mapping[NodeId, Node]) -> dict[NodeId, str]:
    """The time columns of the tracked nodes that a node reads beside itself."""
    return {
        id: parent.tracking.column
        for id in node.parents
        if id != node.id and (parent := every.get(id)) is not None and parent.tracking is not None
    }


def _has_midnights(tracking: Tracking) -> bool:
    """Whether the ends of its ranges are midnights in UTC."""
    from seeknal.intervals.units import unit_of

    try:
        unit = unit_of(tracking.schedule)
    except ValueError:
        # What is wrong with it is told where it is written.
        return False
    return tracking.timezone == "UTC" and unit.name in _WITH_MIDNIGHTS
