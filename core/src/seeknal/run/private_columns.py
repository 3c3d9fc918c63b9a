"""Which columns of stored tables hold what is shown to nobody, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from seeknal.values.names import NodeId
from seeknal.values.pii import pii_columns

if TYPE_CHECKING:
    from seeknal.lineage.reader import Reader
    from seeknal.plan.session import Loaded
    from seeknal.values.column_lineage import ColumnLineage, ColumnRef
    from seeknal.values.columns import Column
    from seeknal.values.snapshot import Snapshot

Columns = frozenset[str]
"""Names in lower case."""
_NONE: Columns = frozenset()


def private_columns(
    loaded: Loaded, snapshots: Mapping[NodeId, Snapshot], ids: Iterable[NodeId]
) -> dict[NodeId, Columns]:
    """The columns of these nodes with ``pii: true``, and those that are made of such ones.

    All columns of a node that is no longer there, of one that reads such columns in a way that
    nobody can trace, and, where there are any, of one whose rows were made otherwise than it says
    now.
    """
    nodes = loaded.project.nodes
    wanted = list(ids)
    if not any(spec.pii for node in nodes.values() for spec in node.columns):
        return {id: _NONE if id in nodes else _all(snapshots[id]) for id in wanted}
    from seeknal.lineage.reader import Reader

    made: dict[NodeId, Columns] = {}
    needed = {*wanted, *loaded.graph.ancestors(id for id in wanted if id in nodes)}
    with closing(Reader(loaded.project, loaded.plugins)) as reader:
        for id in loaded.graph.order:
            if id in needed and id in snapshots:
                made[id] = _made(loaded, snapshots, id, made, reader)
    return {id: made[id] if id in made else _all(snapshots[id]) for id in wanted}


def _made(
    loaded: Loaded,
    snapshots: Mapping[NodeId, Snapshot],
    id: NodeId,
    before: Mapping[NodeId, Columns],
    reader: Reader,
) -> Columns:
    """The private columns of a node, of whose inputs they are known ``before``."""
    node, snapshot = loaded.project.nodes[id], snapshots[id]
    if not _is_as_defined(loaded, snapshot):
        return _all(snapshot)
    named = pii_columns(loaded.project.nodes, id)
    if not named or not node.parents:
        return named
    inputs = {
        parent: known.columns
        for parent in node.parents
        if (known := snapshots.get(parent)) is not None and known.columns is not None
    }
    lineage = reader.lineage(node, inputs, snapshot)
    if lineage.unknown is not None or _names(lineage.query.columns) != _all(snapshot):
        return _all(snapshot)
    return named | {
        column.name.lower()
        for column in lineage.query.columns
        if any(_is_private(ref, before) for ref in column.values | column.influences)
    }


def _is_private(ref: ColumnRef, known: Mapping[NodeId, Columns]) -> bool:
    """Whether an input's column is private; that of an input without rows may be."""
    private = known.get(NodeId(ref.relation))
    return private is None or ref.column.lower() in private


def _is_as_defined(loaded: Loaded, snapshot: Snapshot) -> bool:
    """Whether a node's rows were made as it, and all that it reads, is defined now."""
    now, then = loaded.fingerprints().get(snapshot.node), snapshot.fingerprint
    if now is None or snapshot.forward_only:
        return False
    return (now.content, now.upstream) == (then.content, then.upstream)


def _all(snapshot: Snapshot) -> Columns:
    return _names(snapshot.columns or ())


def _names(columns: Iterable[Column | ColumnLineage]) -> Columns:
    return frozenset(column.name.lower() for column in columns)
