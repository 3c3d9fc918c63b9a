"""Where the values of columns with ``pii: true`` stand, under whatever name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.values.names import NodeId
from seeknal.values.pii import any_pii

if TYPE_CHECKING:
    from seeknal.lineage.model import NodeLineage, ProjectLineage
    from seeknal.values.column_lineage import ColumnRef
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Fingerprint, Snapshot


@frozen(kw_only=True)
class Private:
    """One node's columns whose values are shown to nobody; names are in lower case.

    ``marked``: this node or one that it reads, at whatever distance, has them with ``pii: true``.
    ``computed``: they are made of such columns. ``perhaps``: they may be, for a node on the way
    counts as reading everything of its inputs. ``all``: this node is one, so any of its columns
    may.
    """

    marked: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    all: bool = False

    def has(self, column: str) -> bool:
        """Whether the column is known to be private."""
        return column.lower() in self.marked | self.computed

    def hides(self, column: str) -> bool:
        """Whether no value of the column may be shown."""
        return self.all or self.has(column) or column.lower() in self.perhaps

    @property
    def any(self) -> bool:
        return self.all or bool(self.marked | self.computed | self.perhaps)


def private_columns(
    nodes: Mapping[NodeId, Node], lineage: ProjectLineage, outdated: Collection[NodeId] = ()
) -> dict[NodeId, Private]:
    """The private columns of every node.

    The rows of the ``outdated`` nodes are those of an earlier definition: they may come from any
    column of the project.
    """
    anywhere = any_pii(nodes)
    found: dict[NodeId, Private] = {}
    for id, traced in lineage.nodes.items():
        private = private_of(nodes[id], traced, found)
        found[id] = evolve(private, all=private.all or (anywhere and id in outdated))
    return found


def outdated(
    fingerprints: Mapping[NodeId, Fingerprint], snapshots: Mapping[NodeId, Snapshot]
) -> set[NodeId]:
    """The nodes whose stored rows are of an earlier definition of theirs or of their inputs."""
    return {
        id
        for id, snapshot in snapshots.items()
        if (now := fingerprints.get(id)) is not None
        and (snapshot.forward_only or snapshot.fingerprint.of_rows != now.of_rows)
    }


def private_of(node: Node, traced: NodeLineage, found: Mapping[NodeId, Private]) -> Private:
    """One node's private columns; ``found`` has those of what it reads."""
    own = frozenset(column.name.lower() for column in node.columns if column.pii)
    inputs = [found[parent] for parent in node.parents]
    return Private(
        marked=own.union(*(private.marked for private in inputs)),
        computed=_made_of(traced, lambda ref: found[NodeId(ref.relation)].has(ref.column)),
        perhaps=_made_of(traced, lambda ref: found[NodeId(ref.relation)].hides(ref.column)),
        all=traced.unknown is not None and any(private.any for private in inputs),
    )


def _made_of(traced: NodeLineage, private: Callable[[ColumnRef], bool]) -> frozenset[str]:
    return frozenset(
        column.name.lower() for column in traced.query.columns if any(map(private, column.values))
    )
