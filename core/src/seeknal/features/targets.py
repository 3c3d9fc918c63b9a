"""What decides a label, and which features the same decides, by lineage of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.values.column_lineage import ColumnRef
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.lineage.model import ProjectLineage
    from seeknal.values.column_lineage import ColumnLineage


@frozen(kw_only=True)
class Origins:
    """A label that is a column of a node, and all columns that decide it."""

    lineage: ProjectLineage
    label: ColumnRef

    def shared(self, node: NodeId, feature: str) -> ColumnRef | None:
        """A column that decides both the feature and the label: the label itself, if it can be."""
        found = self._from(ColumnRef(node, feature))
        itself = self._label_itself() & found
        return min(itself or self._from(self.label) & found, default=None)

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
            for value in self._decided_by(waiting.pop()):
                if _folded(value) not in seen:
                    seen.add(_folded(value))
                    waiting.append(value)
        return seen

    def _values(self, ref: ColumnRef) -> list[ColumnRef]:
        column = self._column(ref)
        return sorted(column.values) if column else []

    def _column(self, ref: ColumnRef) -> ColumnLineage | None:
        node = self.lineage.nodes.get(NodeId(ref.relation))
        return node.column(ref.column) if node else None

    def _decided_by(self, ref: ColumnRef) -> set[ColumnRef]:
        """What a column's values, and which rows there are of it, depend on."""
        column, node = self._column(ref), self.lineage.nodes.get(NodeId(ref.relation))
        if column is None or node is None:
            return set()
        return {*column.values, *column.influences, *node.query.rows}


def _folded(ref: ColumnRef) -> ColumnRef:
    return ColumnRef(ref.relation, ref.column.lower())
