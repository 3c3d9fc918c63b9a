"""Nodes as their templates fill in the dates of a test's day, such as ``{{ today }}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.run.frozen import frozen_clock
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from datetime import date, datetime

    from seeknal.plan.session import Loaded
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node

_DATES = Pattern(
    r"\{[{%][^}]*\b(today|yesterday|month_start|year_start|run_date|start_date|end_date)\b"
)


@frozen
class Dated:
    """Reads the project again, by ``again``, as on each day that a test of such a node has."""

    again: Callable[[], Loaded]
    _known: dict[date, Mapping[NodeId, Node]] = field(factory=dict, init=False)

    def node(self, node: Node, moment: datetime | None) -> Node:
        """The node as it is at a moment. Raises what reading the project does."""
        if moment is None or node.sql is None or not _DATES.search(node.sql.text):
            return node
        day = moment.date()
        if day not in self._known:
            with frozen_clock(moment):
                self._known[day] = self.again().project.nodes
        return self._known[day].get(node.id, node)
