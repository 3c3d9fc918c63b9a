"""What a plan changes: by node, with a category, and an action each."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from seeknal.values.names import NodeId

Category = Literal["ADDED", "REMOVED", "METADATA", "NON_BREAKING", "BREAKING", "INDIRECT"]

Action = Literal["BUILD", "REBUILD", "REUSE", "REDELIVER", "AUDIT", "UPDATE", "AFFECT", "REMOVE"]
"""What happens to a node. ``AFFECT``: nothing runs, but what it describes may be other."""


@frozen(kw_only=True)
class ColumnChange:
    """A column that comes, goes, or gets another type. ``old``/``new`` are types."""

    name: str
    old: str | None = None
    new: str | None = None
    was: str | None = None
    """The column's earlier name, when only that changed."""
    comes_from: tuple[str, ...] = ()
    """For a column that comes: ``node.column`` of what it is computed from."""
    used_by: tuple[str, ...] = ()
    """For others: ``node.column`` of what is computed from it, the node alone for its rows."""


@frozen(kw_only=True)
class Change:
    """One node that a plan affects. ``inherits``: the changed nodes that it reads."""

    node: NodeId
    category: Category
    reason: str
    explanation: str = ""
    action: Action = "REUSE"
    sql_diff: str = ""
    columns: tuple[ColumnChange, ...] = ()
    inherits: tuple[NodeId, ...] = ()
    conditional: bool = False
    touched: tuple[str, ...] | None = ()
    """Columns, in lower case, that may have other values; None: any may, and be of other rows."""
