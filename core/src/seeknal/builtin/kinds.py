"""The kinds of node that core brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plugin import NodeKind, hookimpl

if TYPE_CHECKING:
    from seeknal.plugin import (
        Node,
        NodeContext,
        NodeInputs,
        Problem,
        Project,
        Rows,
    )

_READING_ONE = ("feature_group", "aggregation", "second_order_aggregation", "profile", "snapshot")
_NONE = "seeknal.builtin.options.none:NoOptions"


@hookimpl
def node_kinds() -> list[NodeKind]:
    return [
        NodeKind(
            name="source",
            folder="sources",
            options=_NONE,
            summary="rows from outside",
            colour="#3b82f6",
            does="loads",
            accepts_sql=False,
        ),
        NodeKind(
            name="transform",
            folder="transforms",
            options=_NONE,
            summary="rows computed by SQL or Python",
            colour="#10b981",
            rows_of_body=True,
        ),
        NodeKind(
            name="feature_group",
            folder="feature_groups",
            options="seeknal.builtin.options.feature_group:FeatureGroupOptions",
            summary="features of an entity, by key and event time",
            colour="#f59e0b",
            functional=("entity", "event_time", "created_time", "features"),
            old_settings={"event_time_col": "event_time", "offline": "", "online": ""},
        ),
        NodeKind(
            name="aggregation",
            folder="aggregations",
            options="seeknal.builtin.options.aggregation:AggregationOptions",
            summary="features over windows of time",
            colour="#8b5cf6",
        ),
        NodeKind(
            name="second_order_aggregation",
            folder="aggregations",
            options="seeknal.builtin.options.aggregation:SecondOrderOptions",
            summary="an aggregation over an aggregation",
            colour="#7c3aed",
        ),
        NodeKind(
            name="profile",
            folder="profiles",
            options="seeknal.builtin.options.profile:ProfileOptions",
            summary="statistics of a node's columns",
            colour="#06b6d4",
        ),
        NodeKind(
            name="snapshot",
            folder="snapshots",
            options="seeknal.builtin.options.snapshot:SnapshotOptions",
            summary="all versions that the rows of a node have had",
            colour="#14b8a6",
            from_earlier=True,
        ),
        NodeKind(
            name="rule",
            folder="rules",
            options="seeknal.builtin.options.rule:RuleOptions",
            summary="audits that stand by themselves",
            colour="#ef4444",
            does="checks",
            accepts_sql=False,
            accepts_python=False,
        ),
        NodeKind(
            name="exposure",
            folder="exposures",
            options=_NONE,
            summary="who depends on nodes, and what is delivered to them",
            colour="#ec4899",
            does="delivers",
        ),
    ]


@hookimpl
def validate_project(project: Project) -> list[Problem]:
    """Nodes that take their one input's rows as they are, but have none or several."""
    from seeknal.plugin import Problem

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
