"""Nodes whose rows are features, as an environment stores them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from attrs import frozen

from seeknal.features.joining import refuse_our_names
from seeknal.plan.unstored import unstored
from seeknal.sql.quote import quote_name
from seeknal.values.errors import UsageError, did_you_mean
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeknal.plan.session import Loaded
    from seeknal.values.columns import Column
    from seeknal.values.features import FeatureRows
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Snapshot


@runtime_checkable
class _OfFeatures(Protocol):
    """Options of a kind whose rows are features."""

    def feature_rows(self, columns: Sequence[Column]) -> FeatureRows: ...


@frozen(kw_only=True)
class Group:
    """The features of one node. ``types`` are DuckDB's, of all its columns.

    ``timezone`` is the zone of times that say none; None where nothing says it.
    """

    node: NodeId
    rows: FeatureRows
    types: Mapping[str, str]
    timezone: str | None = None

    @property
    def table(self) -> str:
        """What stands after FROM to read it."""
        return quote_name(self.node.kind, self.node.name)


def is_group(node: Node) -> bool:
    """Whether a node's rows are features."""
    return isinstance(node.options, _OfFeatures)


def group_of(node: Node, snapshot: Snapshot) -> Group:
    """The features of a node, over its rows as they are stored."""
    columns = snapshot.columns or ()
    return Group(
        node=node.id,
        rows=cast("_OfFeatures", node.options).feature_rows(columns),
        types={column.name: column.type for column in columns},
        timezone=node.timezone,
    )


def stored_groups(loaded: Loaded, environment: str) -> list[NodeId]:
    """The groups that have run. Raises UsageError where there is none."""
    stored = loaded.snapshots(environment)
    nodes = loaded.project.nodes.values()
    found = [node.id for node in nodes if is_group(node) and node.id in stored]
    if not found:
        raise UsageError(
            "no feature group has run", code="SK1801", help="seeknal run makes their rows"
        )
    return found


def find_group(loaded: Loaded, environment: str, name: str) -> Group:
    """The group of a name, with its kind or without.

    Raises UsageError for one that there is not, that has never run, or that has no keys.
    """
    nodes = loaded.project.nodes
    id = meant_group(name, nodes)
    snapshot = loaded.snapshots(environment).get(id)
    if snapshot is None:
        raise unstored(id, environment, loaded.project.target)
    found = group_of(nodes[id], snapshot)
    refuse_our_names(str(id), found.types)
    if not found.rows.keys:
        raise UsageError(
            f"{id} has no keys to look its rows up by",
            code="SK1801",
            help="entity: {name: customer, join_keys: [customer_id]}",
        )
    return found


def meant_group(name: str, nodes: Mapping[NodeId, Node]) -> NodeId:
    """The feature group that a name means. Raises UsageError where none or several have it."""
    groups = [id for id, node in nodes.items() if is_group(node)]
    found = [id for id in groups if name.lower() in (id.lower(), id.name.lower())]
    if len(found) != 1:
        raise _no_group(name, groups, nodes)
    return found[0]


def _no_group(name: str, groups: list[NodeId], nodes: Mapping[NodeId, Node]) -> UsageError:
    others = [id for id in nodes if name.lower() in (id.lower(), id.name.lower())]
    near = did_you_mean(name, [*groups, *(id.name for id in groups)])
    listed = ", ".join(id.name for id in groups[:5]) or "none"
    text = f"no feature group {name!r}"
    if others:
        text = f"{others[0]} is no feature group: its rows have no keys of an entity"
        near = f"read it by a feature group: inputs: [{{ref: {others[0]}}}]"
    return UsageError(text, code="SK1801", help=near or f"the feature groups are: {listed}")
