"""The kinds of node that core brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.builtin.aggregation import AggregationOptions, SecondOrderOptions
from seeknal.builtin.feature_group import FeatureGroupOptions
from seeknal.builtin.profile import ProfileOptions
from seeknal.plugin import (
    NodeKind,
    Problem,
    hookimpl,
    option,
)

if TYPE_CHECKING:
    from seeknal.plugin import (
        Node,
        NodeContext,
        NodeInputs,
        Project,
        Rows,
    )

_READING_ONE = ("feature_group", "aggregation", "second_order_aggregation", "profile")


@frozen(kw_only=True)
class NoOptions:
    """A kind without keys of its own."""


@frozen(kw_only=True)
class RuleOptions:
    """The keys of a rule beside its ``audits:``."""

    rule: Mapping[str, object] | tuple[Mapping[str, object], ...] | None = option(
        None, summary="checks as seeknal 2.x writes them"
    )


@hookimpl
def node_kinds() -> list[NodeKind]:
    return [
        NodeKind(
            name="source",
            folder="sources",
            options=NoOptions,
            summary="rows from outside",
            colour="#3b82f6",
            does="loads",
            accepts_sql=False,
        ),
        NodeKind(
            name="transform",
            folder="transforms",
            options=NoOptions,
            summary="rows computed by SQL or Python",
            colour="#10b981",
            rows_of_body=True,
        ),
        NodeKind(
            name="feature_group",
            folder="feature_groups",
            options=FeatureGroupOptions,
            summary="features of an entity, by key and event time",
            colour="#f59e0b",
            functional=("entity", "event_time", "created_time", "features"),
            old_settings={"event_time_col": "event_time", "offline": "", "online": ""},
        ),
        NodeKind(
            name="aggregation",
            folder="aggregations",
            options=AggregationOptions,
            summary="features over windows of time",
            colour="#8b5cf6",
        ),
        NodeKind(
            name="second_order_aggregation",
            folder="aggregations",
            options=SecondOrderOptions,
            summary="an aggregation over an aggregation",
            colour="#7c3aed",
        ),
        NodeKind(
            name="profile",
            folder="profiles",
            options=ProfileOptions,
            summary="statistics of a node's columns",
            colour="#06b6d4",
        ),
        NodeKind(
            name="rule",
            folder="rules",
            options=RuleOptions,
            summary="audits that stand by themselves",
            colour="#ef4444",
            does="checks",
            accepts_sql=False,
            accepts_python=False,
        ),
        NodeKind(
            name="exposure",
            folder="exposures",
            options=NoOptions,
            summary="who depends on nodes, and what is delivered to them",
            colour="#ec4899",
            does="delivers",
        ),
    ]


@hookimpl
def validate_project(project: Project) -> list[Problem]:
    """Nodes that take their one input's rows as they are, but have none or several."""
    return [
        Problem(
            code="SK0738",
            message=f"without SQL it reads one input, not {len(node.parents)}",
            location=node.location,
            help="inputs: [{ref: source.orders}], or say in SQL which rows it reads",
            node=node.id,
        )
        for node in project.nodes.values()
        if node.kind in _READING_ONE and not node.sql and not node.python and len(node.parents) != 1
    ]


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: NodeContext) -> Rows | None:
    """Rows that are just those of the node's SQL or its function."""
    return inputs.body if node.rows_of_body else None
