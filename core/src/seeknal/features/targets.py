"""What a label is computed from, and which features are from the same, by lineage of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.values.column_lineage import ColumnRef
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.lineage.model import ProjectLineage


@frozen(kw_only=True)
class Origins:
    """A label that is a column of a node, and all columns that its values are from."""

    lineage: ProjectLineage
    label: ColumnRef

    def computed(self, node: NodeId, feature: str) -> bool:
        """Whether the label is among what a feature's values are from."""
        return bool(self._label_itself() & self._from(ColumnRef(node, feature)))

    def shared(self, node: NodeId, feature: str) -> ColumnRef | None:
        """A column of which the values of both the feature and the label are."""
        return min(self._from(self.label) & self._from(ColumnRef(node, feature)), default=None)

    def _label_itself(self) -> set[ColumnRef]:
        """The label, and the columns that it has its name and all its values from."""
        seen, ref = set[ColumnRef](), self.label
        while (key := _folded(ref)) not in seen:
            seen.add(key)
            values = self._values(ref)
            if len(values) == 1 and values[0].column.lower() == ref.column.lower():
                ref = values[0]
        return seen

    def _from(self, start: ColumnRef) -> set[ColumnRef]:
        waiting, seen = [start], {_folded(start)}
        while waiting:
            for value in self._values(waiting.pop()):
                if _folded(value) not in seen:
                    seen.add(_folded(value))
                    waiting.append(value)
        return seen

    def _values(self, ref: ColumnRef) -> list[ColumnRef]:
        node = self.lineage.nodes.get(NodeId(ref.relation))
        column = node.column(ref.column) if node else None
        return sorted(column.values) if column else []


def _folded(ref: ColumnRef) -> ColumnRef:
    return ColumnRef(ref.relation, ref.column.lower())
